"""What an answer says that is not the one hoped for: a web page in its place, or an error in JSON. Pure."""

import re
from collections.abc import Mapping

from posthog_wizard.model import Json

PAGE_TITLE = re.compile(rb"<title[^<>]*>([^<]{1,200})", re.IGNORECASE)
_BEGINNINGS = (b"<!doctype html", b"<html", b"<head", b"<body")
_REASONS = ("error_description", "message", "detail", "reason", "title", "error")  # OAuth, JSON-RPC, REST, RFC 9457
_HOLDERS = (
    "error",
    "errors",
    "detail",
    "non_field_errors",
)  # of what says it: an object, or a list of objects or texts
_DEPTH = 4  # how deep it stands: `{"error": {"errors": [{"message": ...}]}}`


def is_page(headers: Mapping[str, str], body: bytes) -> bool:
    """Whether it is a web page; `headers` have lower-case names."""
    return "html" in headers.get("content-type", "") or body.lstrip()[:100].lower().startswith(_BEGINNINGS)


def page_title(body: bytes) -> str | None:
    """The title of a page, as somebody else wrote it."""
    found = PAGE_TITLE.search(body)
    return found[1].decode("utf-8", "replace") if found else None


def reason_in(document: Json, depth: int = _DEPTH) -> str | None:
    """What a server says in JSON about why it refused, as somebody else wrote it; of several reasons the first."""
    if isinstance(document, str):
        return document if document.strip() else None
    parts = document[:1] if isinstance(document, list) else []
    if isinstance(document, dict):
        held = (document.get(name) for name in _HOLDERS)
        said = (document.get(name) for name in _REASONS)
        parts = [one for one in held if isinstance(one, dict | list)] + [one for one in said if isinstance(one, str)]
    return next(filter(None, (reason_in(part, depth - 1) for part in parts if depth)), None)
