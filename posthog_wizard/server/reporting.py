"""The bundled server's own analytics, for a team that wants to see what its agents do. Off unless a key is given."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from mcp.server.lowlevel import Server

from posthog_wizard.analytics import Analytics, instrument
from posthog_wizard.analytics.sdk_client import LazyClient, new_client
from posthog_wizard.model import Secret
from posthog_wizard.server.service import BY_NAME, Service
from posthog_wizard.tools.listing import definition

_PATIENCE: Final = 10.0  # seconds for PostHog to say in which region the key is
PARTING: Final = 1.0  # seconds at the end; this process then leaves without a goodbye to anybody


def report(server: Server[Any], service: Service, key: Secret) -> Analytics:
    """Report the server's calls to the project of a key (phc_) in the PostHog that the server answers from.

    Answers are left out: they are made of the project's data, of persons for one.
    """
    loop = asyncio.get_running_loop()
    access = service.workspace.access

    def base() -> str:
        if access.host is not None:
            return access.host
        told = asyncio.run_coroutine_threadsafe(service.workspace.report(), loop).result(_PATIENCE)
        return str(told.host)

    return instrument(
        server,
        LazyClient(lambda: new_client(key.reveal(), base(), access.ca_file)),
        capture_model=False,
        enable_conversation_id=False,
        capture_responses=False,
        resolve_original_tool=_defined,
    )


def _defined(name: str) -> Mapping[str, Any] | None:
    return definition(BY_NAME[name]) if name in BY_NAME else None
