"""What a client sends as arguments, right or wrong."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthog_wizard.errors import WrongUsage
from posthog_wizard.server.service import BY_NAME
from posthog_wizard.tools import TOOLS
from posthog_wizard.tools.arguments import checked_arguments

NAMES = [*sorted({name for tool in TOOLS for name in tool.parameters}), "data", "dashboardId", "nothing"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=8,
)


def told(name: str, arguments: dict[str, Any]) -> str:
    """What is said of wrong arguments; nothing when they are right."""
    try:
        checked_arguments(BY_NAME[name], arguments)
    except WrongUsage as error:
        return f"{error.message} {error.hint}"
    return ""


@given(
    st.sampled_from(sorted(BY_NAME)), st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), VALUES, max_size=6)
)
def test_any_arguments_are_taken_or_refused_in_words(name: str, arguments: dict[str, Any]) -> None:
    assert len(told(name, arguments)) < 5_000


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("dashboards-get-all", {"limit": "five"}, "`limit` must be an integer"),
        ("dashboards-get-all", {"limit": 5.5}, "`limit` must be an integer"),
        ("dashboard-get", {"dashboard_id": None}, "`dashboard_id` must be an integer"),
        ("dashboards-get-all", {"limit": 0}, "`limit` must be greater than or equal to 1"),
        ("dashboards-get-all", {"pinned": "yes"}, "`pinned` must be true or false"),
        ("dashboards-get-all", {"search": 1}, "`search` must be a string"),
        (
            "dashboards-get-all",
            {"serch": "a", "limti": 1},
            "`serch` (did you mean `search`?); there is no argument `limti`",
        ),
        ("organization-details-get", {"x": 1}, "the arguments of `organization-details-get` are: none"),
        ("dashboard-create", {}, "`name` is required"),
        ("dashboard-create", {"name": "a", "tags": "b"}, "`tags` must be an array"),
        ("dashboard-create", {"name": "a", "tags": [1]}, "`tags.0` must be a string"),
        (
            "experiment-create",
            {"name": "a", "feature_flag_key": "f", "minimum_detectable_effect": "much"},
            "must be a number",
        ),
        ("query-run", {"query": []}, "`query` must be an object"),
    ],
)
def test_what_is_wrong_is_named(name: str, arguments: dict[str, Any], words: str) -> None:
    assert words in told(name, arguments)


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("dashboard-get", {"dashboardId": 1}, {"dashboard_id": 1, "include_queries": False}),
        ("dashboard-get", {"data": {"dashboard_id": 1}}, {"dashboard_id": 1, "include_queries": False}),
        (  # clients that fill in every argument send null for those that are not wanted
            "dashboards-get-all",
            {"search": None, "pinned": None, "limit": None, "offset": None},
            {"search": None, "pinned": False, "limit": 50, "offset": 0},
        ),
        (
            "dashboard-create",
            {"name": "a", "pinned": None},
            {"name": "a", "description": None, "pinned": None, "tags": None},
        ),
    ],
)
def test_what_is_right_has_every_default(name: str, arguments: dict[str, Any], expected: dict[str, Any]) -> None:
    assert checked_arguments(BY_NAME[name], arguments) == expected
