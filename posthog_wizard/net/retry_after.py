"""When to come back, as a server says it: in seconds, or as a date. Pure; nothing that a server says makes it raise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the bridge starts without it
    from datetime import datetime

LONGEST = 86_400.0  # seconds; whoever wants more of us means "not today"


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds that the server asks us to wait (RFC 9110, 10.2.3), between 0 and LONGEST; None where it says none.

    `headers` have lower-case names.
    """
    text = headers.get("retry-after", "").strip()
    asked = seconds(text)
    if asked is not None:
        return asked
    from datetime import UTC, datetime  # noqa: PLC0415 - as above

    date = http_date(text)
    return None if date is None else _bounded((date - (now or datetime.now(UTC))).total_seconds())


def seconds(text: str) -> float | None:
    """A whole number of seconds, at most LONGEST; None for anything else. Unlike `int`, `float` takes any length."""
    return _bounded(float(text)) if text.isascii() and text.isdigit() else None


def http_date(text: str) -> datetime | None:
    """A date of HTTP (RFC 9110, 5.6.7), with its zone; None for what is none, or lies beyond the calendar."""
    from datetime import UTC  # noqa: PLC0415 - as above
    from email.utils import parsedate_to_datetime  # noqa: PLC0415

    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _bounded(wait: float) -> float:
    return min(max(0.0, wait), LONGEST)
