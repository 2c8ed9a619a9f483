"""The page of benchmarks has a row for every figure that they take; what the figures are, it does not hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.figures import HEAD, Figure, rows, rows_of, table
from tests.benchmarks.named import BENCHMARKS, FIGURES, figure_of

PAGE = (Path(__file__).parent / "benchmarks/README.md").read_text(encoding="utf-8")
ROWS = rows_of(PAGE)
RENEW = "run `python -m tests.benchmarks`"


@pytest.mark.parametrize("benchmark", BENCHMARKS)
def test_every_benchmark_names_a_figure(benchmark: str) -> None:
    assert BENCHMARKS[benchmark], "call `figure`, or what calls it, with the figure's name"


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_has_its_rows(name: str) -> None:
    assert [row for row in ROWS if figure_of(row[0]) == name], RENEW


def test_no_row_is_of_a_figure_that_nobody_takes() -> None:
    assert [row[0] for row in ROWS if figure_of(row[0]) is None] == [], RENEW
    assert {len(row) for row in ROWS} == {len(HEAD)}
    assert f"| {' | '.join(HEAD)} |" in PAGE


def test_rows_tell_median_middle_half_and_ratio() -> None:
    told = rows(Figure("start", "ms", {"ours": [1.0, 2.0, 3.0, 4.0], "theirs": [10.0], "nobody's": []}))
    assert told == [
        ("start", "ours", "ms", "2.5", "1.75 to 3.25", "4", "1.00"),
        ("start", "theirs", "ms", "10", "-", "1", "0.25"),
        ("start", "nobody's", "ms", "-", "-", "0", "-"),
    ]
    assert [tuple(cells) for cells in rows_of(table(told))] == told
