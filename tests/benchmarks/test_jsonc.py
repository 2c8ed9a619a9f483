"""One entry put into a file of 20 MB, beside what reading it with json.loads alone costs.

Asserted is what the whole command may take: 3 s of the processor (0.7 at most were measured, the rest is for noise), and
8 times the size of the file.
"""

from __future__ import annotations

import json
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from posthog_wizard.documents.jsonc import parse
from posthog_wizard.model import STRICT
from tests.benchmarks.figures import figure, rounds

pytestmark = pytest.mark.benchmark
SIZE = 20_000_000
ROUNDS = 3
KEYS = ("mcpServers", "posthog")
ENTRY = {"type": "http", "url": "https://mcp.posthog.com/mcp", "headers": {"Authorization": "Bearer phx_"}}


def repeated(one: Any, indent: int | None = None) -> list[Any]:
    """As many of it as make the size."""
    return [one] * (SIZE // len(json.dumps(one, indent=indent)))


def many_projects() -> str:
    prompt = {"display": 'fix "the" bug\nin module {}, and say why it was there at all', "pastedContents": {}}
    project = {"allowedTools": [], "history": [prompt] * 8, "mcpServers": {}, "lastCost": 0.123, "trusted": True}
    projects = {f"/home/user/{number}": one for number, one in enumerate(repeated(project, 4))}
    return json.dumps({"numStartups": 5, "mcpServers": {}, "projects": projects}, indent=2)


def one_huge_string() -> str:
    return json.dumps(
        {"mcpServers": {}, "pasted": 'print("a long text")\n\tand more é ' * (SIZE // 40)}, ensure_ascii=False
    )


def deep_history() -> str:
    message: Any = {"role": "user", "content": "x" * 30}
    for _ in range(7):
        message = {"role": "assistant", "content": [message, message]}
    return json.dumps({"mcpServers": {}, "history": repeated(message)})


def many_numbers() -> str:
    return json.dumps({"mcpServers": {}, "costs": repeated([1712345678123, 0.0123, 42])}, indent=1)


def many_keys() -> str:
    return json.dumps({**{f"tip {number}": number for number in range(SIZE // 25)}, "mcpServers": {}}, indent=2)


SHAPES = (many_projects, one_huge_string, deep_history, many_numbers, many_keys)


def seconds(work: Callable[[], object]) -> list[float]:
    """Those that the processor is busy, in several rounds."""
    took = []
    for _ in range(rounds(ROUNDS)):
        start = time.process_time()
        work()
        took.append(time.process_time() - start)
    return took


def peak(work: Callable[[bytes], object], path: Path) -> int:
    """The most bytes that were held at once, those of the file among them."""
    tracemalloc.start()
    work(path.read_bytes())
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def put(data: bytes) -> bytes:
    return parse(data, STRICT).put(KEYS, ENTRY)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_put_into_a_large_file(shape: Callable[[], str], tmp_path: Path) -> None:
    path = tmp_path / "claude.json"
    path.write_text(shape(), encoding="utf-8")
    data = path.read_bytes()
    took = {
        "posthog-wizard, parse and put": seconds(lambda: put(data)),
        "json.loads": seconds(lambda: json.loads(data)),
    }
    ours, _ = figure(
        "an entry put into a file of 20 MB", "s of CPU", took, of=shape.__name__.replace("_", " ")
    ).values()
    ours_most, theirs_most = peak(put, path) / len(data), peak(json.loads, path) / len(data)
    most = {"posthog-wizard, parse and put": [ours_most], "json.loads": [theirs_most]}
    figure("memory for that", "times the file", most, of=shape.__name__.replace("_", " "))
    assert len(data) > 0.9 * SIZE
    assert ours < 3
    assert ours_most < 8
