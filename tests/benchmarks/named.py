"""Which figures the benchmarks take, read from their code: each test names its own in its calls."""

from __future__ import annotations

import ast
from itertools import chain
from pathlib import Path

_TAKING = ("figure", "timed", "told", "medians")  # functions whose calls take a figure; its name comes first


def _names(test: ast.AST) -> list[str]:
    calls = [one for one in ast.walk(test) if isinstance(one, ast.Call) and isinstance(one.func, ast.Name) and one.args]
    first = [call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id in _TAKING]
    return [str(name.value) for name in first if isinstance(name, ast.Constant)]


BENCHMARKS = {
    f"{path.name}::{test.name}": _names(test)
    for path in sorted(Path(__file__).parent.glob("test_*.py"))
    for test in ast.parse(path.read_text(encoding="utf-8")).body
    if isinstance(test, ast.FunctionDef) and test.name.startswith("test_")
}
FIGURES = tuple(dict.fromkeys(chain.from_iterable(BENCHMARKS.values())))


def figure_of(cell: str) -> str | None:
    """The figure whose name a row begins with; None for that of no benchmark."""
    return next((name for name in FIGURES if cell == name or cell.startswith(f"{name}: ")), None)
