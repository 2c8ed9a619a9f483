"""Asking the author's callbacks, which may be plain or asynchronous, and may fail."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


def invoke(callback: Callable[..., Any] | None, *given: Any, tell: Callable[[str], None]) -> Any:
    """What a callback gives, perhaps an awaitable; None where there is none, or where it raises."""
    with _told(tell):
        return None if callback is None else callback(*given)


async def resolve(answer: Any, tell: Callable[[str], None]) -> Any:
    """What an answer comes to in the end; None where it raises."""
    with _told(tell):
        return await answer if inspect.isawaitable(answer) else answer


@contextmanager
def _told(tell: Callable[[str], None]) -> Iterator[None]:
    try:
        yield
    except Exception as problem:  # noqa: BLE001 - the author's code; analytics never raise
        tell(f"a callback raised {type(problem).__name__}: {problem}")
