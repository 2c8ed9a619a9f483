"""The keyring of tests, for programs that are started: one file in the home. `surroundings(home, WITH_KEYRING)` names it."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from jaraco.classes import properties
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

WITH_KEYRING: dict[str, Any] = {"PYTHON_KEYRING_BACKEND": "tests.support.keyrings.HomeKeyring"}
LOCKED = {"PYTHON_KEYRING_BACKEND": "tests.support.keyrings.LockedKeyring"}
DISMISSED = {"PYTHON_KEYRING_BACKEND": "tests.support.keyrings.DismissedKeyring"}
BROKEN = {"PYTHON_KEYRING_BACKEND": "tests.support.keyrings.BrokenKeyring"}
PANICKING = {"PYTHON_KEYRING_BACKEND": "tests.support.keyrings.PanickingKeyring"}
ABSENT = {"PYTHON_KEYRING_BACKEND": "tests.support.keyrings.NoSuchKeyring"}
SLOW = {"PYTHON_KEYRING_BACKEND": "tests.support.keyrings.SlowKeyring"}
CLINGING = {"PYTHON_KEYRING_BACKEND": "tests.support.keyrings.ClingingKeyring"}
FORGETFUL = {"PYTHON_KEYRING_BACKEND": "tests.support.keyrings.ForgetfulKeyring"}


class HomeKeyring(KeyringBackend):
    """Keeps passwords in `~/.keyring.json`."""

    @properties.classproperty
    def priority(self) -> float:
        """It works everywhere, and is chosen when it is named."""
        return 0.1

    def get_password(self, service: str, username: str) -> str | None:
        """The password, None where there is none."""
        found = _read().get(f"{service}/{username}")
        return str(found) if found else None

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep it."""
        _write({**_read(), f"{service}/{username}": password})

    def delete_password(self, service: str, username: str) -> None:
        """Keep it no longer."""
        kept = _read()
        if kept.pop(f"{service}/{username}", None) is None:
            raise PasswordDeleteError(username)
        _write(kept)


class LockedKeyring(HomeKeyring):
    """One that its user does not unlock; it notes each question in `asked`."""

    def get_password(self, service: str, username: str) -> str | None:
        """Nothing."""
        _note(username)
        raise KeyringLocked(f"{service} {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        """Nothing."""
        _note(username)
        raise KeyringLocked(f"{service} {username} {len(password)}")


class PromptDismissedException(Exception):
    """What SecretStorage raises when its user closes the window that asks for the password."""


class DismissedKeyring(HomeKeyring):
    """One whose user closes its window."""

    def get_password(self, service: str, username: str) -> str | None:
        """Nothing."""
        raise PromptDismissedException("Prompt dismissed")

    def set_password(self, service: str, username: str, password: str) -> None:
        """Nothing."""
        raise PromptDismissedException("Prompt dismissed")


class BrokenKeyring(HomeKeyring):
    """One whose service fails."""

    def get_password(self, service: str, username: str) -> str | None:
        """Nothing."""
        raise OSError("the bus has gone\nand more")

    def set_password(self, service: str, username: str, password: str) -> None:
        """Nothing."""
        raise OSError("the bus has gone\nand more")


class PanicException(BaseException):
    """What a library in Rust raises: https://docs.rs/pyo3/latest/pyo3/panic/struct.PanicException.html."""


class PanickingKeyring(HomeKeyring):
    """One whose library in Rust panics, as cryptography's does without cffi."""

    def get_password(self, service: str, username: str) -> str | None:
        """Nothing."""
        raise PanicException("Python API call failed")


class SlowKeyring(HomeKeyring):
    """One that waits until somebody puts a file `unlocked` into the home; it notes each question in `asked`."""

    def get_password(self, service: str, username: str) -> str | None:
        """The password, as soon as it is unlocked."""
        home = _note(username)
        while not (home / "unlocked").exists():
            time.sleep(0.02)
        return super().get_password(service, username)


class ClingingKeyring(HomeKeyring):
    """One that deletes nothing."""

    def delete_password(self, service: str, username: str) -> None:
        """Nothing."""
        raise PasswordDeleteError(username)


class ForgetfulKeyring(HomeKeyring):
    """One that does not give back what it was given."""

    def get_password(self, service: str, username: str) -> str | None:
        """Something else."""
        return f"{service}{username}"


def _note(username: str) -> Path:
    home = Path(os.environ["HOME"])
    with (home / "asked").open("a") as file:
        file.write(f"{username}\n")
    return home


def _path() -> Path:
    return Path(os.environ["HOME"]) / ".keyring.json"


def _read() -> dict[str, str]:
    read: dict[str, str] = json.loads(_path().read_text()) if _path().exists() else {}
    return read


def _write(kept: dict[str, str]) -> None:
    _path().touch(mode=0o600)
    _path().write_text(json.dumps(kept))
