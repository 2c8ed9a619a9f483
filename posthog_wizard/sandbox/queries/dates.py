"""Date ranges as PostHog's queries say them: `-7d`, `-1mStart`, `all`, ISO dates; and the buckets within them.

The data file ends on a fixed day, and each query moves all times by whole days so that the newest day is today, and
hides what is still to come today.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from posthog_wizard.sandbox.hogql.terms import moment_term
from posthog_wizard.sandbox.reader import Answer, Query, QueryRejected, moment_text
from posthog_wizard.sandbox.sample import catalog

_RELATIVE = re.compile(r"(?:([-+])?(\d{1,5}))?(s|M|h|d|w|m|q|y)(Start|End)?")
_UNITS = {"s": "second", "M": "minute", "h": "hour", "d": "day", "w": "week", "m": "month", "q": "quarter", "y": "year"}
_SPANS = {unit: timedelta(**{f"{unit}s": 1}) for unit in ("second", "minute", "hour", "day", "week")}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_INTERVALS = ("minute", "hour", "day", "week", "month")
MOST_BUCKETS = 3000
_YEAR = 12
_YEARS = range(1900, 2300)  # so that no week, month or time zone leaves what Python and DuckDB can say


class Range(NamedTuple):
    """From the first moment to the last, both included; naive, in UTC."""

    start: datetime
    end: datetime

    def condition(self, column: str) -> str:
        """Whether a time lies within, as SQL."""
        return f"{column} >= {moment_term(self.start).sql} AND {column} <= {moment_term(self.end).sql}"

    def told(self) -> dict[str, str]:
        """As answers say it."""
        return {"date_from": moment_text(self.start), "date_to": moment_text(self.end)}

    def before(self) -> Range:
        """The time just before, as long as this."""
        length = datetime.combine(self.end.date() + timedelta(days=1), datetime.min.time()) - self.start
        return Range(self.start - length, self.start - timedelta(microseconds=1))


def date_range(query: Query, now: datetime, usual: str = "-7d") -> Range:
    """The query's `dateRange`; without an end it ends with today. Raises QueryRejected."""
    given = query.get("dateRange") or {}
    if not isinstance(given, Mapping):
        raise QueryRejected("`dateRange` is an object with `date_from` and `date_to`.", "dateRange")
    start = parse_date(given.get("date_from") or usual, now)
    end = parse_date(given["date_to"], now, last=True) if given.get("date_to") else _last_moment(now, "day")
    if start > end:
        raise QueryRejected("`dateRange` ends before it begins.", "dateRange")
    return Range(start, end)


def with_time_before(query: Query, within: Range, rows: Callable[[Range], list[Answer]]) -> list[Answer]:
    """The rows of a range, and with the query's `compareFilter` those of the time just before behind them."""
    if not (query.get("compareFilter") or {}).get("compare"):
        return rows(within)
    labelled = (("current", within), ("previous", within.before()))
    return [row | {"compare": True, "compare_label": label} for label, range_ in labelled for row in rows(range_)]


def parse_date(value: Any, now: datetime, *, last: bool = False) -> datetime:
    """A date as PostHog's queries say it. A day alone means its first moment, with `last` its last."""
    said = str(value)
    if said == "all":
        return start_of(now - timedelta(days=catalog.DAYS), "day")
    if found := _RELATIVE.fullmatch(said):
        return _relative(found, now, last=last)
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        raise QueryRejected(
            f"`{said}` is no date: write -7d, -1mStart, all, 2026-01-31 or an ISO time.", "dateRange"
        ) from None
    at = _near(at)
    if at.tzinfo is not None:
        at = (at - (at.utcoffset() or timedelta())).replace(tzinfo=None)
    return _last_moment(at, "day") if last and len(said) == len("2026-01-31") else at


def _relative(found: re.Match[str], now: datetime, *, last: bool) -> datetime:
    sign, amount, letter, edge = found.groups()
    unit = _UNITS[letter]
    at = _near(shifted(now, unit, int(amount or 0) * (1 if sign == "+" else -1)))
    if edge:
        return start_of(at, unit) if edge == "Start" else _last_moment(at, unit)
    if unit in {"second", "minute", "hour"}:
        return at
    return _last_moment(at, "day") if last else start_of(at, "day")


def _near(at: datetime) -> datetime:
    if at.year not in _YEARS:
        raise QueryRejected("The date is too far away.", "dateRange")
    return at


def shifted(at: datetime, unit: str, amount: int) -> datetime:
    """So many units later, in a shorter month on its last day. Raises QueryRejected beyond all years."""
    try:
        if unit in _SPANS:
            return at + amount * _SPANS[unit]
        year, month = divmod(at.year * _YEAR + at.month - 1 + amount * _MONTHS[unit], _YEAR)
        return at.replace(year=year, month=month + 1, day=min(at.day, monthrange(year, month + 1)[1]))
    except (OverflowError, ValueError):
        raise QueryRejected("The date is too far away.", "dateRange") from None


def start_of(at: datetime, unit: str) -> datetime:
    """The first moment of the unit; weeks begin on Sunday, as a project's do unless it says otherwise."""
    midnight = datetime.combine(at.date(), datetime.min.time())
    starts = {
        "second": at.replace(microsecond=0),
        "minute": at.replace(second=0, microsecond=0),
        "hour": at.replace(minute=0, second=0, microsecond=0),
        "day": midnight,
        "week": midnight - timedelta(days=(at.weekday() + 1) % 7),
        "month": midnight.replace(day=1),
        "quarter": midnight.replace(day=1, month=(at.month - 1) // 3 * 3 + 1),
        "year": midnight.replace(day=1, month=1),
    }
    return starts[unit]


def _last_moment(at: datetime, unit: str) -> datetime:
    return shifted(start_of(at, unit), unit, 1) - timedelta(microseconds=1)


def buckets(of: Range, interval: str) -> list[datetime]:
    """The first moment of each interval that the range touches."""
    found = [start_of(of.start, interval)]
    while (following := shifted(found[-1], interval, 1)) <= of.end:
        found.append(following)
        if len(found) > MOST_BUCKETS:
            raise QueryRejected(f"More than {MOST_BUCKETS} intervals; take a longer `interval`.", "interval")
    return found


def bucket(column: str, interval: str) -> str:
    """The first moment of a time's interval, as SQL; the same as `start_of`."""
    if interval == "week":
        return f"(date_trunc('week', {column} + to_days(1)) - to_days(1))"
    return f"date_trunc('{interval}', {column})"


def interval_of(query: Query) -> str:
    """The query's `interval`. Raises QueryRejected."""
    found = query.get("interval") or "day"
    if found not in _INTERVALS:
        raise QueryRejected(f"`interval` is {found!r}; there are {', '.join(_INTERVALS)}.", "interval")
    return str(found)


def axis(points: Sequence[datetime], interval: str) -> dict[str, list[str]]:
    """How the points of a line are called: `labels` for people (`31-Jan-2026`), `days` for programs."""
    clock = " %H:%M" if interval in {"hour", "minute"} else ""
    labels = [f"{at.day}-{at.strftime(f'%b-%Y{clock}')}" for at in points]  # strftime's %-d is unknown to Windows
    return {"labels": labels, "days": [day_text(at, interval) for at in points]}


def day_text(at: datetime | date, interval: str = "day") -> str:
    """`2026-01-31`, with the time where the interval is shorter."""
    return at.strftime("%Y-%m-%d %H:%M:%S") if interval in {"hour", "minute"} else at.strftime("%Y-%m-%d")
