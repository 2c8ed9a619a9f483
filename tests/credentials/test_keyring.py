"""The keyring: what it is asked, what it answers, and one that waits for its user. Real programs, since it is chosen once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.homes import home
from tests.support.keyrings import ABSENT, BROKEN, DISMISSED, LOCKED, PANICKING, SLOW, WITH_KEYRING
from tests.support.machines import KEY
from tests.support.program import OTHER_KEY, run

HOST = "https://us.posthog.com"
READ = f"""
from posthog_wizard.credentials import keyring_store as k
from posthog_wizard.errors import CredentialError
def read(patience=5.0):
    try:
        print(len(k.read("default", "{HOST}", patience=patience).reveal()))
    except CredentialError as problem:
        print(problem.code, problem.message, "/", problem.hint)
"""
WRITE = f'k.write("default", "{HOST}", Secret("x" * 30))'
SECRET = "from posthog_wizard.model import Secret"


def lines(place: Path, *code: str, **environment: Any) -> list[str]:
    """What Python code prints that reads from the keyring."""
    done = run(["-c", "\n".join([READ, SECRET, *code])], place, **environment)
    assert done.code == 0, done.err
    return done.out.splitlines()


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        (WITH_KEYRING, "no_stored_key the keyring holds no key for the profile `default` and `https://us.posthog.com` / store one"),
        (LOCKED, "store_locked the keyring is locked, and was not unlocked / unlock it and try again, or keep the key in a file"),
        (DISMISSED, "store_locked the keyring is locked"),
        (BROKEN, "store_unusable the keyring could not be used: the bus has gone / repair it"),
        (PANICKING, "store_unusable the keyring could not be used: PanicException: Python API call failed / repair it"),
        (ABSENT, "store_unusable the keyring could not be used"),
        ({"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}, "store_unusable there is no keyring on this machine / start one"),
        ({"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}, "store_unusable there is no keyring on this machine"),
        ({"PYTHON_KEYRING_BACKEND": "keyring.backends.chainer.ChainerBackend"}, "store_unusable the keyring `keyring.backends.chainer.ChainerBackend` is not used, since it may keep keys in a plain file / keep the key in a file"),
    ],
)  # fmt: skip
def test_every_failure_names_the_keyring_and_the_way_out(
    environment: dict[str, Any], words: str, tmp_path: Path
) -> None:
    (told,) = lines(home(tmp_path), "read()", **environment)
    assert told.startswith(words)


def test_a_key_is_kept_for_its_profile_and_host(tmp_path: Path) -> None:
    place = home(tmp_path)
    forget = f'k.forget("default", "{HOST}")'
    told = lines(place, WRITE, "read()", 'k.forget("work", "x")', "read()", forget, forget, "read()", **WITH_KEYRING)
    assert [line[:13] for line in told] == ["30", "30", "no_stored_key"]


def test_one_that_waits_is_left_alone_asked_once_and_heard_later(tmp_path: Path) -> None:
    place = home(tmp_path)
    lines(place, WRITE, **WITH_KEYRING)
    unlock = "import pathlib, os; pathlib.Path(os.environ['HOME'], 'unlocked').touch()"
    told = lines(place, "read(0.1)", "read(0.1)", unlock, "read()", "read()", **SLOW)
    words = "store_locked the keyring did not answer in 0.1 seconds; it may be waiting to be unlocked"
    assert [line[: len(words)] for line in told] == [words, words, "30", "30"]
    assert len((place / "asked").read_text().splitlines()) == 2


@pytest.mark.parametrize(
    "arguments", [("key", "forget", "-y"), ("key", "rotate", "--no-verify", "-y", "--api-key-file", "new.txt")]
)
def test_a_locked_keyring_is_asked_once(arguments: tuple[str, ...], tmp_path: Path) -> None:
    place = home(tmp_path)
    (place / "new.txt").write_text(OTHER_KEY)
    made = run(["key", "set", "--no-verify", "--region", "us", "--api-key-stdin"], place, KEY, **WITH_KEYRING)
    assert made.code == 0, made.err
    locked: dict[str, Any] = LOCKED
    done = run(arguments, place, **locked)
    assert (done.code, "the keyring is locked" in done.err) == (1, True)
    assert len((place / "asked").read_text().splitlines()) == 1
