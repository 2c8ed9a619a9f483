"""A large event costs little, and loses nothing that it must lose."""

from __future__ import annotations

from typing import Any

import pytest

from posthog_wizard.analytics.options import Options
from posthog_wizard.analytics.payloads import (
    BINARY_MARK,
    MAX_TEXT_LENGTH,
    MAX_VALUE_BYTES,
    TRUNCATION_MARGIN,
    json_bytes,
    payloads,
    truncate,
)
from tests.support.watched import NOON

SEARCHED = int(MAX_TEXT_LENGTH * TRUNCATION_MARGIN)
SECRET = "phc_" + "a1B2" * 6
CIRCULAR: list[Any] = []
CIRCULAR.append(CIRCULAR)


def deep(levels: int) -> Any:
    """A text within so many objects."""
    return {"d": deep(levels - 1)} if levels else "x"


@pytest.mark.parametrize(
    ("value", "left", "most"),
    [
        ("short", "short", MAX_TEXT_LENGTH),
        ("w " * SEARCHED, "w " * (SEARCHED // 2), MAX_TEXT_LENGTH),
        ({"a": ["w " * SEARCHED]}, {"a": ["w " * (SEARCHED // 2)]}, MAX_TEXT_LENGTH),
        (list(range(500)), list(range(101)), MAX_TEXT_LENGTH),
        (tuple(range(500)), list(range(101)), MAX_TEXT_LENGTH),
        ({str(n): n for n in range(500)}, {str(n): n for n in range(101)}, MAX_TEXT_LENGTH),
        (CIRCULAR, ["[Circular ~]"], MAX_TEXT_LENGTH),
        ([[1], [1]], [[1], [1]], MAX_TEXT_LENGTH),
        (["A" * 200_000] * 40, [BINARY_MARK] * 40, MAX_TEXT_LENGTH),
        (["w " * SEARCHED] * 20, ["w " * 6_144] * 20, 8_192),
        (None, None, MAX_TEXT_LENGTH),
        (7, 7, MAX_TEXT_LENGTH),
    ],
)
def test_what_is_looked_at(value: Any, left: Any, most: int) -> None:
    assert truncate(value) == (left, most)


def test_not_deeper_than_is_sent() -> None:
    assert str(truncate(deep(500))[0]).count("{") == 12


@pytest.mark.parametrize(
    "value",
    [
        "w " * 5_000_000,
        ["w " * 50_000] * 5_000,
        {str(number): "w " * 5_000 for number in range(5_000)},
        [{"rows": [["w " * 100] * 100] * 100}] * 100,
    ],
)
def test_what_is_looked_at_has_an_end(value: Any) -> None:
    assert (
        json_bytes(truncate({"value": value})[0]) <= MAX_VALUE_BYTES
    )  # redaction takes half a second for each megabyte
    payload = payloads(
        {"event_type": "mcp:tools/call", "timestamp": NOON, "response": {"value": value}, "parameters": {"a": 1}},
        Options(),
    )[0]
    assert json_bytes(payload["properties"]) < MAX_VALUE_BYTES
    assert payload["properties"]["$mcp_parameters"] == {"a": 1}


@pytest.mark.parametrize("at", [MAX_TEXT_LENGTH - 14, SEARCHED - 14, 8_192 - 14, 12_288 - 14])
@pytest.mark.parametrize("times", [1, 40])
def test_a_secret_where_a_text_is_cut_is_not_cut_in_two(at: int, times: int) -> None:
    text = f"{'w ' * (at // 2)}{SECRET} {'w ' * SEARCHED}"
    event = {"event_type": "mcp:tools/call", "timestamp": NOON, "response": {"texts": [text] * times}}
    said = str(payloads(event, Options()))
    assert ("phc_" in said, said.count("w w w") >= times) == (False, True)
