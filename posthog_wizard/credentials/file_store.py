"""Keys in a file of ours that only this user can read, for machines without a keyring.

`keys.json` in our configuration directory: {"version": 1, "keys": {PROFILE: {"host": BASE URL, "key": KEY}}}.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from posthog_wizard.credentials.private_file import read_private, replace_private, store_errors
from posthog_wizard.credentials.profiles import profile_flag
from posthog_wizard.errors import NoStoredKey, StoreUnusable, WrongHost
from posthog_wizard.model import Json, Machine, Secret
from posthog_wizard.own_files import locked, own_folder

_VERSION = 1
_PATIENCE = 10.0  # seconds that a writer waits for another one


def key_file(machine: Machine) -> Path:
    """Where the keys are."""
    return machine.config_directory / "keys.json"


def read(profile: str, host: str, machine: Machine) -> Secret:
    """The profile's key for that host. Raises NoStoredKey, WrongHost, StoreUnusable."""
    path = key_file(machine)
    held = _keys(path).get(profile)
    if held is None:
        raise NoStoredKey(
            f"`{path}` holds no key for the profile `{profile}`",
            f"store one: `posthog-wizard key set{profile_flag(profile)}`",
        )
    if held["host"] != host:
        raise WrongHost(
            f"the key of the profile `{profile}` in `{path}` is for `{held['host']}`, and was asked for `{host}`",
            "name a profile of that PostHog with `--profile NAME`, or make one with `posthog-wizard key set`",
        )
    return Secret(held["key"])


def hosts(machine: Machine) -> dict[str, str]:
    """The host of each profile that has a key there. Raises StoreUnusable."""
    return {profile: held["host"] for profile, held in _keys(key_file(machine)).items()}


def write(profile: str, host: str, key: Secret, machine: Machine) -> None:
    """Keep the profile's key, in place of any other of that profile. Raises StoreUnusable."""
    path = key_file(machine)
    _keys(path)  # what cannot be read is said before anything is made
    with _alone(path):
        _save(path, {**_keys(path), profile: {"host": host, "key": key.reveal()}})


def forget(profile: str, machine: Machine) -> None:
    """Hold no key of that profile any more. Raises StoreUnusable."""
    path = key_file(machine)
    if profile not in _keys(path):
        return
    with _alone(path):
        keys = {name: held for name, held in _keys(path).items() if name != profile}
        if keys:
            _save(path, keys)
        else:
            with store_errors(path, "delete"):
                path.unlink(missing_ok=True)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """While nobody else writes: servers renew other profiles' access tokens in the same file at any time."""
    with store_errors(path, "write"):
        own_folder(path.parent)
    with store_errors(path, "lock"), locked(path.with_name(f"{path.name}.lock"), _PATIENCE):
        yield


def _save(path: Path, keys: Json) -> None:
    text = json.dumps({"version": _VERSION, "keys": keys}, indent=2, ensure_ascii=False)
    replace_private(path, f"{text}\n".encode())


def _keys(path: Path) -> dict[str, dict[str, str]]:
    content = read_private(path)
    if content is None:
        return {}
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as problem:
        raise _foreign(path, "it is not JSON") from problem
    if not isinstance(document, dict) or document.get("version") != _VERSION:
        raise _foreign(path, f"it does not say that its version is {_VERSION}")
    keys = document.get("keys")
    if not isinstance(keys, dict) or not all(map(_is_held, keys.values())):
        raise _foreign(path, "it does not have the structure that this program writes")
    return keys


def _is_held(held: Json) -> bool:
    return isinstance(held, dict) and all(isinstance(held.get(name), str) and held[name] for name in ("host", "key"))


def _foreign(path: Path, reason: str) -> StoreUnusable:
    return StoreUnusable(f"the key file `{path}` cannot be used: {reason}", "move it away, then store the key again")
