"""Run every benchmark and write `README.md` beside this file: `python -m tests.benchmarks`.

What follows is handed to pytest: `-k bridge` renews these rows and keeps the others. BENCHMARK_ROUNDS=2 only shows that
they run.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.benchmarks.figures import FEWER, HEAD, KEPT, rows, rows_of, table
from tests.benchmarks.named import FIGURES, figure_of

ROOT = Path(__file__).parents[2]
PAGE = Path(__file__).with_name("README.md")
PACKAGES = ("posthog-wizard", "typer", "mcp", "posthog")
INTRODUCTION = """# Speed and memory, beside other programs

Made by `python -m tests.benchmarks`; `tests/test_benchmarks.py` holds that no figure is missing. Programs of a figure were
measured in turns, so that a busy machine was busy for all: the ratio (our median over theirs) tells more than the rest.
"middle half" is from the first to the third quartile.
"""


def machine() -> str:
    """What all of it ran on."""
    processor = next(
        (line.partition(": ")[2] for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} x {processor}, {memory:.0f} GB, {platform.system()} {platform.release()}"


def versions() -> str:
    """Whose versions the programs' names do not have."""
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    packages = (f"{name} {version(name)}" for name in PACKAGES)
    return ", ".join([f"Python {platform.python_version()}", f"Node {node}", *packages])


def listed(page: str) -> list[list[str]]:
    """The rows of every figure: those of this run, else those of the page as it was, else one that says nothing."""
    now: dict[str | None, list[list[str]]] = {}
    for cells in (list(cells) for one in KEPT for cells in rows(one)):
        now.setdefault(figure_of(cells[0]), []).append(cells)
    before = [cells for cells in rows_of(page) if figure_of(cells[0]) not in now]
    return [
        cells
        for name in FIGURES
        for cells in now.get(name)
        or [kept for kept in before if figure_of(kept[0]) == name]
        or [[name, "not measured yet", *["-"] * (len(HEAD) - 2)]]
    ]


def main() -> int:
    """Measure, write the page, and fail where a figure is beyond its bound."""
    began, load = time.monotonic(), os.getloadavg()
    words = ["-m", "benchmark", "-p", "no:cacheprovider", f"--rootdir={ROOT}", str(ROOT / "tests/benchmarks")]
    code = pytest.main([*words, *sys.argv[1:]])
    facts = (
        f"{time.strftime('%Y-%m-%d')}, {machine()}",
        versions(),
        f"{time.monotonic() - began:.0f} s; load {load[0]:.1f} at the beginning, {os.getloadavg()[0]:.1f} at the end",
        f"at most {os.environ[FEWER]} rounds: a trial, not a measurement" if FEWER in os.environ else "",
        "a bound was missed, see the run" if code else "",
    )
    said = "\n".join(f"- {fact}" for fact in facts if fact)
    before = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    PAGE.write_text(f"{INTRODUCTION}\n{said}\n\n{table(listed(before))}\n", encoding="utf-8")
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
