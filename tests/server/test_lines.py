"""The wire: lines of a pipe, whatever is in it, and a pipe that nobody reads."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from posthog_wizard.server.stdio import LineBuffer, LinesIn, LinesOut


async def nothing() -> None:
    """The end needs no preparation."""


async def heard(descriptor: int, before_end: Callable[[], Coroutine[Any, Any, None]] = nothing) -> list[bytes]:
    """Every line of a descriptor."""
    return [line async for line in LinesIn(descriptor, before_end)]


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"", []),
        (b"one\n", [b"one"]),
        (b"one\ntwo", [b"one", b"two"]),
        (b"\n\n", [b"", b""]),
        (b"\xff\n", [b"\xff"]),
        ("é\n".encode() * 300, ["é".encode()] * 300),
        (b"x" * 60_000 + b"\n", [b"x" * 60_000]),
    ],
)
def test_lines_come_as_they_are(content: bytes, lines: list[bytes]) -> None:
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
    assert asyncio.run(heard(ours, tell)) == [b"one"]
    os.close(ours)
    assert told == ["the end"]


@pytest.mark.parametrize(
    ("pieces", "lines", "rest"),
    [
        ([b"ab", b"cd\nef"], [b"abcd"], [b"ef"]),
        ([b"0123", b"4567", b"89ab", b"\nx\n"], [b"012389ab", b"x"], []),
        ([b"0123", b"4567", b"89ab", b"cdef", b"}"], [], [b"0123cdef}"]),
        ([b"0123456789\n"], [b"0123456789"], []),
    ],
)
def test_a_line_that_is_too_long_keeps_its_ends_and_stays_too_long(
    pieces: list[bytes], lines: list[bytes], rest: list[bytes]
) -> None:
    buffer = LineBuffer(longest=7)
    assert [line for piece in pieces for line in buffer.lines(piece)] == lines
    assert buffer.rest() == rest


def written(descriptor: int, broken: Callable[[], object]) -> Coroutine[Any, Any, None]:
    """Write a text that fits into no pipe at once."""

    async def write() -> None:
        lines = LinesOut(descriptor, broken)
        lines.send("x" * 100_000)
        await lines.written()

    return write()


def test_a_text_is_written_whole() -> None:
    ours, theirs = os.pipe()

    async def both() -> list[bytes]:
        await written(theirs, lambda: None)
        os.close(theirs)
        return []

    async def read_and_write() -> list[bytes]:
        reading = asyncio.ensure_future(heard(ours))
        await both()
        return await reading

    assert asyncio.run(read_and_write()) == [b"x" * 100_000]
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
