"""Keys and tokens that people got by signing in; the store has their hashes alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from posthog_wizard.api.scopes import required_scopes
from posthog_wizard.sandbox.api.known_keys import READING, SANDBOX_KEY_PREFIX, SandboxKey, made
from posthog_wizard.sandbox.row_store import SIGN_IN_ROWS, Row, RowStore

_GRANTS = f"{SIGN_IN_ROWS}grants"
PRESETS: dict[str, tuple[str, tuple[str, ...]]] = {  # as PostHog's page offers them
    "agent-cli": ("Agent CLI", required_scopes(also=("organization:read",))),
    "schema": ("Schema management", ("event_definition:read", "property_definition:read")),
    "error_tracking": ("Error tracking", ("error_tracking:read", "error_tracking:write")),
    "endpoints": ("Endpoint execution", ("query:read",)),
    "read-only": ("Read-only access", READING),
}


class TokenRules(NamedTuple):
    """How codes and tokens live, times in seconds. PostHog's clients of dynamic registration keep their refresh token."""

    code_lifetime: int = 600
    interval: int = 5  # between two questions of a program that waits

    lifetime: float = 604_800.0  # seconds
    rotating: bool = False
    grace: float = 120.0  # seconds in which a refresh token that was replaced still counts


def hashed(secret: str) -> str:
    """Under which a secret is kept."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def grant_key(store: RowStore, project: Row, scopes: Iterable[str], now: datetime) -> tuple[str, Row]:
    """A new personal API key for one project, and its row."""
    key, label = made(SANDBOX_KEY_PREFIX), f"CLI - {project['name']} - {now:%Y-%m-%d %H:%M}"
    row = {"id": hashed(key), "scopes": list(scopes), "teams": [project["id"]], "label": label}
    return key, store.add(_GRANTS, row)


def grant_access(store: RowStore, refresh: Row, lifetime: float, now: datetime) -> str:
    """A new access token of a refresh token."""
    token, end = made("pha_sandbox_"), now + timedelta(seconds=lifetime)
    row = {name: refresh[name] for name in ("scopes", "teams", "client", "client_name", "family")}
    store.add(_GRANTS, {**row, "id": hashed(token), "label": "OAuth", "expires": end.timestamp()})
    return token


def granted(store: RowStore, now: datetime, value: str) -> SandboxKey | None:
    """The key or the access token that somebody was granted; None for one that is unknown or over."""
    row = granted_row(store, now, value)
    return None if row is None else SandboxKey(value, tuple(row["scopes"]), tuple(row["teams"]), label=row["label"])


def granted_row(store: RowStore, now: datetime, value: str) -> Row | None:
    """The same as its row."""
    row = store.row(_GRANTS, hashed(value))
    return None if row is None or row.get("expires", now.timestamp() + 1) <= now.timestamp() else row


def revoke_family(store: RowStore, family: str) -> None:
    """Let no token of a sign-in count any more."""
    for resource in (_GRANTS, f"{SIGN_IN_ROWS}refresh"):
        for row in store.rows(resource):
            if row.get("family") == family:
                store.remove(resource, row["id"])
