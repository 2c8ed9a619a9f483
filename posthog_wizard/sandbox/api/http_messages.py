"""One exchange over HTTP, as values: what is asked of the sandbox, what it answers, and how it says no.

Errors are drf-exceptions-hog's bodies `{"type", "code", "detail", "attr"}`, each with its status: shapes and texts as
observed on PostHog Cloud in 2026, and as https://github.com/PostHog/drf-exceptions-hog writes them.
"""

import json
from collections.abc import Mapping
from typing import NamedTuple, Self
from urllib.parse import parse_qsl, urlsplit

from posthog_wizard.model import NOTHING, Json

JSON_TYPE = "application/json"
_CHALLENGE = {"WWW-Authenticate": "Bearer"}


class HttpRequest(NamedTuple):
    """What came. `headers` have lower-case names; `origin` is scheme, host and port that the caller used."""

    method: str
    path: str
    query: Mapping[str, str] = NOTHING
    headers: Mapping[str, str] = NOTHING
    body: bytes = b""
    origin: str = ""

    @classmethod
    def of(cls, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Self:
        """The request to an absolute URL. Of a parameter that came twice, the last counts, as in Django."""
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        lower = {name.lower(): value for name, value in headers.items()}
        return cls(method, parts.path, query, lower, body, f"{parts.scheme}://{parts.netloc}")


class HttpReply(NamedTuple):
    """What is answered; `body` is whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def reply(body: Json = None, status: int = 200, headers: Mapping[str, str] = NOTHING) -> HttpReply:
    """An answer in JSON, or without content for 204."""
    if status == 204:  # noqa: PLR2004 - No Content
        return HttpReply(status, headers, b"")
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return HttpReply(status, {"Content-Type": JSON_TYPE, **headers}, content)


class ApiErrorReply(Exception):
    """The request is answered with this reply; what it had begun to change is taken back."""

    def __init__(self, answer: HttpReply) -> None:
        super().__init__(answer.body.decode())
        self.reply = answer


def api_error(
    status: int,
    code: str,
    detail: str,
    kind: str = "invalid_request",
    *,
    attr: str | None = None,
    headers: Mapping[str, str] = NOTHING,
) -> ApiErrorReply:
    """Any error in PostHog's shape; `kind` is its `type`."""
    return ApiErrorReply(reply({"type": kind, "code": code, "detail": detail, "attr": attr}, status, headers))


def no_key() -> ApiErrorReply:
    """401: nobody said who asks."""
    detail = "Authentication credentials were not provided."
    return api_error(401, "not_authenticated", detail, "authentication_error", headers=_CHALLENGE)


def bad_key(source: str) -> ApiErrorReply:
    """401: a key that is not known, of any kind."""
    detail = f"Personal API key found in {source} is invalid."
    return api_error(401, "authentication_failed", detail, "authentication_error", headers=_CHALLENGE)


def forbidden(detail: str) -> ApiErrorReply:
    """403."""
    return api_error(403, "permission_denied", detail, "authentication_error")


def not_found(detail: str = "Not found.") -> ApiErrorReply:
    """404."""
    return api_error(404, "not_found", detail)


def invalid(attr: str | None, detail: str, code: str = "invalid") -> ApiErrorReply:
    """400: a value that is not taken; `attr` is the field, with `__` between its parts."""
    return api_error(400, code, detail, "validation_error", attr=attr)


def throttled(seconds: int) -> ApiErrorReply:
    """429."""
    detail = f"Request was throttled. Expected available in {seconds} second{'' if seconds == 1 else 's'}."
    return api_error(429, "throttled", detail, "throttled_error", headers={"Retry-After": str(seconds)})
