"""PostHog Cloud on loopback: both regions and the hosted MCP server over TLS, behind a company's proxy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.hosted import Hosted
from tests.support.machines import KEY
from tests.support.network import Authority, Proxy
from tests.support.posthog import PostHog, SandboxKey
from tests.support.posthog_core import posthog
from tests.support.wire import Reply

US, EU = "us.posthog.com", "eu.posthog.com"
MCP, MCP_EU = "mcp.posthog.com", "mcp-eu.posthog.com"
NAMES = (US, EU, MCP, MCP_EU)
SCOPES = (
    "dashboard:write", "error_tracking:read", "event_definition:read", "experiment:write", "feature_flag:write",
    "insight:write", "organization:read", "project:read", "property_definition:read", "query:read", "survey:write",
    "user:read",
)  # fmt: skip


class World(NamedTuple):
    """What runs, and the environment of a machine that is in it."""

    us: PostHog
    eu: PostHog
    hosted: Hosted
    proxy: Proxy
    environment: Mapping[str, str]


@cache
def authority() -> Authority:
    """Who signs; making keys takes a while."""
    return Authority()


@contextmanager
def world(
    root: Path,
    *,
    key: str = KEY,
    us: tuple[SandboxKey, ...] = (SandboxKey(KEY, SCOPES),),
    eu: tuple[SandboxKey, ...] = (SandboxKey("phx_somebody_else"),),
    faults: Mapping[str, Reply] | None = None,
    streams: bool = False,
    reachable: tuple[str, ...] = NAMES,
    refusal: str = "403 Forbidden",
    trusted: bool = True,
    **more: Any,
) -> Iterator[World]:
    """Run it. `key` is the hosted server's, `refusal` what the proxy says to names that are not `reachable`, `more` goes to it."""
    tls = authority().server(*NAMES)
    with ExitStack() as stack:
        servers = [stack.enter_context(posthog(*keys, tls=tls)) for keys in (us, eu)]
        hosted = stack.enter_context(Hosted(key, faults or {}, streams, tls, **more))
        ports = {US: servers[0].port, EU: servers[1].port, MCP: hosted.port, MCP_EU: hosted.port}
        led = {name: port for name, port in ports.items() if name in reachable}
        proxy = stack.enter_context(Proxy(led, refusal))
        file = authority().write(root / "authority.pem")
        environment = {"HTTPS_PROXY": proxy.url, **({"SSL_CERT_FILE": str(file)} if trusted else {})}
        yield World(servers[0], servers[1], hosted, proxy, environment)
