"""One access token for all processes of a profile: whoever finds it due renews it, and the others wait for that.

One lock for one secret, found by the same rule whatever environment a client hands over: beside the key file; for the
keyring in the home, since it is the same one for several configuration folders. Who replaces or forgets the secret holds it
too, or a renewal under way would write over that. Its holder takes the file away: nobody else takes an unlinked one for the
lock (`filelock` looks), and what is left tells of a renewal that was killed. The system releases it when its holder dies.
`filelock` is loaded when a renewal is due, so the bridge starts without it and without httpx.
"""

import logging
import random
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from posthog_wizard.api.hosts import app_list
from posthog_wizard.credentials import store
from posthog_wizard.credentials.private_file import store_errors
from posthog_wizard.credentials.profiles import Profile, profile_flag
from posthog_wizard.errors import CredentialError, NoStoredKey, SignInExpired, StoreUnusable, WizardError
from posthog_wizard.launcher import PROGRAM
from posthog_wizard.model import Machine, Secret
from posthog_wizard.net.addresses import is_loopback
from posthog_wizard.own_files import locked, own_folder
from posthog_wizard.sign_in.token import AccessToken, OAuthToken, token_from, token_of

log = logging.getLogger("posthog_wizard.credentials")
_PATIENCE = 45.0  # seconds that a process waits for another one's renewal
_PAUSE = 60.0  # seconds until a renewal that could wait is tried again
_GRACE = 110.0  # seconds in which a replaced refresh token still counts; PostHog gives 120


def stored_token(profile: Profile, host: str, machine: Machine) -> OAuthToken | None:
    """What a sign-in left in the store, due or not; None for a key. Raises CredentialError."""
    return token_of(_Kept(profile, host, machine).read(), profile.name)


class _Kept(NamedTuple):
    """Where a profile's token is kept."""

    profile: Profile
    host: str
    machine: Machine

    def read(self) -> Secret:
        if self.profile.key is None:
            raise CredentialError(f"the profile `{self.profile.name}` names no key")
        return store.read(self.profile.key, self.host, self.machine)

    def write(self, token: OAuthToken) -> None:
        if self.profile.key is not None:
            store.write(self.profile.key, self.host, token.secret, self.machine)


def renewing_alone(
    profile: Profile | None, host: str, machine: Machine, patience: float = _PATIENCE
) -> AbstractContextManager[None]:
    """While nobody else renews, replaces or forgets a profile's access; of a key nothing is renewed. Raises StoreUnusable."""
    if profile is None or profile.way != "oauth":
        return nullcontext()
    return _alone(_Kept(profile, host, machine), patience)


@contextmanager
def _alone(kept: _Kept, patience: float) -> Iterator[None]:
    """With the lock, for which `patience` seconds are waited. Raises StoreUnusable."""
    path = renewal_lock(kept.profile, kept.machine)
    with ExitStack() as held:
        with store_errors(path, "lock"):
            own_folder(path.parent)
            try:
                held.enter_context(locked(path, patience))
            except TimeoutError as problem:
                told = f"another process has been renewing the sign-in for too long (`{path}`)"
                raise StoreUnusable(told, "try again, or end that process") from problem
        try:
            yield
        finally:
            with suppress(OSError):  # Windows removes no open file, and `filelock` does it there
                path.unlink()


def renewal_lock(profile: Profile, machine: Machine) -> Path:
    """The lock of the profile's secret."""
    at_home = profile.key is not None and profile.key.kind == "keyring" and machine.os == "linux"  # XDG_CONFIG_HOME
    folder = machine.home / ".config" / PROGRAM if at_home else machine.config_directory
    return folder / f"refresh-{quote(profile.key.name if profile.key else profile.name, safe='')}.lock"


def left_locks(machine: Machine) -> tuple[Path, ...]:
    """The locks of renewals that were killed: nobody holds them."""
    from filelock import FileLock  # noqa: PLC0415 - see above

    left: list[Path] = []
    folders = dict.fromkeys((machine.config_directory, machine.home / ".config" / PROGRAM))
    for path in (path for folder in folders for path in sorted(folder.glob("refresh-*.lock"))):
        with suppress(OSError), FileLock(path, timeout=0):  # somebody holds it, or it is gone
            left.append(path)
    return tuple(left)


def current_key(
    profile: Profile, host: str, machine: Machine, refused: Secret | None = None, *, offline: bool = False
) -> Secret:
    """The profile's key, or an access token of its sign-in that is not over; `refused`: one that PostHog did not take.

    `offline`: no other machine is asked, and the token may be over.

    Raises CredentialError, SignInExpired where a person has to sign in again, ApiError where PostHog cannot be asked.
    """
    kept = _Kept(profile, host, machine)
    secret = kept.read()
    token = token_of(secret, profile.name)
    if token is None:
        return secret
    if _is_due(kept, token, refused) and not (offline and not is_loopback(urlsplit(host).hostname or "")):
        renewed = _renewed(kept, token, refused)
        if renewed is None:
            return kept.read()
        token = renewed
    due = token.due(random.random())  # noqa: S311 - it spreads, and keeps no secret
    return AccessToken(token, max(due, time.time() + _PAUSE))


def _is_due(kept: _Kept, token: OAuthToken, refused: Secret | None) -> bool:
    if token.ended is not None:
        raise _over(kept, token.ended)
    return (refused is not None and refused.reveal() == token.access) or time.time() >= token.due(random.random())  # noqa: S311


def _renewed(kept: _Kept, token: OAuthToken, refused: Secret | None) -> OAuthToken | None:
    """What a renewal gave, ours or another process's; the old one while that is good and nothing better is to be had.

    None where a key stands in its place by now.
    """
    good = refused is None and time.time() < token.expires
    try:
        with _alone(kept, 0 if good else _PATIENCE):
            now = token_of(kept.read(), kept.profile.name)
            return _asked(kept, now) if now is not None and _is_due(kept, now, refused) else now
    except (SignInExpired, NoStoredKey):
        raise
    except WizardError as problem:
        if not good:
            raise
        log.warning("the access token could not be renewed yet: %s", problem)
        return token


def _asked(kept: _Kept, token: OAuthToken) -> OAuthToken:
    """A renewal; the lock is ours. Whoever dies in it leaves a note of when it began."""
    import asyncio  # noqa: PLC0415 - see above

    from posthog_wizard.api.keyless import Contact  # noqa: PLC0415 - it loads httpx
    from posthog_wizard.api.oauth_requests import renew  # noqa: PLC0415

    if token.refresh is None:
        raise _over(kept, "it cannot be renewed")
    if token.rotates and token.tried is not None and time.time() > token.tried + _GRACE:
        raise _ended(kept, token, "a renewal was broken off")  # to try again would make PostHog revoke everything
    if token.tried is None and token.rotates is not False:
        token = token._replace(tried=time.time())
        kept.write(token)
    try:
        answer = asyncio.run(renew(Contact(kept.host, token.authority), token.client, token.refresh or ""))
    except SignInExpired as problem:
        raise _ended(kept, token, problem.message) from problem
    newer = token_from(answer, token.client, time.time(), token)
    try:
        kept.write(newer)
    except CredentialError as problem:
        log.warning("the renewed access token could not be stored: %s", problem.message)
    return newer


def _ended(kept: _Kept, token: OAuthToken, why: str) -> SignInExpired:
    kept.write(token._replace(ended=why))  # so that nobody asks PostHog again
    return _over(kept, why)


def _over(kept: _Kept, why: str) -> SignInExpired:
    return SignInExpired(
        f"the sign-in of the profile `{kept.profile.name}` is over: {why}",
        f"sign in again: `posthog-wizard login --oauth{profile_flag(kept.profile.name)}`",
    )


def end_access(host: str, token: OAuthToken) -> WizardError | None:
    """Revoke a sign-in at PostHog; why that could not be done, with the page where it ends."""
    import asyncio  # noqa: PLC0415 - see above

    from posthog_wizard.api.keyless import Contact  # noqa: PLC0415 - it loads httpx
    from posthog_wizard.api.oauth_requests import revoke  # noqa: PLC0415

    try:
        asyncio.run(revoke(Contact(host, token.authority), token.client, token.refresh or token.access))
    except WizardError as problem:
        problem.hint = f"take the access of `pw-cli` away at {app_list(host)}"
        return problem
    return None
