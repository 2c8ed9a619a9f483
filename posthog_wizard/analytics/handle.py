"""What the author of a server holds: events of their own, and a flush."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from posthog_wizard.model import NOTHING

if TYPE_CHECKING:
    from posthog_wizard.analytics.event_queue import EventQueue
    from posthog_wizard.analytics.recorder import Recorder

_PATIENCE: Final = 0.3  # seconds; the client takes one more at most when the process ends


class Analytics:
    """The handle that `instrument` gives. Where nothing is sent, both methods do nothing."""

    def __init__(self, recorder: Recorder | None = None, sending: EventQueue | None = None) -> None:
        self._recorder, self._sending = recorder, sending

    async def capture(self, event: str, properties: Mapping[str, Any] = NOTHING) -> None:
        """Send an event of your own, under its name as it is, in the session of the call that it is told in.

        When that call has ended, by a task that goes on, it is told of the process: its only client's over stdio, else
        nobody's.
        Raises ValueError when `event` is no name.
        """
        if not event:
            raise ValueError('an event needs a name, as in `await analytics.capture("report_exported")`')
        if self._recorder is not None:
            self._recorder.custom(event, properties)

    async def flush(self, timeout: float = _PATIENCE) -> None:  # noqa: ASYNC109 - waited for in a thread
        """Wait until what has happened so far is sent, `timeout` seconds at most. Never raises."""
        if self._recorder is None or self._sending is None:
            return
        import anyio  # noqa: PLC0415 - with the middleware, which has it

        tasks = [task for task in list(self._recorder.tasks) if task.get_loop() is asyncio.get_running_loop()]
        if tasks:
            await asyncio.wait(tasks, timeout=timeout / 2)
        work = functools.partial(self._sending.flushed, timeout)  # not in a thread that others may be waiting for
        await anyio.to_thread.run_sync(work, abandon_on_cancel=True, limiter=anyio.CapacityLimiter(1))
