"""Work that may never end, in a thread that nobody waits for when the process ends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

Result = TypeVar("Result")


def started(work: Callable[[], Result]) -> Future[Result]:
    """The result to come, or what is raised in its place."""
    future: Future[Result] = Future()
    future.set_running_or_notify_cancel()
    threading.Thread(target=_do, args=(work, future), daemon=True).start()
    return future


async def in_background(work: Callable[[], Result]) -> Result:
    """The result, while the event loop goes on. Raises what the work raises."""
    from asyncio import wrap_future  # noqa: PLC0415 - most commands have no loop

    return await wrap_future(started(work))


def _do(work: Callable[[], Result], future: Future[Result]) -> None:
    try:
        result = work()
    except BaseException as problem:  # noqa: BLE001 - it is raised where the result is awaited
        future.set_exception(problem)
    else:
        future.set_result(result)
