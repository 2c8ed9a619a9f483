"""The laws of changing what is kept: nothing that a change does not say becomes different."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthog_wizard.sandbox.posthog import sample_rows
from posthog_wizard.tools.flag_filters import completed
from posthog_wizard.tools.insights import node
from posthog_wizard.tools.merging import DASHBOARD, EXPERIMENT, FILTERS, METRICS, SURVEY, Fields, Items, by, merged
from posthog_wizard.tools.surveys import merged_questions

Row = dict[str, Any]
KINDS: Mapping[str, Fields] = {
    "feature_flags": Fields({"filters": FILTERS}),
    "surveys": SURVEY,
    "experiments": EXPERIMENT,
    "dashboards": DASHBOARD,
}
SAMPLES = [(name, row) for name, _, row in sample_rows() if name in KINDS]
TEXTS = st.text("abc", min_size=1, max_size=3)
VALUES = st.none() | st.booleans() | st.integers(0, 100) | TEXTS
PROPERTIES = st.lists(
    st.fixed_dictionaries(
        {"key": TEXTS, "type": st.just("person"), "value": TEXTS}, optional={"operator": TEXTS, "negation": VALUES}
    ),
    max_size=3,
)
GROUPS = st.lists(
    st.fixed_dictionaries({"properties": PROPERTIES, "rollout_percentage": st.integers(0, 100)},
                          optional={"variant": TEXTS, "sort_key": TEXTS, "description": TEXTS}),
    max_size=3,
)  # fmt: skip
VARIANTS = st.lists(
    st.fixed_dictionaries({"key": TEXTS, "rollout_percentage": VALUES}, optional={"name": TEXTS}), max_size=3
)
LOOKS = st.dictionaries(TEXTS, VALUES, max_size=4)
NAMED = st.lists(
    st.fixed_dictionaries({"uuid": TEXTS, "metric_type": TEXTS}, optional={"name": TEXTS, "goal": TEXTS}), max_size=3
)
ASKED = st.lists(
    st.fixed_dictionaries(
        {"id": TEXTS, "type": st.just("open"), "question": TEXTS}, optional={"description": TEXTS, "optional": VALUES}
    ),
    max_size=3,
)
OBJECTS: Mapping[str, st.SearchStrategy[Row]] = {
    "feature_flags": st.fixed_dictionaries(
        {"filters": st.fixed_dictionaries({"groups": GROUPS}, optional={"multivariate": st.fixed_dictionaries({"variants": VARIANTS}), "payloads": LOOKS})}
    ),
    "surveys": st.fixed_dictionaries({"questions": ASKED, "appearance": LOOKS, "conditions": LOOKS}),
    "experiments": st.fixed_dictionaries({"metrics": NAMED, "parameters": LOOKS, "exposure_criteria": LOOKS}),
    "dashboards": st.fixed_dictionaries({"filters": LOOKS}),
}  # fmt: skip
every_kind = pytest.mark.parametrize("kind", KINDS)


@every_kind
@given(data=st.data())
def test_a_change_to_what_is_there_changes_nothing(kind: str, data: st.DataObject) -> None:
    stored = data.draw(OBJECTS[kind])
    assert merged(KINDS[kind], stored, stored) == stored


@every_kind
@given(data=st.data())
def test_a_change_of_one_field_changes_that_field_alone(kind: str, data: st.DataObject) -> None:
    stored = data.draw(OBJECTS[kind])
    field = data.draw(st.sampled_from(sorted(stored)))
    inner = stored[field]
    name, value = data.draw(TEXTS), data.draw(VALUES)
    after = merged(KINDS[kind], stored, {field: {name: value}} if isinstance(inner, dict) else {"name": value})
    expected = {**stored, field: {**inner, name: value}} if isinstance(inner, dict) else {**stored, "name": value}
    assert after == expected


@given(st.fixed_dictionaries({"groups": GROUPS}), st.integers(0, 100))
def test_another_share_of_a_set_changes_that_share_alone(filters: Row, share: int) -> None:
    said = [{"rollout_percentage": share} for _ in filters["groups"]]
    expected = [group | {"rollout_percentage": share} for group in filters["groups"]]
    assert completed({"groups": said}, filters) == {"groups": expected}


@given(st.fixed_dictionaries({"groups": GROUPS}))
def test_filters_that_are_there_are_sent_as_they_are(filters: Row) -> None:
    assert completed({"groups": filters["groups"]}, filters) == filters


@pytest.mark.parametrize("kind", ["cohort", "flag"])
def test_what_no_group_can_be_is_left_to_posthog_to_refuse(kind: str) -> None:
    """As a property of groups it would be another condition, which nobody meets."""
    stored: Row = {"groups": [{"properties": [{"key": "7", "type": kind, "value": 7}]}]}
    change = {"aggregation_group_type_index": 0}
    assert completed(change, stored) == stored | change


@given(ASKED, TEXTS)
def test_a_question_that_is_reworded_keeps_its_id_and_the_rest(questions: list[Row], text: str) -> None:
    said = [{"id": one["id"], "question": text + one["id"]} for one in questions]
    unique = len({one["id"] for one in questions}) == len(questions)
    survey = {"questions": questions, "start_date": "2026-01-01"}
    assert not unique or merged_questions(said, survey) == [old | new for old, new in zip(questions, said, strict=True)]


@pytest.mark.parametrize(("kind", "row"), SAMPLES, ids=[f"{name} {row['id']}" for name, row in SAMPLES])
def test_the_samples_stay_as_they_are(kind: str, row: Row) -> None:
    assert merged(KINDS[kind], row, row) == row


@pytest.mark.parametrize(
    "row", [row for name, _, row in sample_rows() if name == "insights"], ids=lambda row: row["name"]
)
def test_the_samples_queries_stay_as_they_are(row: Row) -> None:
    assert node(row["query"], row["query"]) == row["query"]
    assert node(row["query"]["source"], row["query"]) == row["query"]


KEYED = Items((by("id"),))
LISTS: tuple[tuple[Any, list[Row], list[Row], list[Row]], ...] = (
    (KEYED, [{"id": 1, "a": 1}], [{"id": 1, "b": 2}], [{"id": 1, "a": 1, "b": 2}]),
    (KEYED, [{"id": 1, "a": 1}], [{"id": 2}], [{"id": 2}]),  # a new one
    (KEYED, [{"id": 1, "a": 1}], [{"b": 2}], [{"id": 1, "a": 1, "b": 2}]),  # in its place
    (KEYED, [{"id": 1, "a": 1}], [{"b": 2}, {"b": 3}], [{"b": 2}, {"b": 3}]),  # no place is sure
    (KEYED, [{"id": 1, "a": 1}, {"id": 2}], [{"id": 2}, {"b": 3}], [{"id": 2}, {"b": 3}]),  # its place was another's
    (KEYED, [{"id": 1, "a": 1}, {"id": 1}], [{"id": 1}], [{"id": 1}]),  # which one is not sure
    (METRICS, [{"uuid": "u", "metric_type": "mean"}], [{"metric_type": "funnel"}], [{"metric_type": "funnel"}]),
    (METRICS, [{"uuid": "u", "metric_type": "mean", "name": "n"}], [{"metric_type": "mean", "name": "m"}],
     [{"uuid": "u", "metric_type": "mean", "name": "m"}]),
)  # fmt: skip


@pytest.mark.parametrize(("rule", "stored", "change", "after"), LISTS)
def test_items_mean_those_of_the_same_key_or_place(
    rule: Items, stored: list[Row], change: list[Row], after: list[Row]
) -> None:
    assert merged(rule, stored, change) == after
