"""`mcp print`: the entry to paste, for this machine and others; nothing is written, nobody is asked."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

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
