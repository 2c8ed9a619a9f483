"""Threads that nobody waits for when the process ends."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from posthog_wizard.credentials.background import start_in_background

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


class DaemonThreads(ThreadPoolExecutor):
    """What asyncio resolves names with: a name server that does not answer must not keep the process alive."""

    def submit(
        self, fn: Callable[_Arguments, _Result], /, *args: _Arguments.args, **kwargs: _Arguments.kwargs
    ) -> Future[_Result]:
        """Call the function in a thread of its own."""
        return start_in_background(partial(fn, *args, **kwargs))
