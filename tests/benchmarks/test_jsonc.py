"""One entry put into a file of 20 MB, beside what reading it with json.loads alone costs.

Asserted is what the whole command may take: 3 s and 8 times the size of the file.
"""

from __future__ import annotations

import json
import statistics
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from posthog_wizard.documents.jsonc import parse
from posthog_wizard.model import STRICT

pytestmark = pytest.mark.benchmark
SIZE = 20_000_000
ROUNDS = 5
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


def seconds(work: Callable[[], object]) -> float:
    """The median of several rounds."""
    rounds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        rounds.append(time.perf_counter() - start)
    return statistics.median(rounds)


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
    ours, theirs = seconds(lambda: put(data)), seconds(lambda: json.loads(data))
    ours_most, theirs_most = peak(put, path) / len(data), peak(json.loads, path) / len(data)
    print(
        f"\n{shape.__name__:16} {len(data) / 1e6:5.1f} MB   parse + put {ours:5.2f} s {ours_most:4.1f}x"
        f"   json.loads {theirs:5.2f} s {theirs_most:4.1f}x   ratio {ours / theirs:4.1f}"
    )
    assert len(data) > 0.9 * SIZE
    assert ours < 3
    assert ours_most < 8
