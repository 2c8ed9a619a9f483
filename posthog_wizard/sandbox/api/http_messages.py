"""One exchange over HTTP, as values: what is asked of the sandbox, and what it answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple, Self
from urllib.parse import parse_qsl, urlsplit

from posthog_wizard.model import NOTHING, Json

JSON_TYPE = "application/json"


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
