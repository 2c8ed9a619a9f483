"""The wire: lines of a pipe, whatever is in it, and a pipe that nobody reads."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from posthog_wizard.server.lines import LinesIn, LinesOut


async def nothing() -> None:
    """The end needs no preparation."""


async def heard(descriptor: int, before_end: Callable[[], Coroutine[Any, Any, None]] = nothing) -> list[str]:
    """Every line of a descriptor."""
    return [line async for line in LinesIn(descriptor, before_end)]


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"", []),
        (b"one\n", ["one"]),
        (b"one\ntwo", ["one", "two"]),
        (b"\n\n", ["", ""]),
        (b"\xff\n", ["\ufffd"]),
        ("é\n".encode() * 300, ["é"] * 300),
        (b"x" * 60_000 + b"\n", ["x" * 60_000]),
    ],
)
def test_lines_come_as_they_are(content: bytes, lines: list[str]) -> None:
    ours, theirs = os.pipe()
    os.write(theirs, content)
    os.close(theirs)
    assert asyncio.run(heard(ours)) == lines
    os.close(ours)


def test_a_descriptor_that_cannot_be_read_is_at_its_end() -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    os.close(theirs)
    assert asyncio.run(heard(ours)) == []


def test_before_the_end_is_waited_for() -> None:
    told: list[str] = []

    async def tell() -> None:
        told.append("the end")

    ours, theirs = os.pipe()
    os.write(theirs, b"one\n")
    os.close(theirs)
    assert asyncio.run(heard(ours, tell)) == ["one"]
    os.close(ours)
    assert told == ["the end"]


def written(descriptor: int, broken: Callable[[], object]) -> Coroutine[Any, Any, None]:
    """Write a text that fits into no pipe at once."""

    async def write() -> None:
        lines = LinesOut(descriptor, broken)
        await lines.write("x" * 100_000 + "\n")
        await lines.flush()

    return write()


def test_a_text_is_written_whole() -> None:
    ours, theirs = os.pipe()

    async def both() -> list[str]:
        await written(theirs, lambda: None)
        os.close(theirs)
        return []

    async def read_and_write() -> list[str]:
        reading = asyncio.ensure_future(heard(ours))
        await both()
        return await reading

    assert asyncio.run(read_and_write()) == ["x" * 100_000]
    os.close(ours)


def test_a_pipe_that_nobody_reads_is_told() -> None:
    ours, theirs = os.pipe()
    os.close(ours)

    async def tell() -> bool:
        told = asyncio.Event()
        writing = asyncio.ensure_future(written(theirs, told.set))
        await asyncio.wait_for(told.wait(), 5)
        writing.cancel()
        return told.is_set()

    assert asyncio.run(tell())
    os.close(theirs)
