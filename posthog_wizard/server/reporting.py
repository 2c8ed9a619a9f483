"""The server's calls as MCP analytics, with `--analytics-key`.

`instrument` takes a server of the MCP SDK, its middleware and the contexts of its requests. What it asks of them ours has
too, so that the SDK is not loaded: 28 MB, and half of the start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from posthog_wizard.analytics import Analytics, instrument
from posthog_wizard.analytics.sdk_client import LazyClient, new_client
from posthog_wizard.model import Json, Secret
from posthog_wizard.server.dispatcher import Dispatcher, Proceed, Watch
from posthog_wizard.server.methods import SERVER_INFO
from posthog_wizard.server.service import BY_NAME, Service
from posthog_wizard.tools.listing import definition

_PATIENCE = 10.0  # seconds for PostHog to say in which region the key is


@dataclass(frozen=True)
class _Context:
    """A request with the fields of the SDK's `ServerRequestContext` that are read; over stdio there is no HTTP `request`."""

    method: str
    params: Mapping[str, Any] | None
    request_id: Json
    session: Any
    protocol_version: str | None
    request: None = None


def reporting(service: Service, key: Secret) -> tuple[Watch, Analytics]:
    """What watches requests for the project of a key (phc_), in the PostHog that the server answers from, and its handle.

    Answers are left out: they are made of the project's data, of persons for one.
    """
    with suppress(ImportError):  # what it lacks the log tells with the first event
        # at the end it would take a quarter of what clients wait for it
        import_module("posthog_wizard.analytics.payloads")
    loop = asyncio.get_running_loop()
    access = service.workspace.access

    def base() -> str:
        if access.host is not None:
            return access.host
        told = asyncio.run_coroutine_threadsafe(service.workspace.report(), loop).result(_PATIENCE)
        return str(told.host)

    # It has no lifespan and no app: who serves it flushes, and over stdio there are no sessions to carry.
    name, version = SERVER_INFO["name"], SERVER_INFO["version"]
    server = SimpleNamespace(name=name, version=version, middleware=[], lifespan=None, streamable_http_app=base)
    analytics = instrument(
        server,
        LazyClient(lambda: new_client(key.reveal(), base(), access.ca_file)),
        capture_model=False,
        enable_conversation_id=False,
        capture_responses=False,
        resolve_original_tool=lambda name: definition(BY_NAME[name]) if name in BY_NAME else None,
    )

    async def watch(client: Dispatcher, content: dict[str, Json], proceed: Proceed) -> dict[str, Json]:
        async def call_next(context: _Context) -> dict[str, Json]:
            return await proceed(content if context is asked else {**content, "params": context.params})

        session, version = _session_of(client), client.hello.get("protocolVersion")
        asked = _Context(content["method"], content.get("params"), content["id"], session, version)
        result: dict[str, Json] = await server.middleware[0](asked, call_next)
        return result

    return watch if server.middleware else (lambda _client, content, proceed: proceed(content)), analytics


def _session_of(client: Dispatcher) -> Any:
    """The one client of the process, whose requests all come through one channel."""
    said = client.hello.get("clientInfo")
    info = said and SimpleNamespace(client_info=SimpleNamespace(name=said["name"], version=said["version"]))
    connection = SimpleNamespace(has_standalone_channel=True, outbound=client, session_id=None)
    return SimpleNamespace(client_params=info, _connection=connection)
