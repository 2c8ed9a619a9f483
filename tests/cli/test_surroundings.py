"""Where the machine is not as usual: root in somebody's home, no locks, a full disk; and how often files are read."""

from __future__ import annotations

import errno
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from posthog_wizard.cli.change_screen import show_change
from posthog_wizard.cli.run_context import RunContext, as_this_run
from posthog_wizard.model import OutcomeKind
from posthog_wizard.operations.change import Changed
from tests.support.commands import HOSTED, mcp
from tests.support.homes import ALL, FILES, entries, home, spelled
from tests.support.machines import KEY, machine
from tests.support.plans import add
from tests.support.program import REPOSITORY
from tests.support.strangers import AS_ROOT, NUMBER

OFFLINE = ("--host", "http://127.0.0.1:9", "--no-verify", "--no-input")


def started(place: Path, *words: str, first: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """A process with that home and nothing else."""
    environment = {"HOME": str(place), "PATH": os.defpath, "POSTHOG_PERSONAL_API_KEY": KEY}
    given = [f"{name}={value}" for name, value in environment.items()]
    command = [*first, "env", "-i", *given, sys.executable, *words]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def somebodys(tmp_path: Path) -> Iterator[Path]:
    """A home that is another user's, with Cursor in it."""
    place = home(tmp_path, "cursor")
    subprocess.run([*AS_ROOT, "chown", "-R", f"{NUMBER}:{NUMBER}", str(place)], check=True)
    yield place
    subprocess.run([*AS_ROOT, "chown", "-R", str(os.getuid()), str(place)], check=True)


def test_what_root_makes_in_somebodys_home_is_theirs(somebodys: Path) -> None:
    words = ("-m", "posthog_wizard", "mcp", "add", "cursor", "--secret", "store", "--store", "file", *OFFLINE)
    made = started(somebodys, *words, first=AS_ROOT)
    found = [path for path in somebodys.rglob("*") if path.stat().st_uid != NUMBER or path.stat().st_gid != NUMBER]
    assert (made.returncode, found) == (0, [])
    assert f"you are root in the home of user {NUMBER}, who gets what is made there; leave `sudo` out" in made.stderr


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
@pytest.mark.parametrize("command", ["mcp add cursor", "key set --store file --api-key-file {home}/key"])
def test_without_locks_everything_goes_on_and_that_is_said(command: str, number: int, tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    (place / "key").write_text(KEY)
    words = command.format(home=place).split()
    made = started(place, "-m", "tests.support.lockless", str(number), *words, *OFFLINE[:3])
    assert (made.returncode, "is on a file system without locks" in made.stderr) == (0, True), made.stderr


@pytest.mark.parametrize(
    ("outcome", "said"), [("added", True), ("failed", False), ("unchanged", False), ("skipped", False)]
)
def test_undo_and_the_key_in_a_file_are_mentioned_where_something_was_written(
    outcome: OutcomeKind, said: bool, tmp_path: Path
) -> None:
    """What was written and lost again, as on a disk that is full by then, has a change id, too."""
    plan = add(tmp_path / "mcp.json")
    outcomes = tuple(step.told._replace(outcome=outcome) for step in plan.steps)
    talk = io.StringIO()
    with as_this_run(RunContext(machine(tmp_path), io.StringIO(), io.StringIO(), talk)):
        show_change(Changed(plan, outcomes, "0001-abc"), json=False)
    assert ("mcp undo 0001-abc" in talk.getvalue(), "in plain text" in talk.getvalue()) == (said, said)


@pytest.mark.parametrize("command", ["mcp list", "mcp list --scope project", "mcp doctor --offline"])
def test_a_clients_file_is_read_once(command: str, tmp_path: Path) -> None:
    place = home(tmp_path, **{name.replace("-", "_"): spelled(name, {"posthog": {"url": HOSTED}}) for name in ALL})
    made = started(place, "-m", "tests.support.opens", str(place), *command.split())
    files = {str(place / name) for name in FILES.values()}
    times = {path: count for path, count in json.loads(made.stdout).items() if path in files}
    assert set(times.values()) <= {1}, times
    assert (len(times) == len(files)) == ("project" not in command)


def test_fifty_entries_are_one_finding_with_one_repair(tmp_path: Path) -> None:
    one = {"url": "https://mcp.posthog.com/mcp", "headers": {"Authorization": f"Bearer {KEY}"}}
    names = ["posthog", *(f"posthog-{number}" for number in range(49))]
    place = home(tmp_path, cursor=json.dumps({"mcpServers": dict.fromkeys(names, one)}))
    (place / FILES["cursor"]).chmod(0o600)
    checks = mcp(place, "doctor", "--offline").document["checks"]
    (found,) = [check for check in checks if check["status"] in {"warn", "fail"}]
    assert (found["id"], found["data"]["entries"]) == ("client.cursor.second", names[1:])
    mcp(place, "doctor", "--offline", "--fix", "-y")
    assert list(entries(place / FILES["cursor"], "cursor")) == ["posthog"]
