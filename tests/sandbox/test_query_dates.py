"""Dates as queries say them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from posthog_wizard.sandbox.queries import dates
from posthog_wizard.sandbox.reader import QueryRejected
from tests.support.leafline import NOW

FIRST = [
    ("-7d", "2026-03-03 00:00"),
    ("-0d", "2026-03-10 00:00"),
    ("-24h", "2026-03-09 15:30"),
    ("-30M", "2026-03-10 15:00"),
    ("-90s", "2026-03-10 15:28:30"),
    ("-2w", "2026-02-24 00:00"),
    ("-1m", "2026-02-10 00:00"),
    ("-1q", "2025-12-10 00:00"),
    ("-1y", "2025-03-10 00:00"),
    ("+1d", "2026-03-11 00:00"),
    ("dStart", "2026-03-10 00:00"),
    ("-1dStart", "2026-03-09 00:00"),
    ("wStart", "2026-03-08 00:00"),
    ("mStart", "2026-03-01 00:00"),
    ("-1mStart", "2026-02-01 00:00"),
    ("-1mEnd", "2026-02-28 23:59:59.999999"),
    ("qStart", "2026-01-01 00:00"),
    ("yStart", "2026-01-01 00:00"),
    ("hStart", "2026-03-10 15:00"),
    ("all", "2025-12-10 00:00"),
    ("2026-02-01", "2026-02-01 00:00"),
    ("2026-02-01T10:00:00Z", "2026-02-01 10:00"),
    ("2026-02-01T10:00:00+02:00", "2026-02-01 08:00"),
    ("2026-02-01T10:00:00", "2026-02-01 10:00"),
]


@pytest.mark.parametrize(("said", "meant"), FIRST)
def test_the_beginning(said: str, meant: str) -> None:
    assert dates.parse_date(said, NOW) == datetime.fromisoformat(meant)


LAST = [
    ("-1d", "2026-03-09 23:59:59.999999"),
    ("2026-02-01", "2026-02-01 23:59:59.999999"),
    ("2026-02-01T10:00:00", "2026-02-01 10:00"),
    ("-1h", "2026-03-10 14:30"),
]


@pytest.mark.parametrize(("said", "meant"), LAST)
def test_the_end(said: str, meant: str) -> None:
    assert dates.parse_date(said, NOW, last=True) == datetime.fromisoformat(meant)


@pytest.mark.parametrize("said", ["", "soon", "7", "2026-13-01", "-d7", "2026-02-30"])
def test_no_date(said: str) -> None:
    with pytest.raises(QueryRejected, match="is no date"):
        dates.parse_date(said, NOW)


@pytest.mark.parametrize("said", ["0001-01-01", "9999-12-31T23:59:59-12:00", "-2000y", "+24000m"])
def test_too_far_away(said: str) -> None:
    with pytest.raises(QueryRejected, match="too far away"):
        dates.parse_date(said, NOW)


SHORT = [("2026-03-31", "month", -1, "2026-02-28"), ("2024-02-29", "year", 1, "2025-02-28"), ("2025-12-31", "quarter", 1, "2026-03-31"),
         ("2026-05-31", "month", -1, "2026-04-30"), ("2024-03-31", "month", -1, "2024-02-29"), ("2025-11-30", "quarter", 1, "2026-02-28")]  # fmt: skip


@pytest.mark.parametrize(("start", "unit", "amount", "end"), SHORT)
def test_months_of_different_length(start: str, unit: str, amount: int, end: str) -> None:
    assert dates.shifted(datetime.fromisoformat(start), unit, amount) == datetime.fromisoformat(end)


@pytest.mark.parametrize(
    ("interval", "number"), [("minute", 2880), ("hour", 48), ("day", 2), ("week", 1), ("month", 1)]
)
def test_intervals(interval: str, number: int) -> None:
    whole = dates.date_range({"dateRange": {"date_from": "-1d"}}, NOW)
    assert len(dates.buckets(whole, interval)) == number


def test_without_a_range_it_is_a_week() -> None:
    assert dates.date_range({}, NOW).start == datetime.fromisoformat("2026-03-03")
    assert dates.date_range({}, NOW).end.date() == NOW.date()


def test_the_time_before_is_as_long() -> None:
    now = dates.Range(datetime.fromisoformat("2026-03-03"), datetime.fromisoformat("2026-03-10 23:59:59.999999"))
    before = now.before()
    assert (before.start, before.end) == (datetime.fromisoformat("2026-02-23"), now.start - timedelta(microseconds=1))
