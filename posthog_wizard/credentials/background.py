"""Work that may never end, in a thread that nobody waits for when the process ends."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

_Result = TypeVar("_Result")


def start_in_background(work: Callable[[], _Result]) -> Future[_Result]:
    """The result to come, or what is raised in its place."""
    future: Future[_Result] = Future()
    future.set_running_or_notify_cancel()

    def do() -> None:
        try:
            result = work()
        except BaseException as problem:  # noqa: BLE001 - raised where the result is awaited; a panic in Rust is no Exception
            told = RuntimeError(f"{type(problem).__name__}: {problem}")
            future.set_exception(problem if isinstance(problem, Exception) else told)
        else:
            future.set_result(result)

    threading.Thread(target=do, daemon=True).start()
    return future


async def in_background(work: Callable[[], _Result]) -> _Result:
    """The result, while the event loop goes on. Raises what the work raises."""
    from asyncio import wrap_future  # noqa: PLC0415 - most commands have no loop

    return await wrap_future(start_in_background(work))
