"""Threads that nobody waits for when the process ends."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from posthog_wizard.credentials.threads import started

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class DaemonThreads(ThreadPoolExecutor):
    """What asyncio resolves names with: a name server that does not answer must not keep the process alive."""

    def submit(
        self, fn: Callable[Arguments, Result], /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Future[Result]:
        """Call the function in a thread of its own."""
        return started(partial(fn, *args, **kwargs))
