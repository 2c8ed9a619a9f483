"""Commands timed side by side in one run: each round runs every command once, so that noise hits all alike."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

ROUNDS = 15


class Timed(NamedTuple):
    """A command, its environment, and what is made ready before each of its runs."""

    words: list[str]
    environment: Mapping[str, str]
    prepare: Callable[[], None] = lambda: None


def medians(commands: Mapping[str, Timed], rounds: int = ROUNDS) -> dict[str, float]:
    """Milliseconds of each command, the median of its rounds; a first round warms caches and is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds + 1):
        for name, command in commands.items():
            command.prepare()
            seconds[name].append(_once(command))
    return {name: statistics.median(measured[1:]) * 1000 for name, measured in seconds.items()}


def _once(command: Timed) -> float:
    start = time.perf_counter()
    subprocess.run(command.words, env=dict(command.environment), capture_output=True, check=True)
    return time.perf_counter() - start


def report(measured: Mapping[str, float]) -> None:
    """Print the medians, for the reader of a run with `-s`."""
    print("\n" + "\n".join(f"{name:40} {milliseconds:8.1f} ms" for name, milliseconds in measured.items()))
