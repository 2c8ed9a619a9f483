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


def reason_in(document: Json) -> str | None:
    """What a server says in JSON about why it refused, as somebody else wrote it; of several reasons the first."""
    for _ in range(_DEPTH):
        if isinstance(document, dict):
            inner = (document.get(name) for name in _HOLDERS if isinstance(document.get(name), (dict, list)))
            texts = (text for name in _REASONS if isinstance(text := document.get(name), str) and text.strip())
            document = next(inner, None) or next(texts, None)
        elif isinstance(document, list):
            document = next(iter(document), None)
    return document if isinstance(document, str) and document.strip() else None
