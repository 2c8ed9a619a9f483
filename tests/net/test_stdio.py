"""The client's side: lines in and out, on systems that can wait for stdin and on those that cannot."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import pytest

from posthog_wizard.net.stdio import LineBuffer, Lines, Output
from tests.support.bridged import eventually


class WithoutReaders:
    """A loop as Windows has it, as far as stdin needs one."""

    def __init__(self) -> None:
        self.call_soon_threadsafe = asyncio.get_running_loop().call_soon_threadsafe

    def add_reader(self, *_: object) -> None:
        """Not there."""
        raise NotImplementedError

    def remove_reader(self, *_: object) -> None:
        """Not there."""
        raise NotImplementedError


LOOPS = [asyncio.get_running_loop, WithoutReaders]
Loop = Callable[[], Any]


@pytest.mark.parametrize("loop", LOOPS)
def test_lines_are_put_together(loop: Loop) -> None:
    async def scenario() -> list[bytes | None]:
        read, write = os.pipe()
        lines = Lines(read, loop())
        for piece in (b"one\ntw", b"o\n\nthr", b"ee"):
            os.write(write, piece)
            await asyncio.sleep(0.02)
        os.close(write)
        heard = [await lines.next() for _ in range(5)]
        await eventually(lines.ended.is_set)
        os.close(read)
        return heard

    assert asyncio.run(scenario()) == [b"one", b"two", b"", b"three", None]


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("piece", [b"x" * 65_535 + b"\n", b"\n" * 65_536])
def test_what_was_not_forwarded_is_not_piled_up(piece: bytes, loop: Loop) -> None:
    async def scenario() -> tuple[int, int, int]:
        read, write = os.pipe()
        os.set_blocking(write, False)
        lines = Lines(read, loop(), backlog=100_000)
        taken = 0
        for _ in range(20):
            with suppress(BlockingIOError):
                taken += os.write(write, piece)
            await asyncio.sleep(0.01)
        piled = taken
        os.close(write)
        heard = 0
        while (line := await lines.next()) is not None:
            heard += len(line) + 1
        os.close(read)
        return piled, taken, heard

    piled, taken, heard = asyncio.run(scenario())
    assert piled < 500_000
    assert heard == taken


def test_a_file_is_read_to_its_end(tmp_path: Path) -> None:
    async def scenario() -> int:
        descriptor = os.open(file, os.O_RDONLY)
        lines = Lines(descriptor, asyncio.get_running_loop(), backlog=1000)
        heard = 0
        while await lines.next() is not None:
            heard += 1
        os.close(descriptor)
        return heard

    file = tmp_path / "lines"
    file.write_bytes(b"a line\n" * 50_000)
    assert asyncio.run(scenario()) == 50_000


@pytest.mark.parametrize("loop", LOOPS)
def test_a_terminal_that_hangs_up_is_the_end(loop: Loop) -> None:
    async def scenario() -> list[bytes | None]:
        main, terminal = os.openpty()
        lines = Lines(main, loop())
        os.close(terminal)
        heard = [await lines.next()]
        os.close(main)
        return heard

    assert asyncio.run(scenario()) == [None]


def test_lines_that_come_after_the_end_disturb_nobody() -> None:
    read, write = os.pipe()
    before = set(threading.enumerate())

    async def scenario() -> None:
        Lines(read, cast("asyncio.AbstractEventLoop", WithoutReaders()))

    asyncio.run(scenario())
    os.write(write, b"late\n")
    asyncio.run(eventually(lambda: set(threading.enumerate()) <= before))
    os.close(write)
    os.close(read)


@pytest.mark.parametrize("sizes", [[20_000_000], [10] * 50_000, [10, 100_000, 10, 5_000, 4_095, 4_096, 10] * 100])
def test_a_client_hears_all_in_order_however_slow_it_is(sizes: list[int]) -> None:
    async def scenario() -> None:
        read, write = os.pipe()
        output = Output(write, lambda: None)
        lines = [(b"%d " % number).ljust(size, b"x") for number, size in enumerate(sizes)]
        whole = b"".join(line + b"\n" for line in lines)
        with os.fdopen(read, "rb") as reader:
            hearing = asyncio.create_task(asyncio.to_thread(reader.read, len(whole)))
            for line in lines:
                await output.send(line)
            assert await hearing == whole
        output.close(1)
        os.close(write)

    asyncio.run(scenario())


def test_a_client_that_is_far_behind_is_waited_for() -> None:
    async def scenario() -> None:
        read, write = os.pipe()
        output = Output(write, lambda: None)
        waiting = asyncio.create_task(output.send(b"x" * 20_000_000))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        with os.fdopen(read, "rb") as reader:
            assert len(await asyncio.to_thread(reader.read, 20_000_001)) == 20_000_001
        await waiting
        output.close(1)
        os.close(write)

    asyncio.run(scenario())


@pytest.mark.parametrize("size", [10, 1_000_000])
def test_a_client_that_is_gone_is_noticed(size: int) -> None:
    async def scenario() -> None:
        read, write = os.pipe()
        gone = threading.Event()
        output = Output(write, gone.set)
        os.close(read)
        await output.send(b"x" * size)
        await eventually(gone.is_set)
        output.close(1)
        os.close(write)

    asyncio.run(scenario())


async def heard(descriptor: int) -> list[bytes]:
    """Every line of a descriptor."""
    lines = Lines(descriptor, asyncio.get_running_loop())
    return [line async for line in _lines(lines)]


async def _lines(lines: Lines) -> AsyncIterator[bytes]:
    while (line := await lines.next()) is not None:
        yield line


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
