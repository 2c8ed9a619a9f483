"""The commands that the pages print, each run as a reader would, in a throw-away home at a sandbox in place of an account.

Words that name what only the reader has (an address, a project, a password manager) are swapped by `SWAPS`. What cannot be
run stands in `ELSEWHERE`, with what runs it; what needs more than its words in `HELPED`, with the reason.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple

from posthog_wizard.sandbox.posthog import sample_rows
from tests.support.authority import Authority
from tests.support.homes import home
from tests.support.keyrings import WITH_KEYRING
from tests.support.machines import KEY
from tests.support.pages import Line, lines
from tests.support.people import approving
from tests.support.posthog import PostHog, SandboxKey
from tests.support.program import OTHER_KEY, Result, run
from tests.support.sandboxes import lay_data
from tests.support.terminal import CONTROL_C, Terminal

ELSEWHERE = {  # the beginning of a command -> why it is not run here, and what runs it
    "python3 -m venv .venv && .venv/bin/pip install -q '.[sandbox]' && ": "it installs: .ci/run runs it, in a copy and a home",
    "python3 -m venv .venv && .venv/bin/pip install -q -e '.[dev]' && ": "it runs these tests: .ci/run begins with it",
    "uv tool install ": "it installs: tests/e2e/test_installs.py does, by uv and wheels of this tree",
    "pipx install ": "it installs: tests/e2e/test_installs.py does, by pipx",
    "pipx uninstall ": "it takes the program away: tests/e2e/test_installs.py does, by pipx",
    "pip install posthog-wizard": "it installs: tests/e2e/test_installs.py does, by pip",
    "git tag ": "it releases: `.github/workflows/release.yml`, judged by zizmor, runs on GitHub alone",
    "docker ": "it builds an image, which needs the network: `Containerfile` is read by tests/test_release.py",
    "posthog-wizard login --oauth": "the browser comes back to a port that nobody knows before: tests/cli/test_login_oauth.py",
}
SWAPS = (  # what is printed -> what is run; `{url}` is the sandbox's address
    (r"https://posthog\.example\.com|http://127\.0\.0\.1:8010|\bADDRESS\b", "{url}"),  # addresses of the reader's
    (r"--region eu", "--host {url}"),  # PostHog Cloud, which no test may reach
    (r"--project 12345", "--project 1"),
    (r"--port 8010", "--port 0"),  # a free one
    (r"^pass posthog \| ", ""),  # a password manager: the key comes on stdin
    (r"command:op read \S+(?=\")", "command:/bin/cat key.txt"),  # as above
    (r"^HTTPS_PROXY=\S+ ", ""),  # a proxy, which this machine need not have: tests/doctor has those
    (r"company\.pem", "authority.pem"),
    (r"session_recordings_list", "dashboards_list"),  # the sandbox has no replays
    (r'"start_time"', '"name"'),  # as above
)


class Help(NamedTuple):
    """What stands in for a person, or for what a reader did before; `why` says for what."""

    why: str
    more: str = ""  # words behind the command, with `{url}` as above
    stdin: str = ""
    before: str = ""  # a command of ours
    person: Callable[[PostHog], AbstractContextManager[None]] = lambda _server: nullcontext()


_BROWSER = Help("the browser: somebody opens the page and approves", person=approving)
HELPED = {
    "posthog-wizard mcp add --login": _BROWSER,
    "posthog-wizard login --region eu": _BROWSER,
    "posthog-wizard login --no-browser": _BROWSER._replace(more="--host {url}"),
    "posthog-wizard login --host https://posthog.example.com": _BROWSER,
    "posthog-wizard login --host http://127.0.0.1:8010": _BROWSER,
    "pass posthog | posthog-wizard mcp add --api-key-stdin": Help("the password manager", stdin=KEY),
    "posthog-wizard key set": Help("a person who pastes a key", "--api-key-stdin", KEY),
    "posthog-wizard key rotate": Help(
        "as above, who has one already", "--api-key-stdin", OTHER_KEY, "key set --api-key-stdin"
    ),
}
SERVERS = (["serve"], ["bridge"])  # they make the whole process theirs, and end with their input


def commands() -> dict[str, Line]:
    """Every printed command, once, with the first page that has it."""
    return {line.text: line for line in reversed(lines())}


def runnable() -> list[str]:
    return [command for command in commands() if not command.startswith(tuple(ELSEWHERE))]


def swapped(command: str, printed: str) -> bool:
    """Whether the command has words of that row of SWAPS."""
    return re.search(printed, command) is not None


def ours(command: str, url: str) -> list[str]:
    """The words behind `posthog-wizard` that are run for a printed command. Raises ValueError for another program's."""
    for printed, meant in SWAPS:
        command = re.sub(printed, meant.format(url=url), command)
    program, *words = shlex.split(command)
    if program != "posthog-wizard":
        raise ValueError(f"`{command}` is no command of ours: give it a row in ELSEWHERE, with what runs it")
    return words


def ran(command: str, root: Path) -> tuple[int, str]:
    """Run a printed command where three clients have PostHog already; its exit code, and what it said if that is not 0."""
    place = home(root, "claude-code", "cursor", "zed")
    (place / "key.txt").write_text(KEY)
    Authority(place)
    helped = HELPED.get(command, Help(""))
    keys = (SandboxKey(KEY), SandboxKey(OTHER_KEY))
    with PostHog(keys=keys, samples=sample_rows) as server, helped.person(server):
        known = {**WITH_KEYRING, "POSTHOG_HOST": server.url, "POSTHOG_PERSONAL_API_KEY": KEY}
        _run(["mcp", "add", "--no-verify"], place, **known)
        if helped.before:
            _run(helped.before.split(), place, KEY, **known)
        words = [*ours(command, server.url), *helped.more.format(url=server.url).split()]
        done = (_interrupted if words[0] == "sandbox" else _run)(words, place, helped.stdin, **known)
    return done.code, done.out + done.err if done.code else ""


def _run(words: list[str], place: Path, stdin: str = "", **environment: Any) -> Result:
    if "--sandbox" in words:
        lay_data(place)
    return run(words, place, stdin, holds=(place / "key.txt",), process=words[1:2] in SERVERS, **environment)


def _interrupted(words: list[str], place: Path, _stdin: str, **environment: Any) -> Result:
    """It serves until Ctrl-C."""
    lay_data(place)
    with Terminal(words, place, **environment) as person:
        person.reads("Ctrl-C").types(CONTROL_C)
    return Result(person.code, person.text, "")
