"""Our reading of types, judged by pydantic's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from functools import reduce
from operator import or_
from types import UnionType
from typing import Annotated, Any, Literal, Required, Union, get_args, get_origin, get_type_hints, is_typeddict

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ConfigDict, TypeAdapter, ValidationError, create_model

from posthog_wizard.tools import TOOLS
from posthog_wizard.tools.value_types import Constraints, TypeFault, taken

LIMITS = ("ge", "gt", "le", "min_length", "max_length", "pattern")
TYPES = {
    f"{tool.name}.{name}": kind
    for tool in TOOLS
    for name, kind in get_type_hints(tool.function, include_extras=True).items()
    if name not in {"call", "more", "return"}
}
IDS = [
    "",
    "a",
    "a-b",
    "0" * 8 + "-0000-0000-0000-" + "0" * 12,
    "a\n",
    "0123456789abcdef" * 2 + "-abc",
    "product",
    "x" * 1001,
]
NUMBERS = [-1, 0, 1, 2, 50, 100, 101, 501, 0.0, 0.5, 1.0, 100.5, True, False, None]
OBJECTS: list[Any] = [
    {},
    {"kind": "HogQLQuery", "query": "SELECT 1"},
    {"kind": "TrendsQuery", "series": [{}], "x": 1},
    {"kind": "TrendsQuery", "series": [1]},
    {"kind": 1},
    {"metric_type": "mean", "name": "a", "funnel_steps": ["a"], "properties": {}},
    {"metric_type": "mean", "funnel_steps": [1]},
    {"metric_type": "mean", "properties": [{}, 1]},
    {"key": "a", "rollout_percentage": 50},
    {"key": "a", "rollout_percentage": 50.5, "name": None},
    {"key": "a", "rollout_percentage": 101},
    {"key": "a", "rollout_percentage": 1, "more": 1},
    {"groups": [{}], "multivariate": None, "payloads": {"a": 1}},
    {"groups": {}},
]
SINGLE: list[Any] = [*IDS, *NUMBERS, *OBJECTS]
VALUES = st.sampled_from(SINGLE) | st.lists(st.sampled_from(SINGLE), max_size=3)


def pydantics(kind: Any) -> Any:
    """The same type in pydantic's words."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return Annotated[(pydantics(arguments[0]), *map(pydantic_field, arguments[1:]))]
    if origin in {Union, UnionType}:
        return reduce(or_, (pydantics(one) for one in arguments))
    if origin is list:
        return list[pydantics(arguments[0])]  # type: ignore[misc]
    return pydantic_model(kind) if is_typeddict(kind) else kind


def pydantic_field(field: Constraints) -> Any:
    """Its limits."""
    limits = {each.name: getattr(field, each.name) for each in fields(field) if each.name in LIMITS}
    return pydantic.Field(**{name: limit for name, limit in limits.items() if limit is not None})


def pydantic_model(kind: Any) -> Any:
    """An object's keys."""
    extra: Literal["allow", "forbid"] = "forbid" if kind.__name__ == "Variant" else "allow"
    made = dict(pydantic_fields(kind))
    return create_model(kind.__name__, __config__=ConfigDict(strict=True, extra=extra), **made)


def pydantic_fields(kind: Any) -> Iterator[tuple[str, Any]]:
    """The types of its keys, and what stands for a missing one."""
    for name, inner in get_type_hints(kind, include_extras=True).items():
        required = get_origin(inner) is Required
        yield name, (pydantics(get_args(inner)[0] if required else inner), ... if required else None)


ADAPTERS = {name: TypeAdapter(pydantics(kind), config=None) for name, kind in TYPES.items()}


def is_taken(kind: Any, value: Any) -> bool:
    """Whether we take a value."""
    faults: list[TypeFault] = []
    taken(kind, value, (), faults)
    return not faults


def is_valid(name: str, value: Any) -> bool:
    """Whether pydantic does."""
    try:
        ADAPTERS[name].validate_python(value, strict=True)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("name", TYPES)
def test_pydantic_takes_the_same_of_every_sample(name: str) -> None:
    kind = TYPES[name]
    samples = [*SINGLE, *([one] for one in SINGLE)]
    assert [one for one in samples if is_taken(kind, one) != is_valid(name, one)] == []


@given(st.sampled_from(sorted(TYPES)), VALUES)
def test_pydantic_takes_the_same_of_anything(name: str, value: Any) -> None:
    assert is_taken(TYPES[name], value) == is_valid(name, value)


@pytest.mark.parametrize("number", [30, 2**1023, 12.5])
def test_numbers_are_sent_as_they_are_written(number: float) -> None:
    """A share of 30.0 would end the local evaluation of every flag: posthog-go reads whole numbers only."""
    kind = TYPES["experiment-create.minimum_detectable_effect"]
    assert repr(taken(kind, number, (), [])) == repr(number)
