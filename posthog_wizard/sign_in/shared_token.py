"""One access token for all processes of a profile: whoever finds it due renews it, and the others wait for that.

The lock lies beside the profiles: clients hand over different environments, and whoever found the profile finds the
lock. The system releases it when its holder dies. It is `filelock`'s, loaded when a renewal is due, so the bridge starts
without it and without httpx.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from posthog_wizard.credentials import store
from posthog_wizard.credentials.profiles import Profile, profile_flag, profiles_file
from posthog_wizard.errors import CredentialError, SignInExpired, StoreUnusable, WizardError
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
    return token_of(_Kept(profile, host, machine).read())


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

    @property
    def lock(self) -> Path:
        return profiles_file(self.machine).with_name(f"refresh-{self.profile.name}.lock")


def current_key(
    profile: Profile, host: str, machine: Machine, refused: Secret | None = None, *, offline: bool = False
) -> Secret:
    """The profile's key, or an access token of its sign-in that is not over; `refused`: one that PostHog did not take.

    `offline`: no other machine is asked, and the token may be over.

    Raises CredentialError, SignInExpired where a person has to sign in again, ApiError where PostHog cannot be asked.
    """
    kept = _Kept(profile, host, machine)
    secret = kept.read()
    token = token_of(secret)
    if token is None:
        return secret
    if _is_due(kept, token, refused) and not (offline and not is_loopback(urlsplit(host).hostname or "")):
        token = _renewed(kept, token, refused)
    due = token.due(random.random())  # noqa: S311 - it spreads, and keeps no secret
    return AccessToken(token, max(due, time.time() + _PAUSE))


def _is_due(kept: _Kept, token: OAuthToken, refused: Secret | None) -> bool:
    if token.ended is not None:
        raise _over(kept, token.ended)
    return (refused is not None and refused.reveal() == token.access) or time.time() >= token.due(random.random())  # noqa: S311


def _renewed(kept: _Kept, token: OAuthToken, refused: Secret | None) -> OAuthToken:
    """The token that a renewal gave, ours or another process's; the old one while that is good and nothing better is to be had."""
    good = refused is None and time.time() < token.expires
    try:
        own_folder(kept.lock.parent)
        with locked(kept.lock, 0 if good else _PATIENCE):
            now = token_of(kept.read()) or token
            return _asked(kept, now) if _is_due(kept, now, refused) else now
    except SignInExpired:
        raise
    except (WizardError, OSError) as problem:
        if good:
            log.warning("the access token could not be renewed yet: %s", problem)
            return token
        if isinstance(problem, WizardError):
            raise
        told = (
            "another process has been renewing it for too long"
            if isinstance(problem, TimeoutError)
            else f"{problem.strerror}"
        )
        raise StoreUnusable(f"the sign-in could not be renewed: {told} (`{kept.lock}`)", "try again") from problem


def _asked(kept: _Kept, token: OAuthToken) -> OAuthToken:
    """A renewal; the lock is ours. Whoever dies in it leaves a note of when it began."""
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
