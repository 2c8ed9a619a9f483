"""Signing in to the sandbox: who may approve it in the browser, and the keys and tokens that people got by it.

Everybody on a shared machine reaches the port, and so does every web page that the browser shows. So a session begins with
a one-time code that this user alone can read, is held by a cookie that no script and no other site's page gets to use, and
each form carries the session's token. Of keys and tokens the store has the hashes alone.
"""

import hashlib
import hmac
import secrets
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import NamedTuple

from posthog_wizard.api.scopes import required_scopes
from posthog_wizard.credentials.private_file import read_private, replace_private
from posthog_wizard.sandbox.api.http_messages import HttpRequest, forbidden
from posthog_wizard.sandbox.api.known_keys import READING, SANDBOX_KEY_PREFIX, SandboxKey, made, random_text
from posthog_wizard.sandbox.row_store import SIGN_IN_ROWS, Row, RowStore

_COOKIE = "sandbox_session"
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that looks like another
_LENGTH = 12  # 60 bits
_PAGE = {("navigate", "document"), ("", "")}  # what a browser says of its own window; other programs say nothing
_GRANTS = f"{SIGN_IN_ROWS}grants"
PRESETS: dict[str, tuple[str, tuple[str, ...]]] = {  # as PostHog's page offers them
    "agent-cli": ("Agent CLI", required_scopes(also=("organization:read",))),
    "schema": ("Schema management", ("event_definition:read", "property_definition:read")),
    "error_tracking": ("Error tracking", ("error_tracking:read", "error_tracking:write")),
    "endpoints": ("Endpoint execution", ("query:read",)),
    "read-only": ("Read-only access", READING),
}


class SignInDoor:
    """The one-time code in the file at `path` (mode 0600), and the sessions that began with one. Sessions end with us."""

    def __init__(self, path: Path) -> None:
        self.path, self._opening = path, threading.Lock()
        self._sessions: dict[str, str] = {}  # hash of the cookie -> token of its forms

    def code(self) -> str:
        """The code of now, which is made where there is none. Raises StoreUnusable."""
        return (read_private(self.path) or b"").decode("ascii", "replace").strip() or self.new_code()

    def new_code(self) -> str:
        """A code that counts once, in the place of the one before. Raises StoreUnusable."""
        code = random_text(_LETTERS, _LENGTH)
        replace_private(self.path, f"{code}\n".encode())
        return code

    def open(self, code: str) -> str | None:
        """The cookie of a new session, for the right code; None for a wrong one."""
        with self._opening:
            kept = (read_private(self.path) or b"").strip()
            plain = "".join(letter for letter in code.upper() if letter in _LETTERS)
            if not kept or not hmac.compare_digest(kept, plain.encode()):
                return None
            self.new_code()
        cookie = secrets.token_urlsafe(32)
        self._sessions[hashed(cookie)] = secrets.token_urlsafe(32)
        return f"{_COOKIE}={cookie}; HttpOnly; SameSite=Strict; Path=/"

    def token(self, request: HttpRequest) -> str | None:
        """The token that this session's forms carry; None for who has no session."""
        jar = SimpleCookie()
        with suppress(CookieError):
            jar.load(request.headers.get("cookie", ""))
        return self._sessions.get(hashed(jar[_COOKIE].value)) if _COOKIE in jar else None

    def may_approve(self, request: HttpRequest, fields: Mapping[str, str]) -> bool:
        """Whether a form comes from a page of this session."""
        token = self.token(request)
        return token is not None and hmac.compare_digest(token.encode(), fields.get("token", "").encode())


def demand_navigation(request: HttpRequest) -> None:
    """Raise ApiErrorReply for what another page embeds or fetches: https://www.w3.org/TR/fetch-metadata/."""
    headers = request.headers
    if (headers.get("sec-fetch-mode", ""), headers.get("sec-fetch-dest", "")) not in _PAGE:
        raise forbidden("The sandbox shows this page in a window of its own only.")


def demand_same_origin(request: HttpRequest) -> None:
    """Raise ApiErrorReply for a form of another page; of programs that are no browser nothing is known."""
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    if (origin is not None and origin.lower() != request.origin.lower()) or site not in {None, "same-origin"}:
        raise forbidden("The sandbox takes this form from its own page only.")


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
