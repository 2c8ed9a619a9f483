"""What the HogQL sheet shows runs."""

from __future__ import annotations

import re

import pytest

from posthog_wizard.sandbox.engine import Engine
from posthog_wizard.server.resources import CHEAT_SHEET

QUERIES = dict(re.findall(r"^-- (.*)\n((?:(?!```).+\n)+)", CHEAT_SHEET.read_text(encoding="utf-8"), re.MULTILINE))


def test_the_sheets_queries_are_found() -> None:
    assert list(QUERIES) == ["people a day", "share of people who did B after A", "errors by message"]


@pytest.mark.parametrize(
    "query",
    [
        *QUERIES.values(),
        "SELECT sessions.$session_duration FROM events JOIN sessions ON sessions.session_id = events.$session_id LIMIT 1",
        "SELECT count() FROM events;",
    ],
)
def test_a_query_of_the_sheet(engine: Engine, query: str) -> None:
    assert engine.query({"kind": "HogQLQuery", "query": query})["results"]


def test_errors_are_told_by_their_messages(engine: Engine) -> None:
    rows = engine.query({"kind": "HogQLQuery", "query": QUERIES["errors by message"]})["results"]
    assert any("insufficient_funds" in str(row[0]) for row in rows)
