"""The error tracking and LLM analytics toolsets, and events and properties."""

from __future__ import annotations

from tests.support.posthog import Reply
from tests.support.posthog_tools import said
from tests.support.serving import bench
from tests.tools.cases import PROJECT


def test_errors_are_those_of_the_events() -> None:
    with bench() as made:
        answer = said(made.call("list-errors", limit=2).text)
        assert [row["name"] for row in answer["results"]] == ["TypeError", "TimeoutError"]
        assert answer["next_offset"] == 2


def test_hidden_properties_are_left_out_here_too() -> None:
    rows = [{"name": "plan", "property_type": "String"}, {"name": "secret", "hidden": True}]
    with bench() as made:
        path = f"{PROJECT}/property_definitions/"
        made.posthog.will_answer("GET", path, Reply(body={"count": 2, "next": None, "results": rows}))
        answer = said(made.call("property-definitions").text)
        assert answer["results"] == [{"name": "plan", "property_type": "String"}]
