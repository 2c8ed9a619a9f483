"""The surveys toolset."""

from __future__ import annotations

from typing import Any

import pytest

from posthog_wizard.tools.surveys import status
from tests.support.serving import bench
from tests.tools.cases_surveys import GOOD


@pytest.mark.parametrize("question", GOOD)
def test_every_kind_of_question_passes_as_it_is(question: dict[str, Any]) -> None:
    with bench() as made:
        made.call("survey-create", name="S", questions=[question])
        assert made.posthog.requests[0].body["questions"] == [question]


@pytest.mark.parametrize(
    ("survey", "expected"),
    [
        ({"archived": True, "start_date": "x"}, "archived"),
        ({}, "draft"),
        ({"start_date": "x"}, "active"),
        ({"start_date": "x", "end_date": "y"}, "completed"),
    ],
)
def test_the_status_of_a_survey(survey: dict[str, Any], expected: str) -> None:
    assert status(survey) == expected
