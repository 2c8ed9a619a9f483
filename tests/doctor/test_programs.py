"""The real thing over stdio: what each broken program is reported as, that nothing of it is left, and how soon."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from posthog_wizard.doctor.check import Status
from posthog_wizard.doctor.probes.probe_failure import ProbeFailure
from posthog_wizard.doctor.probes.stdio_probe import Command, try_program
from posthog_wizard.doctor.redaction import Redactor
from tests.support import stdio_fakes
from tests.support.machines import KEY
from tests.support.probes import NOBODY_THERE, examined

HERE = "http://127.0.0.1:9"  # where nobody listens: the fakes ask nobody
CONNECTION = "client.claude-code.connection"
SHORT, USUAL = 3.5, 20.0  # seconds for everything; the program itself then has 2.2


class Fault(NamedTuple):
    """One program, and what is said of it."""

    fake: str
    status: Status
    kind: str | None = None
    words: tuple[str, ...] = ()  # pieces of the cause
    timeout: float = USUAL
    processes: int = 1  # that it consists of
    tools: int | None = None


FAULTS = (
    Fault("healthy", "ok", tools=1),
    Fault("pages", "ok", tools=3),
    Fault("asks_back", "ok", tools=1),
    Fault("no_tools", "ok", tools=0),
    Fault("chatty", "ok", tools=1),
    Fault("leaves_children", "ok", tools=1, processes=3),
    Fault("noisy", "warn", words=("it works", "Welcome! Bearer phx_…Jt0B", "standard output"), tools=1),
    Fault("flooding", "fail", "hung", ("did not answer",), SHORT),
    Fault("asking_without_end", "fail", "hung", ("did not answer",), SHORT),
    Fault("odd", "ok", tools=1),
    Fault("hung", "fail", "hung", ("it started, but did not answer within 2.",), SHORT),
    Fault("hung_later", "fail", "hung", ("did not answer",), SHORT),
    Fault("stubborn", "fail", "hung", ("did not answer",), SHORT, processes=3),
    Fault("noise_and_silence", "fail", "noise", ("`Listening on port 3000`", "only messages"), SHORT),
    Fault("gives_data", "ok", tools=4),
    Fault("lacks_a_scope", "ok", tools=3),
    Fault("gives_none", "fail", "no-data", ("its calls fail: `list` says: not today",), tools=1),
    Fault("error_and_hint", "fail", "crashed", ("exit code 2", "error: there is no feature `flag`")),
    Fault("hint_and_errors", "fail", "crashed", ("exit code 2", "error: no `b`")),
    Fault("npm_error", "fail", "crashed", ("exit code 1", "npm error 404 Not Found")),
    Fault("crash", "fail", "crashed", ("exit code 3", "no such key: Bearer phx_…Jt0B")),
    Fault("crash_on_stdout", "fail", "crashed", ("exit code 2", "usage: posthog-wizard")),
    Fault("crash_later", "fail", "crashed", ("exit code 0",)),
    Fault("killed", "fail", "crashed", ("by the signal SIGKILL",)),
    Fault("closes_stdout", "fail", "crashed", ("closed its standard output",)),
    Fault("half_a_message", "fail", "crashed", ("exit code 0", '{"jsonrpc"')),
    Fault("error", "fail", "error", ("answers `initialize` with an error", "cannot start with Bearer phx_…Jt0B")),
    Fault("unauthorized", "fail", "refused", ("answers `initialize` with an error", "401")),
    Fault("no_result", "fail", "not-mcp", ("`initialize`", "neither a result nor an error")),
    Fault("strange_tools", "fail", "not-mcp", ("list of tools",)),
    Fault("endless_pages", "fail", "not-mcp", ("more than 100 pages",)),
)


def entry(program: str, **more: Any) -> dict[str, Any]:
    """As `mcp add --server local` writes it."""
    arguments = ["mcp", "serve", "--host", HERE]
    return {
        "type": "stdio",
        "command": program,
        "args": arguments,
        "env": {"POSTHOG_AUTH_HEADER": f"Bearer {KEY}"},
        **more,
    }


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.fake)
def test_a_program_is_tried_and_ended(fault: Fault, tmp_path: Path) -> None:
    trial = examined(
        tmp_path, {"claude-code": entry(stdio_fakes.install(tmp_path / "bin", fault.fake))}, timeout=fault.timeout
    )
    check = trial.one(CONNECTION)
    assert (check.status, check.data.get("kind"), check.data.get("tools")) == (fault.status, fault.kind, fault.tools)
    assert [word for word in fault.words if word not in str(check.cause)] == []
    assert bool(check.cause) == bool(check.fix) == (fault.status != "ok")
    assert (stdio_fakes.started(tmp_path / "bin"), stdio_fakes.survivors(tmp_path / "bin")) == (fault.processes, [])
    assert trial.seconds < fault.timeout + 2
    assert trial.leaked == []


def test_data_says_what_a_person_needs_to_look_further(tmp_path: Path) -> None:
    crashed = examined(tmp_path, {"claude-code": entry(stdio_fakes.install(tmp_path / "bin", "crash"))}).one(CONNECTION)
    assert crashed.data["exit_code"] == 3
    assert crashed.data["stderr"] == ["Traceback:", "no such key: Bearer phx_…Jt0B"]
    works = examined(tmp_path, {"claude-code": entry(stdio_fakes.install(tmp_path / "bin", "healthy"))}).one(CONNECTION)
    assert (works.data["server"], works.data["protocol"], works.data["entry"]) == ("fake 1", "2025-11-25", "posthog")
    assert works.data["tokens"] == -(-len('{"tools":[{"name":"say-hello","inputSchema":{"type":"object"}}]}') // 4)
    assert works.data["milliseconds"] > 0
    assert "1 tool, about 16 tokens" in works.title


def without_rights(folder: Path) -> str:
    """A program that nobody may start."""
    program = Path(stdio_fakes.install(folder, "healthy"))
    program.chmod(0o644)
    return str(program)


def moved_interpreter(folder: Path) -> str:
    """A script whose Python is gone, as after an upgrade."""
    program = Path(stdio_fakes.install(folder, "healthy"))
    program.write_text("#!/opt/python3.9/bin/python -I\nprint()\n")
    return str(program)


def no_program(folder: Path) -> str:
    """A file that is not a program that this system can run."""
    program = Path(stdio_fakes.install(folder, "healthy"))
    program.write_bytes(b"MZ\x90\x00 a program of another system\n")
    return str(program)


def a_folder(folder: Path) -> str:
    """A folder of that name."""
    (folder / "posthog-wizard").mkdir(parents=True)
    return str(folder / "posthog-wizard")


def below_a_file(folder: Path) -> str:
    """A path that leads through a file."""
    return f"{stdio_fakes.install(folder, 'healthy')}/bin/posthog-wizard"


UNSTARTABLE: dict[str, tuple[Callable[[Path], str], str, str]] = {
    "gone": (lambda folder: f"{folder}/posthog-wizard", "not-found", "does not exist"),
    "moved interpreter": (moved_interpreter, "not-found", "the interpreter `/opt/python3.9/bin/python` of"),
    "bare name": (lambda _: "posthog-wizard", "not-found", "no folder of the client's PATH holds"),
    "no rights": (without_rights, "not-executable", "may not be executed"),
    "another system's": (no_program, "not-executable", "is not a program that this system can run"),
    "a folder": (a_folder, "not-executable", "may not be executed"),
    "below a file": (below_a_file, "not-found", "a part of its path is not a directory"),
    "an impossible name": (lambda _: "/bin/\0/posthog-wizard", "not-executable", "cannot be started"),
}


@pytest.mark.parametrize("name", UNSTARTABLE)
def test_what_cannot_be_started_says_why(name: str, tmp_path: Path) -> None:
    program, kind, words = UNSTARTABLE[name]
    check = examined(tmp_path, {"claude-code": entry(program(tmp_path / "bin"))}).one(CONNECTION)
    assert (check.status, check.data["kind"]) == ("fail", kind)
    assert words in str(check.cause)
    assert "posthog-wizard mcp add claude-code --host http://127.0.0.1:9`" in str(check.fix)
    assert check.fixable == str(check.fix).startswith("`posthog-wizard mcp doctor --fix` or ")


def test_a_bare_name_is_looked_up_where_the_client_looks(tmp_path: Path) -> None:
    stdio_fakes.install(tmp_path / "bin", "healthy")
    trial = examined(
        tmp_path, {"claude-code": entry("posthog-wizard")}, environment={"PATH": f"{tmp_path}/bin:/usr/bin:/bin"}
    )
    assert trial.one(CONNECTION).status == "ok"


def test_a_home_that_is_gone(tmp_path: Path) -> None:
    program = stdio_fakes.install(tmp_path / "bin", "healthy")
    with pytest.raises(ProbeFailure, match=r"the folder `.*nowhere`, in which it is started, does not exist"):
        try_program(Command((program,), {}, tmp_path / "nowhere"), time.monotonic() + 9, Redactor(()))


# ------------------------------------------------------------------ what is not started


SHOULD_NOT_START: dict[str, tuple[str, dict[str, Any], dict[str, Any], str | None]] = {
    "switched off": ("claude-code", {"disabled": True}, {}, "it is switched off in the client"),
    "offline": (
        "claude-code",
        {"args": ["mcp", "serve", "--host", "https://posthog.example.com"]},
        {"offline": True},
        "`--offline`",
    ),
    "through a browser": (
        "claude-code",
        {"args": ["-y", "mcp-remote", "https://mcp.posthog.com/mcp"], "env": {}},
        {"environment": NOBODY_THERE},
        "signs in through a browser",
    ),
    "offline, by a shell": (
        "claude-code",
        {"args": ["-c", "npx mcp-remote 'https://mcp.posthog.com/mcp' --header Authorization:$POSTHOG_AUTH_HEADER"]},
        {"offline": True},
        "`--offline`",
    ),
    "offline, ours by a shell": (
        "claude-code",
        {"args": ["-c", "posthog-wizard mcp serve --host https://posthog.example.com"]},
        {"offline": True},
        "`--offline`",
    ),
    "another server's": ("claude-code", {"args": ["server.js"]}, {}, None),
}


@pytest.mark.parametrize("name", SHOULD_NOT_START)
def test_what_is_not_started(name: str, tmp_path: Path) -> None:
    client, changes, options, reason = SHOULD_NOT_START[name]
    program = stdio_fakes.install(tmp_path / "bin", "healthy")
    trial = examined(tmp_path, {client: entry(program, **changes)}, **options)
    checks = trial.of(f"client.{client}.connection")
    assert [check.status for check in checks] == ["skip"] * (reason is not None)
    assert [check for check in checks if str(reason) not in str(check.cause)] == []
    assert stdio_fakes.started(tmp_path / "bin") == 0


TOLD_BY_THEIR_TEXT = {
    "no variable": ("Bearer ${NOT_SET}", "`NOT_SET` that it refers to is not set"),
    "placeholder": ("Bearer {INSERT_YOUR_PERSONAL_API_KEY_HERE}", "this is the placeholder"),
}


@pytest.mark.parametrize("name", TOLD_BY_THEIR_TEXT)
def test_the_client_s_own_line_says_what_no_start_need_tell(name: str, tmp_path: Path) -> None:
    """The client gets no data, so it is a failure, not something that was left out."""
    header, says = TOLD_BY_THEIR_TEXT[name]
    program = stdio_fakes.install(tmp_path / "bin", "healthy")
    check = examined(tmp_path, {"claude-code": entry(program, env={"POSTHOG_AUTH_HEADER": header})}).one(CONNECTION)
    assert (check.status, says in str(check.cause), check.data["kind"]) == ("fail", True, "no-key"), check
    assert stdio_fakes.started(tmp_path / "bin") == 0


@pytest.mark.parametrize("launcher", ["bin/posthog-wizard", "elsewhere/posthog-wizard"])
def test_a_project_s_file_starts_nothing_by_its_own_word(launcher: str, tmp_path: Path) -> None:
    """Not even this very program: see `tests/attacks`, which also has what is started."""
    program = stdio_fakes.install(tmp_path / "bin", "healthy")
    words = (str(tmp_path / launcher),)
    check = examined(tmp_path, {"claude-code": entry(program)}, scope="project", launcher=words).one(CONNECTION)
    assert (check.status, "anybody may have written a project's file" in str(check.cause)) == ("warn", True)
    assert stdio_fakes.started(tmp_path / "bin") == 0


def test_the_same_command_in_two_clients_is_started_once(tmp_path: Path) -> None:
    program = stdio_fakes.install(tmp_path / "bin", "healthy")
    trial = examined(tmp_path, {"claude-code": entry(program), "gemini-cli": entry(program)})
    assert [trial.one(f"client.{client}.connection").status for client in ("claude-code", "gemini-cli")] == ["ok", "ok"]
    assert stdio_fakes.started(tmp_path / "bin") == 1


def test_the_whole_takes_hardly_longer_than_the_slowest(tmp_path: Path) -> None:
    clients = ("claude-code", "claude-desktop", "cursor", "gemini-cli", "vscode", "windsurf", "zed")
    entries = {client: entry(stdio_fakes.install(tmp_path / client, "slow")) for client in clients}
    trial = examined(tmp_path, entries)
    slowest = max(trial.one(f"client.{client}.connection").data["milliseconds"] for client in clients)
    assert trial.seconds < 2 * slowest / 1000  # one after the other would take seven times as long
    assert [stdio_fakes.survivors(tmp_path / client) for client in clients] == [[]] * len(clients)
