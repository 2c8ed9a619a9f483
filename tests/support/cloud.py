"""PostHog Cloud's addresses, led to servers on loopback: the transport is the seam."""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from tests.support.posthog import PostHog


class Cloud(httpx.AsyncBaseTransport):
    """A transport that sends what is meant for a host to the PostHog that stands for it, over real HTTP.

    A host that is not given refuses connections, as a machine without network does.
    """

    def __init__(self, servers: Mapping[str, PostHog]) -> None:
        self._servers = servers
        self._real = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_keepalive_connections=0))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        server = self._servers.get(request.url.host)
        if server is None:
            raise httpx.ConnectError("All connection attempts failed", request=request)
        there = request.url.copy_with(scheme="http", host="127.0.0.1", port=server.port)
        return await self._real.handle_async_request(
            httpx.Request(
                request.method, there, headers=request.headers, stream=request.stream, extensions=request.extensions
            )
        )
