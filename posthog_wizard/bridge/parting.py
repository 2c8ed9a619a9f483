"""The end of a session."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from posthog_wizard.bridge.headers import Headers
from posthog_wizard.bridge.link import Link
from posthog_wizard.bridge.streams import BROKEN


async def end_session(link: Link, session: Headers) -> None:
    """Tell the server that a session is over, if it is quick about it; it may not care."""
    with suppress(TimeoutError, *BROKEN):
        async with (
            asyncio.timeout(link.settings.waits.farewell),
            link.upstream.exchange("DELETE", link.own_headers + session),
        ):
            pass
