"""Formulas over series: `A / B * 100`, where A is the first series. Read by Python's own parser, calculated by hand."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from posthog_wizard.sandbox.reader import Answer, QueryRejected

_OPERATORS: dict[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda left, right: left / right if right else 0,
}
_LONGEST = 200  # characters


def calculated(formula: str, results: Sequence[Answer], *, whole: bool) -> list[Answer]:
    """One row for each value of the breakdown. Raises QueryRejected for what is no formula."""
    groups: dict[Any, dict[str, Answer]] = {}
    for row in results:
        groups.setdefault(row.get("breakdown_value"), {})[chr(ord("A") + row["action"]["order"])] = row
    return [_row(formula, group, whole=whole) for group in groups.values()]


def _row(formula: str, group: Mapping[str, Answer], *, whole: bool) -> Answer:
    first = next(iter(group.values()))
    columns = ([row["aggregated_value"]] if whole else row["data"] for row in group.values())
    values = [_evaluated(formula, dict(zip(group, one, strict=True))) for one in zip(*columns, strict=True)]
    made: Answer = {
        **first,
        "label": first["label"] if "breakdown_value" in first else f"Formula ({formula})",
        "action": None,
    }
    return made | (
        {"aggregated_value": values[0], "count": values[0]} if whole else {"data": values, "count": sum(values)}
    )


def _evaluated(formula: str, numbers: Mapping[str, float]) -> float:
    """The formula's value; a series without this value of the breakdown counts as zero, and so does a division by zero."""
    try:
        if len(formula) > _LONGEST:
            raise QueryRejected(f"The formula is longer than {_LONGEST} characters.", "formula")
        return _value(ast.parse(formula.upper(), mode="eval").body, numbers)
    except (SyntaxError, OverflowError, RecursionError, ValueError):
        raise QueryRejected(
            f"`{formula}` is no formula: write letters of series, numbers and + - * / ( ).", "formula"
        ) from None


def _value(node: ast.expr, numbers: Mapping[str, float]) -> float:
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_value(node.left, numbers), _value(node.right, numbers))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, numbers)
    if isinstance(node, ast.Name) and len(node.id) == 1:
        return numbers.get(node.id, 0)
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    raise ValueError(ast.dump(node)[:_LONGEST])
