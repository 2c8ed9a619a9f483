"""What OAuth gave, kept as one secret: an access token, the refresh token that renews it, and when that is due. Pure.

A renewal leaves a note before it is sent (`tried`), since PostHog may have replaced the refresh token of a process
that died: within PostHog's two minutes the old one counts, after them to try it again would look like theft, and end
everything. Only where refresh tokens were seen to rotate: those of registered clients do not.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from posthog_wizard.credentials.profiles import DEFAULT, profile_flag
from posthog_wizard.errors import StoreUnusable
from posthog_wizard.model import Secret

if TYPE_CHECKING:  # the bridge starts without httpx
    from posthog_wizard.api.oauth_requests import TokenAnswer

_EARLY, _MOST_EARLY = 0.1, 3600.0  # part of its life, and seconds, before its end from which a token is renewed


class OAuthToken(NamedTuple):
    """Times are Unix times. `refresh` is None where PostHog gave none. `rotates`: a refresh replaces the refresh token.

    `tried`: when a refresh was begun whose answer was not stored; `ended`: why the sign-in no longer counts; `ca_file`:
    the authority that PostHog was trusted by, since who renews it knows no flag.
    """

    access: str
    refresh: str | None
    client: str
    issued: float
    expires: float
    scopes: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    rotates: bool | None = None
    tried: float | None = None
    ended: str | None = None
    ca_file: str | None = None

    @property
    def secret(self) -> Secret:
        """As the store keeps it."""
        return Secret(json.dumps(self._asdict()))

    @property
    def authority(self) -> Path | None:
        """The file of the authority."""
        return Path(self.ca_file) if self.ca_file else None

    def due(self, spread: float) -> float:
        """When to renew it; `spread` from 0 to 1 keeps many processes from coming at once."""
        early = min((self.expires - self.issued) * _EARLY, _MOST_EARLY)
        return self.expires - early * (0.5 + spread / 2)


class AccessToken(Secret):
    """What requests are signed with, until it `expires`; after `until` the store should be asked again. Unix times."""

    __slots__ = ("expires", "until")

    def __init__(self, token: OAuthToken, until: float) -> None:
        super().__init__(token.access)
        self.expires, self.until = token.expires, min(until, token.expires)


def token_from(answer: TokenAnswer, client: str, now: float, before: OAuthToken | None = None) -> OAuthToken:
    """The token of an answer; what it leaves out is as `before`."""
    refresh = answer.refresh or (before.refresh if before else None)
    rotates = None if before is None else refresh != before.refresh or bool(before.rotates)
    scopes, projects = (answer.scopes, answer.projects) if before is None else (before.scopes, before.projects)
    ca_file = before.ca_file if before else None
    return OAuthToken(
        answer.access, refresh, client, now, now + answer.lasts, scopes, projects, rotates, ca_file=ca_file
    )


def token_of(secret: Secret, profile: str = DEFAULT) -> OAuthToken | None:
    """What the store keeps for a profile; None for a key. Raises StoreUnusable for what is damaged."""
    text = secret.reveal()
    if not text.startswith("{"):
        return None
    try:
        fields = json.loads(text)
        lists = {name: tuple(map(str, fields[name])) for name in ("scopes", "projects")}
        times = {name: float(fields[name]) for name in ("issued", "expires")}
        return OAuthToken(**{**fields, **lists, **times})
    except (ValueError, TypeError, KeyError) as problem:
        hint = f"sign in again: `posthog-wizard login --oauth{profile_flag(profile)}`"
        raise StoreUnusable("the stored sign-in is damaged", hint) from problem
