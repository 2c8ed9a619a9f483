"""Who may approve a sign-in in the browser: whoever brought the one-time code that this user alone can read.

Everybody on a shared machine reaches the port, and so does every web page that the browser shows. So a session begins with
the code, is held by a cookie that no script and no other site's page gets to use, and each form carries the session's token.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Mapping
from contextlib import suppress
from http.cookies import CookieError, SimpleCookie
from pathlib import Path

from posthog_wizard.credentials.private_file import read_private, replace_private
from posthog_wizard.sandbox.api.grants import hashed
from posthog_wizard.sandbox.api.http_messages import HttpRequest, forbidden
from posthog_wizard.sandbox.api.known_keys import random_text

_COOKIE = "sandbox_session"
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that looks like another
_LENGTH = 12  # 60 bits
_PAGE = {("navigate", "document"), ("", "")}  # what a browser says of its own window; other programs say nothing


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
