"""Texts that are files in disguise: PostHog takes none."""

from __future__ import annotations

import re
from typing import Any, Final

BINARY_MARK: Final = "[binary data redacted - not supported by PostHog MCP analytics]"
_LONG: Final = 10_240  # characters; shorter ones may be an identifier
# The SDK knows base64 only, without base64url and data URLs.
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_\-\n\r]+=*")
_DATA_URL: Final = re.compile(r"data:[^,]{0,255};base64,", re.IGNORECASE)


def without_binary(value: Any) -> Any:
    """The value with a mark in the place of each long string that is base64, base64url or a data URL."""
    if isinstance(value, str):
        return BINARY_MARK if _is_binary(value) else value
    if isinstance(value, dict):
        return {key: without_binary(item) for key, item in value.items()}
    return [without_binary(item) for item in value] if isinstance(value, list | tuple) else value


def _is_binary(text: str) -> bool:
    return len(text) >= _LONG and bool(_DATA_URL.match(text) or _BASE64.fullmatch(text))
