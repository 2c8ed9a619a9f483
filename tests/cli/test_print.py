"""`mcp print`: the entry to paste, for this machine and others; nothing is written, nobody is asked."""

from __future__ import annotations

import base64
import json
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

import pytest

from posthog_wizard.clients import CLIENTS
from posthog_wizard.clients.print_only import PRINT_ONLY
from tests.support.homes import ALL, FILES, container, contents, entry, home, parsed
from tests.support.machines import KEY
from tests.support.program import OTHER_KEY, PROJECT_KEY, Result, run
from tests.support.terminal import Terminal

HOSTED = "https://mcp.posthog.com/mcp"
PLACEHOLDER = "Bearer {INSERT_YOUR_PERSONAL_API_KEY_HERE}"


def printed(place: Path, *arguments: str, **more: Any) -> Result:
    """`mcp print ARGUMENTS --json`."""
    return run(["mcp", "print", *arguments, "--json"], place, **more)


@pytest.mark.parametrize("client", ALL)
def test_what_is_printed_is_what_add_writes(client: str, tmp_path: Path) -> None:
    place = home(tmp_path, client)
    run(["mcp", "add", client, "--no-verify", "--api-key-stdin", "--read-only"], place, KEY)
    before = contents(place)
    result = printed(place, client, "--api-key-stdin", "--read-only", stdin=KEY, prints_key=True)
    document = result.document
    assert result.code == 0
    assert list(document) == ["schema", "error", "client", "path", "format", "entry", "text", "deeplink"]
    assert (document["schema"], document["error"]) == ("posthog-wizard.print/1", None)
    assert (document["client"], document["path"]) == (client, str(place / FILES[client]))
    assert document["format"] == {"codex": "toml", "gemini-cli": "jsonc", "vscode": "jsonc", "zed": "jsonc"}.get(
        client, "json"
    )
    assert document["entry"] == entry(place, client)
    assert parsed(client, document["text"]) == {container(client): {"posthog": document["entry"]}}
    assert contents(place) == before


@pytest.mark.parametrize("client", ALL)
def test_without_a_key_there_is_a_placeholder(client: str, tmp_path: Path) -> None:
    """The environment's key is not printed: nobody asked for it."""
    place = home(tmp_path)
    result = printed(place, client, "--os", "windows", POSTHOG_PERSONAL_API_KEY=KEY)
    assert result.code == 0
    assert PLACEHOLDER in result.document["text"]
    assert result.document["path"].startswith("%")
    assert contents(place) == {}


@pytest.mark.parametrize(
    ("client", "system", "path"),
    [
        ("cursor", "mac", "~/.cursor/mcp.json"),
        ("cursor", "windows", "%USERPROFILE%\\.cursor\\mcp.json"),
        ("claude-desktop", "mac", "~/Library/Application Support/Claude/claude_desktop_config.json"),
        ("claude-desktop", "windows", "%APPDATA%\\Claude\\claude_desktop_config.json"),
        ("vscode", "windows", "%APPDATA%\\Code\\User\\mcp.json"),
        ("vscode", "mac", "~/Library/Application Support/Code/User/mcp.json"),
        ("zed", "windows", "%APPDATA%\\Zed\\settings.json"),
        ("claude-code", "windows", "%USERPROFILE%\\.claude.json"),
    ],
)
def test_for_another_machine(client: str, system: str, path: str, tmp_path: Path) -> None:
    document = printed(home(tmp_path), client, "--os", system).document
    assert document["path"] == path
    assert ("PATH" in document["entry"].get("command", "")) == (client == "claude-desktop")


@pytest.mark.parametrize(
    ("client", "arguments", "field", "value"),
    [
        ("claude-code", ("--secret", "env"), "Authorization", "Bearer ${POSTHOG_PERSONAL_API_KEY}"),
        ("cursor", ("--secret", "env", "--env-var", "MY_KEY"), "Authorization", "Bearer ${env:MY_KEY}"),
        ("vscode", ("--secret", "prompt"), "Authorization", "Bearer ${input:posthog-api-key}"),
    ],
)
def test_references(client: str, arguments: tuple[str, ...], field: str, value: str, tmp_path: Path) -> None:
    document = printed(home(tmp_path), client, *arguments).document
    assert document["entry"]["headers"] == {field: value}
    assert ("inputs" in json.loads(document["text"])) == ("prompt" in arguments)


def test_limits_name_and_project_scope(tmp_path: Path) -> None:
    place = home(tmp_path)
    document = printed(place, "cursor", "--oauth", "--name", "mine", "--project", "5", "--scope", "project").document
    assert json.loads(document["text"]) == {"mcpServers": {"mine": {"url": f"{HOSTED}?project_id=5"}}}
    assert document["path"] == str(place / ".cursor/mcp.json")


@pytest.mark.parametrize(
    ("arguments", "form"),
    [
        (("openclaw",), "json5"),
        (("opencode",), "jsonc"),
        (("goose",), "yaml"),
        (("crush",), "text"),
        (("claude-code", "--documented"), "text"),
        (("zed", "--documented"), "jsonc"),
        (("cursor", "--deeplink"), "json"),
    ],
)
def test_the_format_is_that_of_the_text(arguments: tuple[str, ...], form: str, tmp_path: Path) -> None:
    assert printed(home(tmp_path), *arguments).document["format"] == form


def test_a_command_to_paste_is_one_word_for_each(tmp_path: Path) -> None:
    text = printed(home(tmp_path), "crush", "--name", "posthog eu").document["text"]
    assert shlex.split(text)[:5] == ["mcp", "add", "posthog eu", "--type", "http"]


@pytest.mark.parametrize(
    ("arguments", "program"),
    [((), "serve"), (("--region", "eu"), None), (("--oauth",), None), (("--documented",), None)],
)
def test_the_environment_says_which_posthog(arguments: tuple[str, ...], program: str | None, tmp_path: Path) -> None:
    result = printed(home(tmp_path), "cursor", *arguments, POSTHOG_HOST="https://ph.example.com")
    words = parsed("cursor", result.document["text"])["mcpServers"]["posthog"].get("args")
    assert (words and words[1:4]) == (program and [program, "--host", "https://ph.example.com"])


def test_where_only_the_hosted_server_can_be_told_the_hint_leads_to_it(tmp_path: Path) -> None:
    place = home(tmp_path)
    refused = printed(place, "crush", POSTHOG_HOST="https://ph.example.com")
    words = refused.document["error"]["hint"].split("`")[1].split()
    assert printed(place, "crush", *words, POSTHOG_HOST="https://ph.example.com").code == 0


def test_links(tmp_path: Path) -> None:
    place = home(tmp_path)
    cursor = printed(place, "cursor", "--oauth", "--deeplink").document
    code = printed(place, "vscode", "--secret", "prompt", "--deeplink").document
    query = parse_qs(urlsplit(cursor["deeplink"]).query)
    assert cursor["text"] == cursor["deeplink"]
    assert urlsplit(cursor["deeplink"])[:3] == ("cursor", "anysphere.cursor-deeplink", "/mcp/install")
    assert (query["name"], json.loads(base64.b64decode(query["config"][0]))) == (["posthog"], {"url": HOSTED})
    asked = json.loads(unquote(code["deeplink"].removeprefix("vscode:mcp/install?")))
    assert (asked["name"], asked["type"], asked["url"]) == ("posthog", "http", HOSTED)
    assert asked["inputs"][0]["id"] == "posthog-api-key"
    assert printed(place, "zed").document["deeplink"] is None


WITH_LINKS = [client.id for client in (*CLIENTS.values(), *PRINT_ONLY.values()) if client.deeplink]


@pytest.mark.parametrize("client", WITH_LINKS)
@pytest.mark.parametrize("given", [("--api-key-stdin",), ()])
def test_no_link_has_a_key(given: tuple[str, ...], client: str, tmp_path: Path) -> None:
    """Links end in histories and logs: with a key the link is that of a client that signs in."""
    place = home(tmp_path)
    with_key = printed(place, client, *given, stdin=KEY, prints_key=True).document["deeplink"]
    assert with_key == printed(place, client, "--oauth").document["deeplink"]
    assert run(["mcp", "print", client, "--deeplink"], place).out.strip() == with_key
    assert "Authorization" not in unquote(with_key) + base64.b64decode(parameter(with_key, "config")).decode("latin-1")
    refused = printed(place, client, *(given or ("--api-key-file", "key")), "--deeplink", stdin=KEY)
    assert (refused.code, refused.document["error"]["hint"].startswith("leave the key out")) == (2, True)


def parameter(link: str, name: str) -> str:
    """A parameter of a link; empty where it is not there."""
    return parse_qs(urlsplit(link).query).get(name, [""])[0]


@pytest.mark.parametrize(
    ("client", "words", "link", "web"),
    [
        ("cursor", (), "cursor://anysphere.cursor-deeplink/mcp/install?name=posthog&", "https://cursor.com/en/install-mcp?"),
        ("vscode", (), "vscode:mcp/install?%7B", "https://insiders.vscode.dev/redirect?url=vscode%3Amcp%2Finstall%3F%257B"),
        ("vscode-insiders", (), "vscode-insiders:mcp/install?", "https://insiders.vscode.dev/redirect?url=vscode-insiders%3A"),
        ("vscode", ("--secret", "prompt"), "vscode:mcp/install?%7B%22name%22%3A%22posthog%22%2C%22inputs%22", "%2522inputs%2522"),
        ("vscodium", (), "vscodium:mcp/install?", ""),
        ("lm-studio", (), "lmstudio://add_mcp?name=posthog&", "https://lmstudio.ai/install-mcp?name=posthog&"),
        ("goose", (), f"goose://extension?url={quote(HOSTED, safe='')}&type=streamable_http&", "https://goose-docs.ai/extension?url="),
        ("goose", ("--read-only",), "%3Freadonly%3Dtrue&", "%3Freadonly%3Dtrue&"),
        ("kiro", (), "https://kiro.dev/launch/mcp/add?name=posthog&config=%7B", ""),
        ("trae", (), "trae://trae.ai-ide/mcp-import?type=http&", ""),
        ("trae", ("--server", "local"), "trae://trae.ai-ide/mcp-import?type=stdio&", ""),
        ("visual-studio", (), "https://vs-open.link/mcp-install?%7B%22name%22", ""),
    ],
)  # fmt: skip
def test_a_link_for_the_client_and_one_for_pages(
    client: str, words: tuple[str, ...], link: str, web: str, tmp_path: Path
) -> None:
    result = run(["mcp", "print", client, *words, "--deeplink"], home(tmp_path))
    assert (result.code, link in result.out) == (0, True)
    assert (web in result.err, "https through" in result.err) == (True, web != "")


@pytest.mark.parametrize(
    "words",
    [
        ("zed",),
        ("claude-desktop",),
        ("goose", "--server", "local"),
        ("goose", "--secret", "env"),
        ("cursor", "--mcp-url", "https://example.com/mcp?api_key=hunter2hunter2"),
        ("vscode", "--secret", "store", "--mcp-url", "https://example.com/mcp?token=hunter2hunter2"),
        ("cursor", "--documented"),
    ],
)
def test_what_no_link_can_say(words: tuple[str, ...], tmp_path: Path) -> None:
    refused = printed(home(tmp_path), *words, "--deeplink")
    assert (refused.code, "has no link" in refused.document["error"]["message"]) == (2, True)


@pytest.mark.parametrize(
    ("client", "words"),
    [
        ("cursor", f'"url": "{HOSTED}"'),
        ("claude-desktop", "mcp-remote@latest"),
        ("claude-code", "claude mcp add --transport http posthog"),
        ("vscode", '"type": "http"'),
        ("zed", '"enabled": true'),
        ("windsurf", "https://mcp.posthog.com/sse"),
    ],
)
def test_the_documented_block(client: str, words: str, tmp_path: Path) -> None:
    result = run(["mcp", "print", client, "--documented"], home(tmp_path))
    assert (result.code, words in result.out) == (0, True)
    assert "{INSERT_YOUR_PERSONAL_API_KEY_HERE}" in result.out
    assert "for " in result.err


@pytest.mark.parametrize(("key", "code"), [(PROJECT_KEY, 1), ("phx_...abc", 1), ("", 1)])
def test_a_key_that_is_none_is_not_printed(key: str, code: int, tmp_path: Path) -> None:
    result = printed(home(tmp_path), "cursor", "--api-key-stdin", stdin=key)
    assert (result.code, result.document["error"]["code"]) == (code, "credential")


def test_a_key_on_the_command_line_is_warned_about(tmp_path: Path) -> None:
    result = run(["mcp", "print", "cursor", "--api-key", OTHER_KEY], home(tmp_path), prints_key=True)
    assert f"Bearer {OTHER_KEY}" in result.out
    assert "shell history" in result.err


@pytest.mark.parametrize("more", [(), ("--secret", "store", "--server", "local", "--ca-file", "{home}/ca.pem")])
def test_what_is_pasted_is_whole_on_a_narrow_terminal(more: tuple[str, ...], tmp_path: Path) -> None:
    """No line end within a value, and no `~`, which a client does not read as the home."""
    place = home(tmp_path, "cursor")
    (place / "ca.pem").touch()
    words = ["mcp", "print", "cursor", *(word.format(home=place) for word in more)]
    with Terminal(words, place, columns=30) as person:
        pass
    assert run(words, place).out in person.text.replace("\r\n", "\n")
