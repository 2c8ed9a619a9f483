"""A PostHog inside this process: httpx's requests are answered by a function, without port or network."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import httpx

Exchange = Callable[[str, str, Mapping[str, str], bytes], tuple[int, Mapping[str, str], bytes]]
"""Method, absolute URL, headers and body of a request; status, headers and body of its answer. It may take its time."""
_AT_ONCE = 8  # answers; further requests wait their turn


class InProcessTransport(httpx.AsyncBaseTransport):
    """Answers are computed in threads, so that other calls go on meanwhile; the process does not wait for them to end."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._threads = ThreadPoolExecutor(_AT_ONCE, "sandbox")

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer to a request."""
        body = await request.aread()
        loop, given = asyncio.get_running_loop(), (request.method, str(request.url), dict(request.headers), body)
        status, headers, content = await loop.run_in_executor(self._threads, self._exchange, *given)
        return httpx.Response(status, headers=dict(headers), content=content)

    async def aclose(self) -> None:
        """Begin nothing more."""
        self._threads.shutdown(wait=False, cancel_futures=True)
