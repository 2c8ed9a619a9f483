"""`instrument`: the one call that makes a Python MCP server report to PostHog.

Not the SDK's `posthog.mcp.instrument`. With 7.91.1, in the conversation of `tests/support/conversation.py`, that
sends 14 events, ours 18 (none for prompts, no `$identify`); it makes 5 sessions of one on stdio, sends 37 nulls and 9
frames with absolute paths, puts the handle of a conversation into an error's message, and takes 21 ms for a call with
4 kB, ours 0.09 ms.

Where PostHog's reference page and its SDKs differ, the page wins, then the contract across SDKs, then `@posthog/mcp`
0.16.3; `tests/e2e/test_analytics.py` lists every difference. FastMCP is watched within, in the MCP SDK's server that
it wraps: its own middleware sees its objects, not the protocol's.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Unpack

from posthog_wizard.analytics.handle import Analytics
from posthog_wizard.analytics.options import OptionArguments, Options
from posthog_wizard.analytics.sessions import Clock, give_tokens

if TYPE_CHECKING:
    from posthog_wizard.analytics.event_queue import PosthogClient

log = logging.getLogger("posthog_wizard.analytics")
_CLOCK = Clock()
_MOST_PAGES: Final = 100  # of tools that are looked up


def instrument(
    server: Any,
    client: PosthogClient | None = None,
    *,
    clock: Clock = _CLOCK,
    environment: Mapping[str, str] | None = None,
    **options: Unpack[OptionArguments],
) -> Analytics:
    """Report what a server is asked to PostHog, as MCP analytics: https://posthog.com/docs/mcp-analytics.

    `server` is a low-level `Server` or an `MCPServer` of the `mcp` SDK (2.3 or later), or a `FastMCP` (4 or later).
    `client` is a `posthog.Posthog` that is used for nothing else, since all that it sends is labelled as MCP
    analytics; with None, or where `environment` (usually the process's) says DO_NOT_TRACK, nothing is sent. `flush` of the
    handle, and the end of the process, wait two seconds at most; `shutdown` of the client, which is not needed, waits as
    long as the client's own settings say.
    `options` are the fields of `posthog_wizard.analytics.options.Options`. A second call for a server gives the first
    one's handle.

    Raises TypeError for an unknown option, ValueError for feedback properties that collide with our own and for a
    `server_build` that is too long. Any other
    trouble is told to the log, and the server is left as it was.
    """
    chosen = Options(**options)

    def tell(line: str) -> None:
        try:
            (chosen.logger or log.warning)(line)
        except Exception:  # noqa: BLE001 - the author's code; analytics never raise
            log.warning("the logger raised; it was told: %s", line)

    try:
        silent = do_not_track(os.environ if environment is None else environment)
        return _instrumented(server, None if silent else client, chosen, clock, tell)
    except ValueError:
        raise
    except Exception as problem:  # noqa: BLE001 - analytics are never in the way
        tell(f"this server is not watched: {type(problem).__name__}: {problem}")
        return Analytics()


def do_not_track(environment: Mapping[str, str]) -> bool:
    """Whether the environment asks not to be tracked: https://consoledonottrack.com."""
    return environment.get("DO_NOT_TRACK", "").strip().lower() not in {"", "0", "false"}


def _instrumented(
    server: Any, client: PosthogClient | None, options: Options, clock: Clock, tell: Callable[[str], None]
) -> Analytics:
    from posthog_wizard.analytics import middleware as seams  # noqa: PLC0415
    from posthog_wizard.analytics.event_queue import EventQueue  # noqa: PLC0415
    from posthog_wizard.analytics.recorder import Recorder  # noqa: PLC0415
    from posthog_wizard.analytics.virtual_tools import virtual_tools  # noqa: PLC0415

    chain = seams.middleware_of(server)
    known = next((one for one in chain if isinstance(one, seams.AnalyticsMiddleware)), None)
    if known is not None:
        return known.handle
    virtual = virtual_tools(options, tell)
    sending = None if client is None else EventQueue(client, options, tell)
    put = (lambda _event: None) if sending is None else sending.put
    recorder = Recorder(options, put, tell, clock, (server.name, server.version))
    handle = Analytics() if sending is None else Analytics(recorder, sending)
    resolve = options.resolve_original_tool
    registry = (lambda name, _ctx: resolve(name)) if resolve else _registry(server)
    if sending is not None:
        seams.flush_at_the_end(server, handle.flush)
        give_tokens(server)
    seams.keep_what_tools_raise(server)
    chain.append(seams.AnalyticsMiddleware(recorder, virtual, handle, registry))
    return handle


def _registry(server: Any) -> Callable[[str, Any], Awaitable[Any]]:
    """How a server is asked for a tool, in the context of a request; a low-level one is for all of them, once."""
    from posthog_wizard.analytics.middleware import as_dict  # noqa: PLC0415 - with all of the above

    async def got(name: str, _ctx: Any) -> Any:
        found = await server.get_tool(name)
        return None if found is None else as_dict(found.to_mcp_tool())

    async def listed(name: str, _ctx: Any) -> Any:
        return next((as_dict(tool) for tool in await server.list_tools() if tool.name == name), None)

    known: dict[str, Any] = {}

    async def handled(name: str, ctx: Any) -> Any:
        entry = server.get_request_handler("tools/list")
        if entry is not None and not known:
            found, cursor = {}, None  # known when whole: calls that come meanwhile ask for themselves
            for _ in range(_MOST_PAGES):
                page = as_dict(await entry.handler(ctx, entry.params_type(cursor=cursor)))
                found.update({tool["name"]: tool for tool in page["tools"]})
                cursor = page.get("nextCursor")
                if not cursor:
                    break
            known.update(found)
        return known.get(name)

    if hasattr(server, "get_tool"):  # FastMCP
        return got
    return listed if hasattr(server, "list_tools") else handled
