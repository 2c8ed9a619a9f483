"""Keys that others keep: variables, files, commands; what they give, and what each failure says."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from posthog_wizard.credentials import external_reference, store
from posthog_wizard.credentials.reference import parse_reference
from posthog_wizard.errors import NoStoredKey, StoreUnusable
from posthog_wizard.model import Machine, Secret
from tests.support.machines import KEY, machine

ANY = "https://us.posthog.com"
PYTHON = f"command:'{sys.executable}' -c "


def here(root: Path) -> Machine:
    """A machine with a key in a variable and in files."""
    found = machine(root, environment={"MY_KEY": KEY, "EMPTY": " ", "PATH": os.environ["PATH"]})
    (found.home / "key.txt").write_text(f"\ufeff{KEY}\n")
    (found.home / "empty").write_text("\n")
    (found.home / "binary").write_bytes(b"\xff\xfe\x00")
    return found


@pytest.mark.parametrize(
    "reference",
    [
        "env:MY_KEY",
        "file:key.txt",
        "file:~/key.txt",
        "file:{home}/key.txt",
        f"""{PYTHON}'print("  {KEY}  ")'""",
        f"""{PYTHON}'import os; print(os.environ["MY_KEY"])'""",
        f"""{PYTHON}'import sys; print("{KEY}", end=sys.stdin.read())'""",
        f"command:printf {KEY}",
    ],
)
def test_a_key_is_read_and_trimmed(reference: str, tmp_path: Path) -> None:
    found = here(tmp_path)
    assert store.read(parse_reference(reference.replace("{home}", str(found.home))), ANY, found) == Secret(KEY)


@pytest.mark.parametrize(
    ("reference", "kind", "words"),
    [
        ("env:NOTHING", NoStoredKey, "the environment variable `NOTHING` holds no key"),
        ("env:EMPTY", NoStoredKey, "the environment variable `EMPTY` holds no key"),
        ("file:empty", NoStoredKey, "the file `empty` holds no key"),
        ("file:nowhere.txt", StoreUnusable, "nowhere.txt` cannot be read: there is no such file"),
        ("file:~", StoreUnusable, "cannot be read"),
        ("file:/dev/zero", StoreUnusable, "cannot be read: there is no such file"),
        ("file:binary", StoreUnusable, "it is not text"),
        ("command:true", NoStoredKey, "the command `true …` holds no key"),
        ("command:false", StoreUnusable, "the command `false …` failed (exit code 1)"),
        ("command:no-such-program read", StoreUnusable, "cannot be started: no such file"),
        ("command:/ read", StoreUnusable, "cannot be started: permission denied"),
        (
            f"""{PYTHON}'import sys; sys.exit("the vault {KEY} is locked")'""",
            StoreUnusable,
            "failed (exit code 1): the vault phx_…Jt0B is locked",
        ),
        (f"""{PYTHON}'import sys; sys.stdout.buffer.write(bytes([255]))'""", StoreUnusable, "is not text"),
        ("command:echo $HOME; echo `id` | cat", None, "$HOME; echo `id` | cat"),
    ],
)
def test_every_failure_names_its_place_and_no_key(
    reference: str, kind: type[Exception] | None, words: str, tmp_path: Path
) -> None:
    """Nothing is given to a shell: the last row is printed as it is."""
    found = here(tmp_path)
    told = outcome(reference, found)
    assert (told[0], words in told[1]) == (kind, True), told
    assert KEY not in told[1]
    assert not told[1].endswith("/ None")


def outcome(reference: str, found: Machine) -> tuple[type[Exception] | None, str]:
    """The error and its sentence; without one, what was read."""
    try:
        return None, store.read(parse_reference(reference), ANY, found).reveal()
    except (NoStoredKey, StoreUnusable) as problem:
        return type(problem), f"{problem.message} / {problem.hint}"


def test_a_command_that_hangs_is_ended(tmp_path: Path) -> None:
    with pytest.raises(StoreUnusable, match="gave no key in 1 seconds") as refusal:
        external_reference.read_external(parse_reference("command:sleep 60"), here(tmp_path), limit=1)
    assert "by hand" in str(refusal.value.hint)
