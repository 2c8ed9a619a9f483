"""What an answer says that is not the one hoped for: a web page in its place, or an error in JSON. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from posthog_wizard.model import Json

PAGE_TITLE = re.compile(rb"<title[^<>]*>([^<]{1,200})", re.IGNORECASE)
_BEGINNINGS = (b"<!doctype html", b"<html", b"<head", b"<body")
_REASONS = ("error_description", "message", "detail", "title", "error")  # OAuth, JSON-RPC, REST, RFC 9457


def is_page(headers: Mapping[str, str], body: bytes) -> bool:
    """Whether it is a web page; `headers` have lower-case names."""
    return "html" in headers.get("content-type", "") or body.lstrip()[:100].lower().startswith(_BEGINNINGS)


def page_title(body: bytes) -> str | None:
    """The title of a page, as somebody else wrote it."""
    found = PAGE_TITLE.search(body)
    return found[1].decode("utf-8", "replace") if found else None


def reason_in(document: Json) -> str | None:
    """What a server says in JSON about why it refused, as somebody else wrote it."""
    inner = document.get("error") if isinstance(document, dict) else None
    holder = inner if isinstance(inner, dict) else document
    texts = (holder.get(name) for name in _REASONS) if isinstance(holder, dict) else ()
    return next((text for text in texts if isinstance(text, str) and text), None)
