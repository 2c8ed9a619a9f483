"""No run of the program lets a key out; and the search that says so finds every planted leak.

Every run of `tests/support/program.py` and `tests/support/terminal.py` is searched, so all of `tests/cli` counts too. Here
are the error paths that no other table takes, and the proof that the search works.
"""

from __future__ import annotations

import base64
import json
import stat
import subprocess
import sys
import urllib.parse
from pathlib import Path

import pytest

from tests.support.homes import ALL, FILES, home
from tests.support.leaks import leaks
from tests.support.machines import KEY
from tests.support.posthog import PostHog, Reply, invalid, redirect, web_page
from tests.support.program import OTHER_KEY, PROJECT_KEY, STATE, Watch, run, surroundings

ECHO = Reply(
    401, {"type": "authentication_error", "code": "x", "detail": f"bad key {KEY} (Bearer {KEY})", "attr": None}
)
BEARER = f"Bearer {KEY}"


# ------------------------------------------------------------------ the search itself


@pytest.mark.parametrize(
    ("text", "how"),
    [
        (KEY, "plain"),
        (f"x{KEY[8:20]}y", "plain"),
        (KEY[::-1], "reversed"),
        (KEY[30:10:-1], "reversed"),
        (base64.b64encode(KEY.encode()).decode(), "in base64"),
        (base64.b64encode(BEARER.encode()).decode(), "in base64"),
        (base64.b64encode(f"user:{KEY}:".encode()).decode(), "in base64"),
        (base64.urlsafe_b64encode(f"ab{KEY}".encode()).decode().rstrip("="), "in base64"),
        (KEY.encode().hex(), "in hexadecimal"),
        (urllib.parse.quote(BEARER), "plain"),
        ("".join(f"%{byte:02X}" for byte in KEY.encode()), "as URL escapes"),
        ("".join(f"\\u{ord(character):04x}" for character in KEY), "as JSON escapes"),
        (json.dumps({"a": BEARER}), "plain"),
    ],
)
def test_every_way_to_write_a_key_is_found(text: str, how: str) -> None:
    assert f"key 1 {how}" in leaks(f"before {text} behind".encode(), (OTHER_KEY, KEY))


@pytest.mark.parametrize(
    "text", ["phx_…Jt0B", KEY[:11], KEY[-4:], "Bearer ${env:POSTHOG_PERSONAL_API_KEY}", OTHER_KEY, ""]
)
def test_a_masked_key_is_no_leak(text: str) -> None:
    assert leaks(text.encode(), (KEY,)) == []


@pytest.mark.parametrize(
    ("name", "text", "mode", "found"),
    [
        (".cursor/mcp.json", KEY, 0o600, False),
        (".cursor/mcp.json", KEY, 0o644, True),
        (f"{STATE}/journal/1.jsonl", KEY, 0o600, False),
        (f"{STATE}/journal/1.jsonl", KEY, 0o640, True),
        (".cursor/mcp.json.bak", KEY, 0o600, True),
        (".tmp/x", base64.b64encode(KEY.encode()).decode(), 0o600, True),
        (".started", f"subprocess.Popen ['npx', '{KEY}']", 0o600, True),
    ],
)
def test_a_key_in_a_file_is_found_unless_it_belongs_there(
    name: str, text: str, mode: int, found: bool, tmp_path: Path
) -> None:
    place = home(tmp_path, "cursor")
    watch = Watch(place)
    watch.__enter__()
    (place / name).parent.mkdir(parents=True, exist_ok=True)
    (place / name).write_text(text)
    (place / name).chmod(mode)
    assert bool(watch.in_files()) == found


def test_a_planted_leak_fails_the_run(tmp_path: Path) -> None:
    """A run whose output holds the key: what `mcp print` may do, and nothing else."""
    with pytest.raises(AssertionError, match="printed: key 0 plain"):
        run(["mcp", "print", "cursor", "--api-key-stdin"], home(tmp_path), KEY)


def test_programs_that_are_started_are_written_down_and_the_network_is_closed(tmp_path: Path) -> None:
    place = home(tmp_path)
    script = "import os, socket, sys; os.posix_spawn(sys.executable, ['python', sys.argv[1]], {}); socket.create_connection(('192.0.2.1', 80))"
    done = subprocess.run(
        [sys.executable, "-c", script, KEY], env=surroundings(place), capture_output=True, text=True, check=False
    )
    assert "no network in tests" in done.stderr
    assert leaks((place / ".started").read_bytes(), (KEY,)) == ["key 0 plain"]


# ------------------------------------------------------------------ the program's own paths

ADD = ("mcp", "add", "--api-key-stdin")


@pytest.mark.parametrize(
    "reply",
    [
        ECHO,
        web_page(200, f"<pre>Authorization: {BEARER}</pre>"),
        web_page(502, KEY),
        invalid("key", f"`{KEY}` is no key"),
        redirect(f"https://evil.example.com/?key={KEY}"),
        Reply(200, {"id": KEY, "email": KEY, "scopes": [KEY], "organization": {"id": KEY, "name": KEY}}),
        Reply(200, KEY.encode()),
        Reply(403, {"type": "authentication_error", "code": "permission_denied", "detail": f"required scope '{KEY}'"}),
    ],
)
@pytest.mark.parametrize("arguments", [("--json",), ()])
def test_a_posthog_that_repeats_the_key(reply: Reply, arguments: tuple[str, ...], tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    with PostHog(always=reply) as server:
        result = run([*ADD, "--host", server.url, *arguments], place, KEY)
    assert result.code in {0, 1}
    assert server.requests


@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [
        (("mcp", "add", KEY), ""),
        (("mcp", "add", "--config-path", f"/x/{KEY}", "cursor", "--no-verify"), KEY),
        (("mcp", "add", f"--name={KEY}"), ""),
        (("mcp", "add", "--region", KEY), ""),
        (("mcp", "add", "--scope", PROJECT_KEY), ""),
        (("mcp", "add", f"--{KEY}"), ""),
        (("mcp", "add", PROJECT_KEY), ""),
        (("mcp", "add", "--api-key-file", PROJECT_KEY), ""),
        (("mcp", "add", "--mcp-url", f"https://x.example.com/?k={KEY}"), ""),
        (("mcp", "add", "--mcp-url", f"{PROJECT_KEY}"), ""),
        (("mcp", "remove", KEY), ""),
        (("mcp", "undo", KEY), ""),
        (("mcp", "undo", PROJECT_KEY), ""),
        (("mcp", "list", KEY), ""),
        ((KEY,), ""),
        ((PROJECT_KEY, "add"), ""),
        ((*ADD, "--host", "http://127.0.0.1:1"), f"{KEY} {KEY}"),
        ((*ADD, "--host", "http://127.0.0.1:1"), f"{PROJECT_KEY}"),
        ((*ADD, "--host", "http://127.0.0.1:1"), f"my key is {KEY}"),
        ((*ADD, "--host", "http://127.0.0.1:1"), f"{KEY}\x00"),
    ],
)
def test_what_was_typed_in_the_wrong_place_is_not_repeated(
    arguments: tuple[str, ...], stdin: str, tmp_path: Path
) -> None:
    """As text; as documents the tables of `tests/cli/test_usage.py` have them."""
    assert run(arguments, home(tmp_path, "cursor"), stdin).code in {1, 2}


def test_other_peoples_keys_in_broken_files_and_in_diffs(tmp_path: Path) -> None:
    """A parser's complaint does not quote; a diff masks; a rescue copy and the journal are ours alone."""
    place = home(
        tmp_path,
        cursor=f'{{"mcpServers": {{"x": {{"env": {{"K": "{OTHER_KEY}"}}}}, // {OTHER_KEY}\n "posthog": 1}}}}',
        zed=f'{{"a": {OTHER_KEY}}}',
        vscode=f'{{"servers": {{}}, "{OTHER_KEY}": "{OTHER_KEY}" "{OTHER_KEY}"}}',
        claude_code=f"{OTHER_KEY}",
    )
    dry = run([*ADD, "--no-verify", "--dry-run", "--force"], place, KEY)
    assert "phx_…i6Bo" in dry.out
    assert run([*ADD, "--no-verify", "--force"], place, KEY).code == 1
    assert run(["mcp", "list"], place).code == 0
    (place / FILES["cursor"]).write_text((place / FILES["cursor"]).read_text().replace("Bearer", "bearer"))
    assert run(["mcp", "undo"], place).code == 1
    assert {stat.S_IMODE(path.stat().st_mode) for path in (place / STATE).rglob("*") if path.is_file()} == {0o600}


def test_a_bug_is_told_without_the_key(tmp_path: Path) -> None:
    """The state directory is a file: whatever that breaks, the key stays in."""
    place = home(tmp_path, *ALL)
    (place / STATE).parent.mkdir(parents=True)
    (place / STATE).write_text("")
    result = run([*ADD, "--no-verify"], place, KEY)
    assert result.code in {1, 3}
    assert not any((place / file).exists() for file in FILES.values())
