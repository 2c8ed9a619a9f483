"""The end of a session."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from posthog_wizard.bridge.bridge_context import BridgeContext
from posthog_wizard.bridge.event_streams import BROKEN
from posthog_wizard.bridge.headers import Headers


async def end_session(context: BridgeContext, session: Headers) -> None:
    """Tell the server that a session is over, if it is quick about it; it may not care."""
    with suppress(TimeoutError, *BROKEN):
        async with (
            asyncio.timeout(context.settings.waits.farewell),
            context.upstream.exchange("DELETE", context.own_headers + session),
        ):
            pass
