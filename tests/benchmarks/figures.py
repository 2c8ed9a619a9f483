"""What benchmarks measured, ours beside others: kept while they run, and told as the table of `README.md`."""

from __future__ import annotations

import math
import os
import statistics
from collections.abc import Mapping, Sequence
from typing import NamedTuple

FEWER = "BENCHMARK_ROUNDS"  # the variable that bounds the rounds, to see that everything still runs
HEAD = ("figure", "program", "unit", "median", "middle half", "rounds", "ours / it")


class Figure(NamedTuple):
    """One quantity, and what was measured of it for each program in its rounds; ours is the first."""

    name: str
    unit: str
    programs: Mapping[str, Sequence[float]]


KEPT: list[Figure] = []


def rounds(usual: int) -> int:
    """How many rounds there are."""
    return min(usual, int(os.environ.get(FEWER, usual)))


def figure(name: str, unit: str, programs: Mapping[str, Sequence[float]], *, of: str = "") -> dict[str, float]:
    """Keep a figure, print it, and give its medians. `of`: which of several, for a benchmark with parameters."""
    one = Figure(f"{name}: {of}" if of else name, unit, programs)
    KEPT.append(one)
    print("\n" + "\n".join("  ".join(cells) for cells in rows(one)))
    return _medians(one)


def rows(one: Figure) -> list[tuple[str, ...]]:
    """Its rows of the table; a program that gave no value says so by its name."""
    medians = _medians(one)
    ours = next(iter(medians.values()))
    return [
        (
            one.name,
            program,
            one.unit,
            _short(medians[program]),
            _spread(values),
            str(len(values)),
            _ratio(ours, medians[program]),
        )
        for program, values in one.programs.items()
    ]


def _medians(one: Figure) -> dict[str, float]:
    return {program: statistics.median(values) if values else math.nan for program, values in one.programs.items()}


def table(listed: Sequence[Sequence[str]]) -> str:
    """Rows as a table of Markdown."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (HEAD, ["---"] * len(HEAD), *listed))


def rows_of(page: str) -> list[list[str]]:
    """The rows of such a table in a text."""
    lines = [line for line in page.splitlines() if line.startswith("| ")]
    return [line.removeprefix("| ").removesuffix(" |").split(" | ") for line in lines[2:]]


def _spread(values: Sequence[float]) -> str:
    """The first and the third quartile."""
    if len(values) < 2:
        return "-"
    first, _, third = statistics.quantiles(values, n=4, method="inclusive")
    return f"{_short(first)} to {_short(third)}"


def _ratio(ours: float, other: float) -> str:
    return f"{ours / other:.2f}" if other and not math.isnan(other) else "-"


def _short(value: float) -> str:
    if math.isnan(value):
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
