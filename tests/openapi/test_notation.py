"""How operations are described, and that what is described can be sent."""

from __future__ import annotations

import json
import statistics
from typing import Any

import pytest

from posthog_wizard.errors import WrongUsage
from posthog_wizard.openapi.instance import packaged_index
from posthog_wizard.openapi.model import Index, Operation
from posthog_wizard.openapi.notation import describe
from posthog_wizard.openapi.validation import check
from posthog_wizard.tokens import tokens
from tests.openapi.documents import COHORTS, PROJECT, document, index, operation

ALL = packaged_index()
EVERY = list(ALL.operations.values())
NO_VALUE: dict[str, Any] = {"neither": {"a text": "nor a number"}}
every_operation = pytest.mark.parametrize("one", EVERY, ids=lambda one: one.id)
cohorts = index(COHORTS)


def refusal(found: Index, one: Operation, parameters: dict[str, Any], body: Any) -> str:
    """What is said against a call."""
    with pytest.raises(WrongUsage) as told:
        check(found, one, parameters, body)
    return str(told.value)


def accepted(found: Index, one: Operation, parameters: dict[str, Any], body: Any) -> bool:
    """True, where nothing is said against a call."""
    check(found, one, parameters, body)
    return True


def typed(schema: Any) -> bool:
    """Whether an object can be the wrong value."""
    kinds = schema.get("type", "object")
    return "enum" in schema or "object" not in (kinds if isinstance(kinds, list) else [kinds])


@every_operation
def test_the_example_of_every_operation_is_accepted(one: Operation) -> None:
    example = describe(ALL, one).get("example", {})
    assert accepted(ALL, one, example.get("parameters", {}), example.get("body"))


@pytest.mark.parametrize(
    ("one", "name"),
    [(one, parameter.name) for one in EVERY for parameter in one.parameters if typed(parameter.schema)],
    ids=lambda value: value if isinstance(value, str) else value.id,
)
def test_every_parameter_is_refused_by_its_name(one: Operation, name: str) -> None:
    example = describe(ALL, one).get("example", {})
    assert f"`{name}`" in refusal(ALL, one, {**example.get("parameters", {}), name: NO_VALUE}, example.get("body"))


@pytest.mark.parametrize(
    ("one", "name"),
    [
        (one, next(name for name, schema in one.body["properties"].items() if typed(schema)))
        for one in EVERY
        if one.body and any(map(typed, one.body.get("properties", {}).values()))
    ],
    ids=lambda value: value if isinstance(value, str) else value.id,
)
def test_every_body_is_refused_at_its_field(one: Operation, name: str) -> None:
    parameters = describe(ALL, one).get("example", {}).get("parameters", {})
    body = describe(ALL, one).get("example", {}).get("body") or {}
    assert f"`{name}`" in refusal(ALL, one, parameters, {**body, name: NO_VALUE})


@pytest.mark.parametrize(
    ("one", "name"),
    [(one, name) for one in EVERY if one.body and not one.inherits for name in one.body.get("required", ())],
    ids=lambda value: value if isinstance(value, str) else value.id,
)
def test_every_field_that_is_missing_is_named(one: Operation, name: str) -> None:
    example = describe(ALL, one)["example"]
    body = {key: value for key, value in example["body"].items() if key != name}
    assert f"'{name}'" in refusal(ALL, one, example.get("parameters", {}), body)


def test_descriptions_are_short() -> None:
    costs = sorted(tokens(describe(ALL, one)) for one in EVERY)
    assert statistics.median(costs) < 80
    assert costs[len(costs) * 95 // 100] < 250


@pytest.mark.parametrize("one", [one for one in EVERY if one.body], ids=lambda one: one.id)
def test_what_is_left_out_is_marked_and_told_when_asked(one: Operation) -> None:
    short, whole = describe(ALL, one)["body"], describe(ALL, one, "body")
    names = set((one.body or {}).get("properties", ()))
    assert names <= {part.partition("?")[0].partition(":")[0] for part in whole.get("fields", "").split(", ")}
    assert "…" in short or names <= {part.partition("?")[0].partition(":")[0] for part in short.split(", ")}


@pytest.mark.parametrize(
    ("name", "field", "said"),
    [
        ("cohorts_list", "", {"parameters": "limit?: int", "scopes": ["cohort:read"], "does": "List cohorts"}),
        (
            "cohorts_create",
            "",
            {
                "body": 'name: str, kind?: "static"|"dynamic", filters?: Filters{…}|null',
                "example": {"body": {"name": "text"}},
            },
        ),
        ("cohorts_create", "body.name", {"field": "body.name", "type": "str", "limits": "length ≤400"}),
        ("cohorts_create", "body.filters", {"fields": "events: [Filters{…}], date_from?: date"}),
        ("cohorts_create", "body.filters.events.date_from", {"type": "date", "text": "The first day."}),
        ("cohorts_list", "limit", {"type": "int"}),
    ],
)
def test_notation(name: str, field: str, said: dict[str, Any]) -> None:
    found = describe(cohorts, cohorts.get(name), field)
    assert {key: found.get(key) for key in said} == said


@pytest.mark.parametrize(
    ("name", "field", "words"),
    [
        ("cohorts_create", "body.nam", "no field `nam`"),
        ("cohorts_create", "name", "no field `name`"),
        ("cohorts_list", "body", "no field `body`"),
        ("cohorts_create", "body.name.first", "no field `first`"),
    ],
)
def test_a_field_that_does_not_exist(name: str, field: str, words: str) -> None:
    with pytest.raises(WrongUsage, match=words):
        describe(cohorts, cohorts.get(name), field)


@pytest.mark.parametrize(
    ("name", "parameters", "body", "words"),
    [
        ("cohorts_list", {"limt": 1}, None, "there is no `limt`, did you mean `limit`?"),
        ("cohorts_list", {"zzz": 1}, None, "there is no parameter `zzz`"),
        ("cohorts_list", {"limit": "many"}, None, "`limit`: 'many' is not of type 'integer'"),
        ("cohorts_list", {}, {"a": 1}, "it takes no body"),
        ("cohorts_create", {}, None, "'name' is a required property"),
        ("cohorts_create", {}, {"name": "a", "kind": "c"}, "`kind`: is none of the values"),
        ("cohorts_create", {}, {"name": "a", "kindd": "static"}, "did you mean `kind`?"),
        ("cohorts_create", {}, {"name": "a", "filters": {"events": [{"events": 1}]}}, "`filters.events.0.events`"),
        ("cohorts_create", {}, {"name": "a" * 401}, "`name`"),
    ],
)
def test_what_does_not_fit_is_named(name: str, parameters: dict[str, Any], body: Any, words: str) -> None:
    assert words in refusal(cohorts, cohorts.get(name), parameters, body)


@pytest.mark.parametrize(
    ("name", "parameters", "body"),
    [
        ("cohorts_list", {"limit": "10"}, None),
        ("cohorts_list", {"search": "a", "offset": 5}, None),
        ("cohorts_create", {}, {"name": "a", "something_new": 1}),
        ("cohorts_create", {}, {"name": "a", "filters": None}),
    ],
)
def test_what_fits(name: str, parameters: dict[str, Any], body: Any) -> None:
    assert accepted(cohorts, cohorts.get(name), parameters, body)


SIMPLE = {"key": "email", "value": "x@y.com", "operator": "exact", "type": "person"}


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("persons_list", {"properties": [SIMPLE]}),
        ("persons_list", {"properties": [SIMPLE, {"key": "id", "value": 3, "type": "cohort"}]}),
        ("persons_list", {"properties": json.dumps([SIMPLE])}),
        ("persons_list", {"properties": {"type": "AND", "values": [SIMPLE]}}),
        ("persons_list", {"properties": [{"type": "AND", "values": [SIMPLE]}]}),
        ("events_list", {"properties": [SIMPLE], "distinct_id": "ada", "person_id": "0199c0de-0000"}),
        ("events_list", {"select": '["event"]', "where": ["event = 'a'"]}),
        ("datasets_list", {"order_by": "created_at,-updated_at"}),
        ("datasets_list", {"order_by": ["created_at"]}),
        ("property_definitions_list", {"is_feature_flag": "true"}),
        ("web_analytics_overview_retrieve", {"date_from": "2026-01-01", "date_to": "2026-01-31", "host": "10"}),
        ("events_list", {"select": "[" * 100_000}),  # no JSON that anybody reads, but a text
    ],
)
def test_what_posthog_reads_in_an_address(name: str, parameters: dict[str, Any]) -> None:
    assert accepted(ALL, ALL.get(name), parameters, None)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("persons_list", {"properties": "email"}),
        ("persons_list", {"properties": [{"value": "x"}]}),
        ("persons_list", {"properties": {"type": "XOR", "values": [SIMPLE]}}),
        ("datasets_list", {"order_by": "created_at,colour"}),
        ("events_list", {"limit": "ada"}),
        ("property_definitions_list", {"is_feature_flag": "maybe"}),
    ],
)
def test_what_posthog_does_not_read_in_an_address(name: str, parameters: dict[str, Any]) -> None:
    assert f"`{name}`: `{next(iter(parameters))}" in refusal(ALL, ALL.get(name), parameters, None)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#/components/schemas/Loop"}}},
        {"$ref": "#/components/schemas/Loop"},
        {"$ref": "#/components/schemas/Nowhere"},
        {"$ref": "#/components/schemas/Itself"},
        {"type": "array", "items": {"$ref": "#/components/schemas/Loop"}, "minItems": 2},
    ],
)
def test_a_schema_that_never_ends_is_described(schema: dict[str, Any]) -> None:
    loop = {"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#/components/schemas/Loop"}}}
    made = document(
        {f"{PROJECT}/logs/": {"post": operation("a", body=schema)}},
        Loop=loop,
        Itself={"$ref": "#/components/schemas/Itself"},
    )
    found = index(made)
    assert describe(found, found.get("a"))["call"] == f"POST {PROJECT}/logs/"
    assert describe(found, found.get("a"), "body")["field"] == "body"
