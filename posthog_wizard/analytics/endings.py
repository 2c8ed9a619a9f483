"""What ends or divides a process: its last events are sent, and a child begins with none of its parent's."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final
from weakref import WeakMethod

_SIGTERM_PATIENCE: Final = 1.5  # seconds; the process has two
_LIFESPAN_PATIENCE: Final = 0.5  # seconds; more is left to the process's end, where there is one
_Flush = Callable[[float], Any]
_flushes: list[WeakMethod[_Flush]] = []


def renew_after_fork(renew: Callable[[], None]) -> None:
    """Have a method called in every child of this process, for as long as its object lives."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=partial(_call, WeakMethod(renew)))


def flush_on_sigterm(flush: _Flush) -> None:
    """Have a method called (with seconds) before SIGTERM ends this process, if nothing else is to happen then.

    Who has a handler of their own, as uvicorn, ends in their own way, and only a main thread may have one.
    """
    _flushes[:] = [known for known in _flushes if known() is not None] + [WeakMethod(flush)]
    is_main = threading.current_thread() is threading.main_thread()
    if is_main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _at_sigterm)


def flush_at_the_end(server: Any, flush: Callable[[float], Awaitable[None]]) -> None:
    """Have events sent when a server's lifespan ends: uvicorn's processes end by a signal after that, without `atexit`."""
    inner = getattr(server, "_lowlevel_server", getattr(server, "_mcp_server", server))
    before = inner.lifespan

    @asynccontextmanager
    async def lifespan(given: Any) -> AsyncIterator[Any]:
        import anyio  # noqa: PLC0415 - whoever has a server has it

        async with before(given) as state:
            try:
                yield state
            finally:
                with anyio.CancelScope(shield=True):
                    await flush(_LIFESPAN_PATIENCE)

    inner.lifespan = lifespan


def _at_sigterm(number: int, _frame: object) -> None:
    sending = threading.Thread(target=_flush_all, daemon=True)  # this one may hold a lock that a flush takes
    sending.start()
    sending.join(_SIGTERM_PATIENCE)
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)


def _flush_all() -> None:
    for known in _flushes:
        _call(known, _SIGTERM_PATIENCE)


def _call(known: WeakMethod[Callable[..., Any]], *given: float) -> None:
    """Call a method, unless its object is gone."""
    method = known()
    if method is not None:
        method(*given)
