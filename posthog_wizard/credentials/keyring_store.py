"""Keys in the operating system's keyring, through the `keyring` library, which is loaded when a key is asked for.

A keyring may ask its user to be unlocked, and wait for ever. So it is asked in a thread of its own, and left alone after
a while; what it answers later is there for whoever asks next.

Clients start servers without the variable that names the session's bus, as cron and ssh do (the MCP SDKs hand over six
variables): the bus is then looked for where systemd puts it. The keyring is chosen here, not by `keyring.get_keyring`:
that remembers for ever that there was none, and its chain may join a plain file of `keyrings.alt` to a real keyring. An
entry of a keyring is named after profile and host, so that an edited profile cannot lead a key elsewhere.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from posthog_wizard.credentials.background import start_in_background
from posthog_wizard.credentials.profiles import DEFAULT, profile_flag
from posthog_wizard.errors import CredentialError, NoStoredKey, StoreLocked, StoreUnusable
from posthog_wizard.machine import find_session_bus, operating_system
from posthog_wizard.model import OperatingSystem, Secret

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

log = logging.getLogger("posthog_wizard.credentials")
_SERVICE = "posthog-wizard"
_PATIENCE = 30.0  # seconds in which the user may unlock the keyring
_NO_KEYRING = ("keyring.backends.fail", "keyring.backends.null")
_BACKENDS: dict[OperatingSystem, tuple[str, ...]] = {
    "mac": ("keyring.backends.macOS",),
    "windows": ("keyring.backends.Windows",),
    "linux": ("keyring.backends.SecretService", "keyring.backends.libsecret", "keyring.backends.kwallet"),
}
# Files in plain text, or ones that ask for a password on the terminal; and what may join one to a real keyring.
_UNSAFE = ("keyrings.alt", "keyring.backends.chainer")
_waiting: dict[tuple[object, ...], Future[Any]] = {}


def _account_of(profile: str, host: str) -> str:
    """What the keyring calls the key: it is found for this host and for no other."""
    return f"{profile}@{host}"


def available() -> str | None:
    """The name of the keyring that would be used, None where there is none."""
    try:
        return str(_answer(("backend",), lambda: _backend().name))
    except CredentialError:
        return None


def read(profile: str, host: str, *, patience: float = _PATIENCE) -> Secret:
    """The profile's key for that host, within `patience` seconds. Raises NoStoredKey, StoreLocked, StoreUnusable."""
    account = _account_of(profile, host)
    found = _answer(("read", account), lambda: _backend().get_password(_SERVICE, account), patience)
    if not found:
        raise NoStoredKey(
            f"the keyring holds no key for the profile `{profile}` and `{host}`",
            f"store one: `posthog-wizard key set{profile_flag(profile)}`",
        )
    return Secret(found)


def write(profile: str, host: str, key: Secret) -> None:
    """Keep the profile's key for that host. Raises StoreLocked, StoreUnusable."""
    account = _account_of(profile, host)
    _answer(("write", account, key), lambda: _backend().set_password(_SERVICE, account, key.reveal()))


def forget(profile: str, host: str) -> None:
    """Hold no key of that profile and host any more. Raises StoreLocked, StoreUnusable."""
    account = _account_of(profile, host)

    def delete() -> None:
        backend = _backend()
        if backend.get_password(_SERVICE, account) is not None:
            backend.delete_password(_SERVICE, account)

    _answer(("forget", account), delete)


def _backend() -> KeyringBackend:
    """The keyring that the user's settings name, else the best that works now.

    Raises keyring's NoKeyringError, with why there is none and what to do, where there is more to say than that.
    """
    from keyring import backend, core, errors  # noqa: PLC0415 - only where a key is asked for

    bus = find_session_bus()
    named = core.load_env() or core.load_config()
    _load_backends(operating_system(sys.platform))
    usable = [kind for kind in backend.KeyringBackend.get_viable_backends() if _is_keyring(kind)]
    best = max(usable, key=lambda kind: float(kind.priority), default=None)
    found = named or (best() if best else None)
    if found is not None and _is_keyring(type(found)):
        return found
    kinds = [type(named)] if named else [*backend.KeyringBackend.get_viable_backends()]
    unsafe = next((kind for kind in kinds if kind.__module__.startswith(_UNSAFE)), None)
    if unsafe is not None:
        kind = f"{unsafe.__module__}.{unsafe.__qualname__}"
        raise errors.NoKeyringError(f"the keyring `{kind}` is not used, since it may keep keys in a plain file", "")
    if named or bus:
        raise errors.NoKeyringError
    told, way = "no session bus was named, and none is in its usual place", "set DBUS_SESSION_BUS_ADDRESS"
    raise errors.NoKeyringError(told, f"{way} where the client is started")


def _load_backends(system: OperatingSystem) -> None:
    """Load the keyrings of this system and of other packages; they register themselves.

    Not `backend.get_all_keyring`: on Linux it loads the one of macOS, too, which starts `ldconfig`, `gcc` and `ld`.
    """
    from importlib.metadata import entry_points  # noqa: PLC0415 - as above

    for point in entry_points(group="keyring.backends"):
        if point.module.startswith("keyring.backends.") and point.module not in _BACKENDS[system]:
            continue
        try:
            initialize = point.load()
        except Exception as problem:  # noqa: BLE001 - somebody else's package; another keyring may do
            log.warning("the keyring `%s` could not be loaded: %s", point.name, type(problem).__name__)
            continue
        if callable(initialize):
            initialize()


def _is_keyring(kind: type) -> bool:
    module = kind.__module__
    return not module.startswith((*_NO_KEYRING, *_UNSAFE))


def _answer(question: tuple[object, ...], ask: Callable[[], Any], patience: float = _PATIENCE) -> Any:
    """What the keyring says to a question, which is put only once while it thinks. Raises CredentialError."""
    profile = f"{question[1]}".partition("@")[0] if question[1:] else DEFAULT
    command = f"posthog-wizard key set{profile_flag(profile)} --store file"  # whole: most commands have no `--store`
    other_store = f"or keep the key in a file that only you can read: `{command}`"
    future = _waiting.get(question)
    if future is None:
        future = _waiting[question] = start_in_background(ask)
    try:
        return future.result(patience)
    except TimeoutError as problem:
        raise StoreLocked(
            f"the keyring did not answer in {patience:g} seconds; it may be waiting to be unlocked",
            f"unlock it and try again, {other_store}",
        ) from problem
    except Exception as problem:
        raise _refused(problem, other_store) from problem
    finally:
        if future.done():
            _waiting.pop(question, None)


def _refused(problem: Exception, other_store: str) -> CredentialError:
    """Why the keyring gave nothing."""
    from keyring.errors import KeyringLocked, NoKeyringError  # noqa: PLC0415 - as above

    if isinstance(problem, CredentialError):
        return problem
    if isinstance(problem, KeyringLocked) or type(problem).__name__ in {"LockedException", "PromptDismissedException"}:
        return StoreLocked("the keyring is locked, and was not unlocked", f"unlock it and try again, {other_store}")
    if isinstance(problem, NoKeyringError):
        told, way = problem.args if len(problem.args) > 1 else (str(problem), "start one")
        hint = f"{way}, {other_store}" if way else other_store.removeprefix("or ")
        return StoreUnusable(told or "there is no keyring on this machine", hint)
    told = (str(problem).strip() or type(problem).__name__).splitlines()[0]
    return StoreUnusable(f"the keyring could not be used: {told}", f"repair it, {other_store}")
