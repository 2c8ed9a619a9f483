"""`mcp doctor` as people and scripts run it: screen, documents, exit codes, the repair and its question."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from posthog_wizard.cli.doctor import show_checks
from posthog_wizard.doctor.check import Check, Repair
from posthog_wizard.doctor.context import DoctorOptions
from tests.support import stdio_fakes
from tests.support.commands import add, launcher
from tests.support.founds import found
from tests.support.homes import FILES, contents, entry, home
from tests.support.machines import KEY
from tests.support.mcp_process import wait_for
from tests.support.program import OTHER_KEY, Result, command, run, surroundings
from tests.support.terminal import ENTER, Terminal

DOCTOR = ("mcp", "doctor", "--offline")
HEADERS = {"Authorization": f"Bearer {KEY}"}
WINDSURF_S = json.dumps({"mcpServers": {"posthog": {"serverUrl": "https://mcp.posthog.com/mcp", "headers": HEADERS}}})
OLD = json.dumps({"mcpServers": {"posthog": {"url": "https://mcp.posthog.com/sse", "headers": HEADERS}}})
BROKEN = '{"mcpServers": {"posthog": '
OPTIONS = DoctorOptions(())
PROJECT = DoctorOptions((), scope="project")
REPAIR = Repair(found("cursor", "{}"), "do it", lambda _: None)


def doctor(place: Path, *arguments: str, **environment: Any) -> Result:
    """`mcp doctor --offline ARGUMENTS` in a home whose files only their owner reads."""
    place.chmod(0o700)
    return run([*DOCTOR, *arguments], place, **environment)


# ------------------------------------------------------------------ documents and exit codes


@pytest.mark.parametrize(
    ("texts", "status", "code"),
    [({"cursor": WINDSURF_S}, "fail", 1), ({"cursor": OLD}, "warn", 0), ({"cursor": BROKEN}, "fail", 1)],
)
def test_the_document_of_a_machine_with_a_fault(texts: dict[str, str], status: str, code: int, tmp_path: Path) -> None:
    place = home(tmp_path, **texts)
    before = contents(place)
    result = doctor(place, "--json")
    assert (result.code, result.document["status"], result.err) == (code, status, "")
    assert contents(place) == before
    assert {frozenset(row) for row in result.document["checks"]} == {
        frozenset(("id", "status", "title", "cause", "fix", "fixable", "data"))
    }


def test_the_document_of_a_healthy_machine(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor", "claude-desktop", "zed")
    add(place)
    result = doctor(place, "--json")
    assert (result.code, list(result.document)) == (0, ["schema", "error", "status", "checks"])
    assert (result.document["schema"], result.document["status"]) == ("posthog-wizard.doctor/1", "ok")


def test_a_command_that_stopped_early_has_the_same_document(tmp_path: Path) -> None:
    result = run(["mcp", "doctor", "cursr", "--json"], home(tmp_path))
    assert (result.code, result.document["status"], result.document["checks"]) == (2, "fail", [])


def test_the_report_tells_nothing_of_the_person(tmp_path: Path) -> None:
    place = home(tmp_path, cursor=WINDSURF_S)
    result = doctor(place, "--report", USER="max")
    assert result.code == 1
    assert "| fail | `client.cursor.shape` |" in result.out
    assert str(place) not in result.out


@pytest.mark.parametrize(
    ("entry", "fix"),
    [
        (
            {"url": "https://mcp.posthog.com/mcp", "headers": {"Authorization": "Bearer YOUR_API_KEY"}},
            (
                "make one at https://us.posthog.com/settings/user-api-keys?preset=mcp_server (or eu.posthog.com), then"
                " `posthog-wizard mcp add cursor`"
            ),
        ),
        (
            {
                "command": "/opt/bin/posthog-wizard",
                "args": ["mcp", "serve", "--host", "https://ph.example.com/"],
                "env": {"POSTHOG_AUTH_HEADER": "Bearer YOUR_API_KEY"},
            },
            (
                "make one at https://ph.example.com/settings/user-api-keys?preset=mcp_server, then"
                " `posthog-wizard mcp add cursor --host https://ph.example.com/`"
            ),
        ),
    ],
)
def test_a_placeholder_s_fix_says_where_a_key_is_made(entry: dict[str, Any], fix: str, tmp_path: Path) -> None:
    place = home(tmp_path, cursor=json.dumps({"mcpServers": {"posthog": entry}}))
    rows = {row["id"]: row for row in doctor(place, "cursor", "--json").document["checks"]}
    assert rows["key.placeholder"]["fix"] == fix


def test_a_project_s_entry_with_a_path_of_this_machine_is_told_as_that(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    (place / "project/.cursor").mkdir(parents=True)
    (place / "project/.git").mkdir()
    entry = {"command": launcher()[0], "args": ["mcp", "serve", "--host", "http://127.0.0.1:9"]}
    (place / "project/.cursor/mcp.json").write_text(json.dumps({"mcpServers": {"posthog": entry}}))
    place.chmod(0o700)
    result = run([*DOCTOR, "cursor", "--scope", "project", "--json"], place, folder=place / "project")
    rows = {row["id"]: row for row in result.document["checks"]}
    assert "which means nothing to others" in rows["client.cursor.entry"]["cause"]


def test_a_key_for_another_posthog_replaces_none(tmp_path: Path) -> None:
    """`--fix` would take it to the PostHog of the old one."""
    place = home(tmp_path, "cursor", "zed")
    flags = ("--api-key-stdin", "--no-verify", "--no-input")
    own = run(["mcp", "add", "cursor", "zed", "--host", "https://ph.example.com", "--force", *flags], place, KEY)
    cloud = run(["mcp", "add", "cursor", *flags], place, OTHER_KEY)
    assert (own.code, cloud.code) == (0, 0)
    rows = {row["id"]: row["status"] for row in doctor(place, "--json").document["checks"]}
    assert rows["key.rotated"] == "ok"


def test_the_report_of_a_healthy_machine_says_so(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    add(place)
    assert "#### Findings\n\nNone.\n" in doctor(place, "--report").out


def test_one_client_and_another_scope(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor", windsurf=BROKEN)
    (place / "project/.cursor").mkdir(parents=True)
    (place / "project/.git").mkdir()
    (place / "project/.cursor/mcp.json").write_text(OLD)
    place.chmod(0o700)
    result = run([*DOCTOR, "cursor", "--scope", "project", "--json"], place, folder=place / "project")
    rows = {row["id"]: row for row in result.document["checks"]}
    assert rows["client.cursor.entry"]["data"]["path"] == str(place / "project/.cursor/mcp.json")
    assert not [name for name in rows if name.startswith("client.windsurf")]


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_nothing_that_was_started_outlives_it(name: str, tmp_path: Path) -> None:
    """Ctrl-C, `kill`, and a terminal that is closed."""
    program = stdio_fakes.install(tmp_path / "bin", "hung")
    starts = {"command": program, "args": ["mcp", "serve", "--host", "http://127.0.0.1:9"]}
    place = home(tmp_path, cursor=json.dumps({"mcpServers": {"posthog": starts}}))
    words = command(["mcp", "doctor", "cursor"])
    with subprocess.Popen(
        words, cwd=place, env=surroundings(place), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as running:
        wait_for(lambda: stdio_fakes.started(tmp_path / "bin") == 1)
        running.send_signal(getattr(signal, name))
        assert running.wait(10) == 130
    assert stdio_fakes.survivors(tmp_path / "bin") == []


# ------------------------------------------------------------------ the repair


def test_a_repair_without_a_terminal(tmp_path: Path) -> None:
    place = home(tmp_path, cursor=WINDSURF_S)
    before = contents(place)
    result = doctor(place, "--fix", "--json")
    changes = result.document["changes"]
    assert (result.code, result.document["status"]) == (0, "ok")
    assert (changes["schema"], changes["clients"][0]["outcome"]) == ("posthog-wizard.change/1", "updated")
    assert entry(place, "cursor") == {"url": "https://mcp.posthog.com/mcp", "headers": HEADERS}
    run(["mcp", "undo", changes["change_id"]], place)
    assert contents(place) == before


def test_a_repair_is_told_and_then_everything_is_looked_at_again(tmp_path: Path) -> None:
    result = doctor(home(tmp_path, cursor=WINDSURF_S), "--fix", "--yes")
    assert result.code == 0
    assert "updated" in result.out.splitlines()[0]
    assert result.out.splitlines()[-1] == "Everything is in order, as far as can be seen offline."
    assert "mcp undo" in result.err


def test_what_needs_a_person_is_left(tmp_path: Path) -> None:
    result = doctor(home(tmp_path, cursor=BROKEN), "--fix")
    assert result.code == 1
    assert "nothing that can be repaired without you" in result.err


@pytest.mark.parametrize(("answer", "code", "address"), [("y", 0, "url"), ("n", 130, "serverUrl")])
def test_a_person_is_shown_the_diff_and_asked(answer: str, code: int, address: str, tmp_path: Path) -> None:
    place = home(tmp_path, cursor=WINDSURF_S)
    place.chmod(0o700)
    with Terminal([*DOCTOR, "--fix"], place) as person:
        person.reads("serverUrl").reads("Next:")  # findings come before the question
        person.reads("to do: renew the entry `posthog`").reads("@@").reads("phx_…Jt0B")
        person.reads("Repair this?").types(answer, ENTER)
    assert person.code == code
    assert address in entry(place, "cursor")


def test_an_entry_of_a_program_that_is_gone_starts_this_one(tmp_path: Path) -> None:
    gone = {"command": "/gone/bin/posthog-wizard", "args": ["mcp", "bridge", "--url", "https://mcp.posthog.com/mcp"]}
    text = json.dumps({"mcpServers": {"posthog": {**gone, "env": {"POSTHOG_AUTH_HEADER": f"Bearer {KEY}"}}}})
    place = home(tmp_path, claude_desktop=text)
    assert doctor(place, "--fix").code == 0
    assert [entry(place, "claude-desktop")["command"]] == launcher()[:1]
    assert (place / FILES["claude-desktop"]).exists()


def test_on_a_terminal_something_moves_and_is_gone(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    add(place)
    place.chmod(0o700)
    with Terminal(DOCTOR, place) as person:
        person.reads("⠋").reads("ok    Cursor").reads("Everything is in order")
    assert person.code == 0
    assert "⠋" not in person.text.splitlines()[-1]


# ------------------------------------------------------------------ the screen

HEALTHY = (
    Check("install.version", "ok", "posthog-wizard 1.0 at /opt/a/long/path/bin/posthog-wizard"),
    Check("install.python", "ok", "Python 3.13"),
    Check("key.same", "ok", "every entry holds the same key"),
    Check("network.api", "ok", "PostHog's API", data={"host": "us.posthog.com", "milliseconds": 1056}),
    Check("client.zed.detected", "ok", "Zed is installed"),
    Check("client.zed.entry", "ok", "Zed has PostHog as `posthog`"),
    Check("client.zed.connection", "ok", "connection of `posthog`: 44 tools, about 1,234 tokens, 56 ms"),
    Check("client.vscode.detected", "ok", "VS Code is installed"),
    Check("client.vscode.entry", "skip", "VS Code", "it has no PostHog entry", "`posthog-wizard mcp add vscode`"),
    Check("client.windsurf.detected", "skip", "Windsurf / Devin Desktop", "it was not found"),
)
SICK = (
    Check("client.cursor.detected", "ok", "Cursor is installed"),
    Check("client.cursor.second", "warn", "Cursor: `posthog` and `old`", "twice", "remove one", REPAIR),
    Check(
        "client.cursor.shape",
        "fail",
        "Cursor: `posthog`",
        "the address stands under `serverUrl`, and the client reads `url`, which is a long story to tell",
        "`posthog-wizard mcp doctor --fix` or `posthog-wizard mcp add cursor --server hosted`",
        REPAIR,
    ),
)
WELL = """\
ok    Network     us.posthog.com 1,056 ms
ok    The wizard  posthog-wizard 1.0, Python 3.13
ok    Keys        1 check passed
ok    Zed         `posthog`, 44 tools, ~1,234 tokens, 56 ms
Without PostHog: VS Code; `posthog-wizard mcp add vscode`
Not found on this machine: Windsurf / Devin Desktop

Everything is in order.
"""
ILL = """\
Cursor
  fail  `posthog`
        the address stands under `serverUrl`, and the client reads `url`, which
        is a long story to tell
        fix: `posthog-wizard mcp doctor --fix` or
             `posthog-wizard mcp add cursor --server hosted`
        (client.cursor.shape)
  warn  `posthog` and `old`
        twice
        fix: remove one
        (client.cursor.second)

1 problem and 1 warning.
Next: `posthog-wizard mcp doctor --fix` repairs all of them.
"""


def shown(capsys: pytest.CaptureFixture[str], *checks: Check, options: DoctorOptions = OPTIONS) -> str:
    """The screen."""
    show_checks(checks, options)
    return capsys.readouterr().out


WARNED = (
    Check("client.cursor.entry", "ok", "Cursor has PostHog as `posthog`"),
    Check("client.cursor.connection", "ok", "connection of `posthog`: 44 tools"),
    Check("client.cursor.second", "warn", "`posthog` and `old`", "twice", "remove one"),
)
BOTH = """\
Cursor
  ok    `posthog`, 44 tools
  warn  `posthog` and `old`
        twice
        fix: remove one
        (client.cursor.second)

1 warning.
Next: remove one
"""


@pytest.mark.parametrize(("checks", "expected"), [(HEALTHY, WELL), (SICK, ILL), (WARNED, BOTH)])
def test_the_screen(checks: tuple[Check, ...], expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, *checks) == expected


def test_problems_come_first_and_healthy_groups_take_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys, *HEALTHY, *SICK).splitlines()
    assert lines[0] == "Cursor"
    assert "ok    Zed         `posthog`, 44 tools, ~1,234 tokens, 56 ms" in lines
    assert max(map(len, lines)) <= 80
    assert lines[-1].startswith("Next: ")


def test_a_cause_is_told_once_and_the_network_first(capsys: pytest.CaptureFixture[str]) -> None:
    down = ("its name cannot be resolved", "check the network")
    zed = Check("client.zed.connection", "fail", "connection of `posthog`", *down)
    lines = shown(capsys, zed, Check("network.name", "fail", "the name `mcp.posthog.com`", *down)).splitlines()
    assert lines[0] == "Network"
    assert [line.strip() for line in lines].count("the same as above") == 1


ALIKE = [
    Check("key.exposed", "warn", f"{name}: {name}.json", "others can read it", f"fix or `chmod 600 {name}`", REPAIR)
    for name in ("a", "b")
]
ONCE = """\
Keys
  fail  the key
        it is refused
        fix: make another
        (key.valid)
  warn  a: a.json
  warn  b: b.json
        others can read it
        fix: `posthog-wizard mcp doctor --fix`
        (key.exposed)

1 problem and 2 warnings.
Next: `posthog-wizard mcp doctor --fix` repairs 2 of them.
Then: make another
"""


def test_many_entries_with_one_fault_are_one_finding(capsys: pytest.CaptureFixture[str]) -> None:
    many = [Check("client.cursor.connection", "fail", f"`{name}`", "it is down", "start it") for name in "abc"]
    told = "Cursor\n  fail  `a`\n  fail  `b`\n  fail  `c`\n        it is down\n        fix: start it\n"
    assert shown(capsys, *many).startswith(told)


def test_what_is_called_alike_is_counted_and_a_long_list_has_an_end(capsys: pytest.CaptureFixture[str]) -> None:
    alike = [Check("install.entries", "fail", "Cursor starts /gone", "it is gone", "start it")] * 40
    assert shown(capsys, *alike).startswith("The wizard\n  fail  Cursor starts /gone (40 times)\n        it is gone\n")
    many = [Check("client.cursor.connection", "fail", f"`p{number}`", "it is down", "start it") for number in range(40)]
    lines = shown(capsys, *many).splitlines()
    assert lines[10:13] == ["  fail  `p9`", "        and 30 more, which `--json` names", "        it is down"]


def test_what_one_repair_mends_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    refused = Check("key.valid", "fail", "the key", "it is refused", "make another")
    assert shown(capsys, *ALIKE, refused) == ONCE


def test_the_commands_for_a_project_name_it(capsys: pytest.CaptureFixture[str]) -> None:
    told = re.findall(r"`posthog-wizard mcp [^`]+`", shown(capsys, *HEALTHY, *ALIKE, options=PROJECT))
    mend = "`posthog-wizard mcp doctor --scope project --fix`"
    assert told == [mend, "`posthog-wizard mcp add vscode --scope project`", mend]


@pytest.mark.parametrize(
    ("check", "last"),
    [
        (Check("key.same", "warn", "keys", "two", "choose one"), "Next: choose one"),
        (Check("key.same", "warn", "keys", "two"), "1 warning."),
        (
            Check("key.same", "fail", "keys", "two", repair=REPAIR),
            "Next: `posthog-wizard mcp doctor --fix` repairs it.",
        ),
    ],
)
def test_the_last_line_says_what_to_do_next(check: Check, last: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, *HEALTHY, check).splitlines()[-1] == last


def test_the_network_is_seen_to_first(capsys: pytest.CaptureFixture[str]) -> None:
    zed = Check("client.zed.connection", "fail", "connection of `posthog`", "no name", "try again")
    network = Check("network.proxy", "fail", "the proxy", "it refuses", "correct HTTPS_PROXY")
    assert shown(capsys, zed, network).splitlines()[-1] == "Next: correct HTTPS_PROXY"


def test_a_repair_that_failed_is_not_advised_again(capsys: pytest.CaptureFixture[str]) -> None:
    show_checks(SICK, OPTIONS, tried=True)
    assert capsys.readouterr().out.splitlines()[-1].startswith("Next: see above what `--fix` could not write")


def test_offline_it_does_not_promise_more_than_it_saw(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, *HEALTHY, options=DoctorOptions((), offline=True)).endswith("as far as can be seen offline.\n")


def test_profiles_that_are_no_toml_are_told_with_line_and_column(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    (place / ".config/posthog-wizard").mkdir(parents=True)
    (place / ".config/posthog-wizard/config.toml").write_text("[profiles.work\n")
    checks = doctor(place, "--json").document["checks"]
    (cause,) = [check["cause"] for check in checks if check["id"] == "key.source"]
    assert "config.toml:1:15: the profiles are no TOML" in cause
