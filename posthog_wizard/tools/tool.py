"""What a tool is: a value made from a plain function by the `tool` decorator.

The function's name with dashes is the tool's name, the first paragraph of its docstring is what a model reads, its
parameters after the first are the input.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

_Within = Literal["project", "organization", "account", "nothing"]
_Function = Callable[..., Awaitable[dict[str, Any]]]
Feature = Literal["api", "dashboards", "docs", "error-tracking", "events", "experiments", "flags", "insights", "llm-analytics",
                  "surveys", "workspace"]  # fmt: skip


@dataclass(frozen=True)
class _Hints:
    """MCP's hints about a tool: https://modelcontextprotocol.io/specification/2025-11-25/server/tools."""

    read_only: bool = False
    destructive: bool = False
    idempotent: bool = True
    open_world: bool = True


READS = _Hints(read_only=True)
ASKS = _Hints(read_only=True, idempotent=False)  # two equal questions can have two answers
CREATES = _Hints(idempotent=False)
UPDATES = _Hints()
DELETES = _Hints(destructive=True)
CHANGES_ANYTHING = _Hints(destructive=True, idempotent=False)
REMEMBERS = _Hints()  # changes nothing in PostHog, but what this process answers from


@dataclass(frozen=True)
class Tool:
    """A tool of the server. `scopes` is what PostHog demands of the key for the requests that the tool makes.

    `within` says what the tool works in; the call boundary finds it before the function runs, so that one answer
    never mixes two projects. `rest` tells how to get what was cut from an answer that has no offset.
    """

    name: str
    title: str
    feature: Feature
    description: str
    scopes: tuple[str, ...]
    hints: _Hints
    function: _Function
    within: _Within = "project"
    rest: str = "Ask for less."

    @cached_property
    def parameters(self) -> Mapping[str, inspect.Parameter]:
        """The input: every parameter of the function but the first, which is the call."""
        return dict(list(inspect.signature(self.function).parameters.items())[1:])


def tool(
    title: str,
    *,
    feature: Feature,
    scopes: tuple[str, ...],
    hints: _Hints,
    within: _Within = "project",
    rest: str = Tool.rest,
) -> Callable[[_Function], Tool]:
    """Make a tool of the function below."""

    def made(function: _Function) -> Tool:
        name = function.__name__.replace("_", "-")
        description = " ".join((inspect.getdoc(function) or "").split("\n\n")[0].split())
        return Tool(name, title, feature, description, scopes, hints, function, within, rest)

    return made
