"""Environment references, expanded as each client does; seen with Claude Code 2.1.330 and Gemini CLI 0.61.0."""

from __future__ import annotations

import pytest

from posthog_wizard.clients import CLIENTS
from posthog_wizard.clients.variables import expand_variables, unset

ENVIRONMENT = {"A": "one", "B_2": "two", "EMPTY": ""}

# client, text -> what it understands, and which variables it lacks
TEXTS = (
    ("claude-code", "Bearer ${A}", "Bearer one", ()),
    ("claude-code", "Bearer ${A:-x}${C:-d}${C:-}", "Bearer oned", ()),
    ("claude-code", "Bearer ${EMPTY}", "Bearer ", ()),
    ("claude-code", "Bearer ${C} ${C}", "Bearer ${C} ${C}", ("C", "C")),
    ("claude-code", "Bearer $A ${env:A} {env:A}", "Bearer $A ${env:A} {env:A}", ()),
    ("gemini-cli", "Bearer ${A} $B_2", "Bearer one two", ()),
    ("gemini-cli", "${A:-x}${C:-d}", "oned", ()),
    ("gemini-cli", "$C ${D}", "$C ${D}", ("C", "D")),
    ("cursor", "Bearer ${env:A}", "Bearer one", ()),
    ("cursor", "Bearer ${A} ${env:C}", "Bearer ${A} ${env:C}", ("C",)),
    ("zed", "Bearer ${A} $A ${env:A}", "Bearer ${A} $A ${env:A}", ()),
    ("claude-desktop", "Bearer ${A}", "Bearer ${A}", ()),
)


@pytest.mark.parametrize(("client", "text", "understood", "lacking"), TEXTS)
def test_expansion(client: str, text: str, understood: str, lacking: tuple[str, ...]) -> None:
    schema = CLIENTS[client].places[0].schema
    assert expand_variables(schema, text, ENVIRONMENT) == understood
    assert unset(schema, text, ENVIRONMENT) == lacking
