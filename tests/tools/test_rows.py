"""What every tool asks of PostHog, answers and refuses: the rows of all toolsets. No tool is without a row of either kind."""

from __future__ import annotations

from typing import Any

import pytest

from posthog_wizard.tools import TOOLS
from tests.support.posthog import Reply
from tests.support.serving import Bench, bench, instance
from tests.tools import (
    cases_api,
    cases_dashboards,
    cases_error_tracking,
    cases_experiments,
    cases_flags,
    cases_insights,
    cases_surveys,
    cases_workspaces,
)
from tests.tools.cases import Case, Refusal, check, check_refusal

TABLES = (
    cases_api,
    cases_dashboards,
    cases_error_tracking,
    cases_experiments,
    cases_flags,
    cases_insights,
    cases_surveys,
    cases_workspaces,
)
CASES = [case for table in TABLES for case in table.CASES]
REFUSALS = [refusal for table in TABLES for refusal in table.REFUSALS]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_asks_and_answers(case: Case) -> None:
    with bench(limits=case.limits) as made:
        check(made, case)


@pytest.mark.parametrize("case", REFUSALS, ids=str)
def test_refuses(case: Refusal) -> None:
    with bench(limits=case.limits) as made:
        check_refusal(made, case)


@pytest.mark.parametrize(
    "answer", [None, [], {}, "text", {"results": None}, {"results": [None]}, {"results": [{}]}], ids=str
)
@pytest.mark.parametrize(("tool", "arguments"), {case.tool: case.arguments for case in CASES}.items())
def test_an_answer_of_another_shape_is_no_bug_of_ours(tool: str, arguments: dict[str, Any], answer: Any) -> None:
    """As what stands in front of a PostHog gives, or one of another version."""
    with instance(always=Reply(200, answer)) as server:
        assert "a bug in" not in Bench(server).call(tool, **arguments).text


@pytest.mark.parametrize("rows", [CASES, REFUSALS], ids=["a case", "a refusal"])
def test_every_tool_has(rows: list[Case] | list[Refusal]) -> None:
    """The names that this tells lack a row in `tests/tools/cases_*.py`."""
    assert sorted({tool.name for tool in TOOLS} - {row.tool for row in rows}) == []
