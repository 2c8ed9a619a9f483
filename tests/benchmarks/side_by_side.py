"""Commands timed side by side in one run: each round runs every command once, so that noise hits all alike."""

from __future__ import annotations

import resource
import subprocess
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from tests.benchmarks.figures import figure, rounds

ROUNDS = 15


class Timed(NamedTuple):
    """A command, its environment, what is made ready before each of its runs, and the exit code that it has to end with."""

    words: list[str]
    environment: Mapping[str, str]
    prepare: Callable[[], None] = lambda: None
    code: int = 0


class Took(NamedTuple):
    """Milliseconds of one run: of the processors, which tell more on a busy machine, and of the clock."""

    cpu: float
    wall: float


def timed(name: str, commands: Mapping[str, Timed], usual: int = ROUNDS) -> tuple[dict[str, float], dict[str, float]]:
    """The medians of CPU and clock, kept as figures; a first round warms caches and is not counted. Ours is the first."""
    took: dict[str, list[Took]] = {program: [] for program in commands}
    for _ in range(rounds(usual) + 1):
        for program, command in commands.items():
            command.prepare()
            took[program].append(_once(command))
    cpu = {program: [one.cpu for one in each[1:]] for program, each in took.items()}
    wall = {program: [one.wall for one in each[1:]] for program, each in took.items()}
    return figure(name, "ms of CPU", cpu), figure(name, "ms", wall)


def _once(command: Timed) -> Took:
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command.words, env=dict(command.environment), capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert done.returncode == command.code, done.stderr or done.stdout
    return Took(cpu * 1000, wall * 1000)
