"""Which clients a command is about, and how each of them gets the key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.commands import BEARER, HOSTED, add, mcp, states
from tests.support.homes import ALL, FILES, PROJECT_FILES, contents, entry, home
from tests.support.machines import KEY
from tests.support.program import run


@pytest.mark.parametrize(
    ("arguments", "headers", "skipped"),
    [
        (
            ("--secret", "env"),
            {
                "claude-code": "Bearer ${POSTHOG_PERSONAL_API_KEY}",
                "cursor": "Bearer ${env:POSTHOG_PERSONAL_API_KEY}",
                "gemini-cli": "Bearer ${POSTHOG_PERSONAL_API_KEY}",
                "vscode": "Bearer ${env:POSTHOG_PERSONAL_API_KEY}",
                "windsurf": "Bearer ${env:POSTHOG_PERSONAL_API_KEY}",
            },
            ("claude-desktop", "lm-studio", "zed"),
        ),
        (
            ("--secret", "env", "--env-var", "MY_KEY"),
            {"claude-code": "Bearer ${MY_KEY}", "cursor": "Bearer ${env:MY_KEY}"},
            ("claude-desktop", "lm-studio", "zed"),
        ),
        (
            ("--secret", "prompt"),
            {"vscode": "Bearer ${input:posthog-api-key}"},
            ("claude-code", "claude-desktop", "codex", "cursor", "gemini-cli", "lm-studio", "windsurf", "zed"),
        ),
        (("--oauth",), {}, ("claude-desktop",)),
    ],
)
def test_a_reference_instead_of_the_key(
    arguments: tuple[str, ...], headers: dict[str, str], skipped: tuple[str, ...], tmp_path: Path
) -> None:
    place = home(tmp_path, *ALL)
    result = run(["mcp", "add", *arguments, "--json"], place)
    written = {client: entry(place, client) for client in ALL if client not in skipped}
    assert (result.code, result.document["key"]["state"]) == (0, "none")
    assert result.outcomes == {client: "skipped" if client in skipped else "added" for client in ALL}
    assert all(result.rows[client]["reason"] for client in skipped)
    assert not any((place / FILES[client]).exists() for client in skipped)
    assert {client: written[client]["headers"]["Authorization"] for client in headers} == headers
    assert all({"headers", "bearer_token_env_var"} & set(value) for value in written.values()) == (
        "--secret" in arguments
    )


def test_a_prompted_key_comes_and_goes_with_its_question(tmp_path: Path) -> None:
    text = '{\n  "inputs": [],\n  "servers": {}\n}\n'
    place = home(tmp_path, vscode=text)
    run(["mcp", "add", "vscode", "--secret", "prompt"], place)
    assert mcp(place, "list").rows["vscode"]["secret"] == "prompt"
    assert [item["id"] for item in json.loads((place / FILES["vscode"]).read_text())["inputs"]] == ["posthog-api-key"]
    assert mcp(place, "remove", "vscode").code == 0
    assert (place / FILES["vscode"]).read_text() == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (None, "{}"),
        ("{}", '{"servers": {}}'),
        ('{"servers": {}}', '{"servers": {}}'),
        ('{"servers": {}, "inputs": []}', '{"servers": {}, "inputs": []}'),
        ('{"servers": {}, "inputs": [{"id": "mine"}]}', '{"servers": {}, "inputs": [{"id": "mine"}]}'),
        ('{"servers": {"x": {"url": "https://x"}}}', '{"servers": {"x": {"url": "https://x"}}}'),
    ],
)
def test_what_the_question_needed_goes_with_it_as_far_as_we_made_it(
    text: str | None, left: str, tmp_path: Path
) -> None:
    place = home(tmp_path, "vscode", **({} if text is None else {"vscode": text}))
    file = place / FILES["vscode"]
    run(["mcp", "add", "vscode", "--secret", "prompt", "--no-verify"], place)
    put = file.read_bytes()
    assert mcp(place, "remove", "vscode").code == 0
    assert json.loads(file.read_bytes()) == json.loads(left)
    assert mcp(place, "undo").code == 0
    assert file.read_bytes() == put


@pytest.mark.parametrize(
    ("arguments", "code", "outcomes"),
    [
        ((), 0, {"cursor": "added", "zed": "added"}),
        (("--all",), 0, {"cursor": "added", "zed": "added"}),
        (("zed",), 0, {"zed": "added"}),
        (("-c", "zed", "--client", "zed", "cursor"), 0, {"cursor": "added", "zed": "added"}),
        (("vscode",), 1, {"vscode": "failed"}),
        (("vscode", "zed"), 1, {"vscode": "failed", "zed": "added"}),
        (("vscode", "--force"), 0, {"vscode": "added"}),
        (("windsurf", "--force"), 0, {"windsurf": "added"}),
    ],
)
def test_which_clients(arguments: tuple[str, ...], code: int, outcomes: dict[str, str], tmp_path: Path) -> None:
    place = home(tmp_path, "cursor", "zed")
    result = add(place, *arguments)
    made = {client for client in ALL if (place / FILES[client]).exists()}
    assert (result.code, result.outcomes) == (code, outcomes)
    assert made == {client for client, outcome in outcomes.items() if outcome == "added"}


def test_an_absent_client_gets_no_directory_and_needs_no_key(tmp_path: Path) -> None:
    place = home(tmp_path)
    result = run(["mcp", "add", "vscode", "--json"], place)
    assert (result.code, result.outcomes) == (1, {"vscode": "failed"})
    assert str(place / ".config/Code/User") in result.rows["vscode"]["reason"]
    assert "--force" in result.rows["vscode"]["hint"]
    assert sorted(path.name for path in place.iterdir()) == [".tmp"]


def test_no_client_at_all(tmp_path: Path) -> None:
    place = home(tmp_path)
    result = add(place)
    assert (result.code, result.document["error"]["code"]) == (1, "nothing_found")
    assert "Zed" in result.document["error"]["message"]
    assert "mcp print" in result.document["error"]["hint"]
    assert (mcp(place, "remove").code, mcp(place, "remove").document["clients"]) == (0, [])
    assert set(states(place).values()) == {(False, "none")}


def test_a_program_on_the_path_is_evidence(tmp_path: Path) -> None:
    place = home(tmp_path)
    program = place / ".bin/claude"
    program.parent.mkdir()
    program.write_text("")
    program.chmod(0o755)
    assert add(place).outcomes == {"claude-code": "added"}
    assert sorted(contents(place)) == [".bin/claude", ".claude.json"]


def test_every_place_of_a_client_has_a_row(tmp_path: Path) -> None:
    place = home(tmp_path, "windsurf")
    (place / ".config/devin").mkdir(parents=True)
    result = add(place)
    assert [(row["client"], row["outcome"]) for row in result.document["clients"]] == [("windsurf", "added")] * 2
    assert json.loads((place / ".config/devin/mcp_config.json").read_text())["mcpServers"]["posthog"] == {
        "url": HOSTED,
        "transport": "http",
        "headers": BEARER,
    }
    assert "serverUrl" in entry(place, "windsurf")
    env = run(["mcp", "add", "windsurf", "--secret", "env", "--json"], place)
    assert [row["outcome"] for row in env.document["clients"]] == ["skipped", "updated"]  # the places of one client


@pytest.mark.parametrize(
    ("client", "file", "field"),
    [
        ("cursor", "elsewhere/x.json", "url"),
        ("windsurf", "devin/mcp_config.json", "url"),
        ("windsurf", "mcp_config.json", "serverUrl"),
        ("zed", "~/my settings.json", "url"),
    ],
)
def test_config_path(client: str, file: str, field: str, tmp_path: Path) -> None:
    place = home(tmp_path)
    target = Path(file.replace("~", str(place))) if "~" in file else place / file
    result = add(place, client, "--config-path", file, holds=(target,))
    assert (result.code, result.rows[client]["path"]) == (0, str(target))
    assert field in next(iter(json.loads(target.read_text()).values()))["posthog"]
    assert mcp(place, "remove", client, "--config-path", file).outcomes == {client: "removed"}


@pytest.mark.parametrize("start", [".", "src/deep"])
def test_project_files(start: str, tmp_path: Path) -> None:
    place = home(tmp_path, *ALL)
    project = place / "work"
    (project / "src/deep").mkdir(parents=True)
    (project / ".git").mkdir()
    before = contents(place)
    result = run(["mcp", "add", "--scope", "project", "--secret", "env", "--json"], place, folder=project / start)
    assert result.code == 0
    assert result.outcomes == {
        "claude-code": "added",
        "claude-desktop": "skipped",
        "codex": "added",
        "cursor": "added",
        "gemini-cli": "added",
        "lm-studio": "skipped",
        "vscode": "added",
        "windsurf": "skipped",
        "zed": "skipped",
    }
    assert {client: row["path"] for client, row in result.rows.items() if row["outcome"] == "added"} == {
        client: str(project / PROJECT_FILES[client])
        for client in ("claude-code", "codex", "cursor", "gemini-cli", "vscode")
    }
    assert "projects" in result.rows["windsurf"]["reason"]
    listed = mcp(place, "list", "--scope", "project", folder=project / start)
    seen = {client: row for client, row in listed.rows.items() if client in PROJECT_FILES}
    assert {client: (row["entry"], row["scope"]) for client, row in seen.items()} == {
        "claude-code": ("current", "project"),
        "codex": ("current", "project"),
        "cursor": ("current", "project"),
        "gemini-cli": ("current", "project"),
        "vscode": ("current", "project"),
        "zed": ("none", "project"),
    }
    assert mcp(place, "undo", folder=project).code == 0
    assert contents(place) == before


def test_a_project_file_with_the_key_only_when_insisted_on(tmp_path: Path) -> None:
    place = home(tmp_path, "zed", "cursor")
    result = add(place, "zed", "--scope", "project", "--allow-plaintext")
    assert (result.code, result.rows["zed"]["path"]) == (0, str(place / ".zed/settings.json"))
    assert "--oauth" not in str(result.document)
    oauth = run(["mcp", "add", "cursor", "--scope", "project", "--oauth", "--json"], place)
    assert oauth.outcomes == {"cursor": "added"}
    assert mcp(place, "remove", "--scope", "project").outcomes == {"cursor": "removed", "zed": "removed"}


@pytest.mark.parametrize(("client", "loaded"), [("cursor", False), ("codex", True)])
def test_a_format_is_loaded_where_a_client_has_it(client: str, loaded: bool, tmp_path: Path) -> None:
    place = home(tmp_path, client)
    code = "import sys; from posthog_wizard.cli.main import run; run(sys.argv[1:]); print('', *sys.modules, sep='\\n')"
    result = run(["-c", code, "mcp", "add", "--no-verify", "--api-key-stdin"], place, KEY)
    modules = set(result.out.splitlines())
    assert ("posthog_wizard.documents.toml" in modules, "posthog_wizard.documents.yaml" in modules) == (loaded, False)
    assert "ruamel.yaml" not in modules
