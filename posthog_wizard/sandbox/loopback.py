"""The sandbox over HTTP, for other programs on this machine.

It listens on loopback alone, and answers nobody who believes to talk to another host: a web page that points a name of
its own at 127.0.0.1 (DNS rebinding) names itself in `Host` or `Origin`.
"""

import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from posthog_wizard.errors import WizardError
from posthog_wizard.sandbox.api.http_messages import HttpReply, api_error, forbidden

_LOOPBACK = "127.0.0.1"
_NAMES = (_LOOPBACK, "localhost", "[::1]")
LARGEST_BODY = 10 * 1024 * 1024  # bytes
_AT_ONCE = 8
_FAREWELL = 2  # seconds for answers under way when it is told to stop
# On Windows SO_REUSEADDR would let another process take the port, and with it the keys that are sent to it:
# https://learn.microsoft.com/en-us/windows/win32/winsock/using-so-reuseaddr-and-so-exclusiveaddruse
_OURS_ALONE = getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR)
_Exchange = Callable[[str, str, Mapping[str, str], bytes], HttpReply]
_Receive = Callable[[], Awaitable[dict[str, Any]]]
_Send = Callable[[dict[str, Any]], Awaitable[None]]


def listening(port: int) -> socket.socket:
    """A socket that listens on loopback; port 0 is any free one. Raises WizardError for a port that is taken."""
    opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, _OURS_ALONE, 1)
    try:
        opened.bind((_LOOPBACK, port))
    except OSError as problem:
        opened.close()
        why = "it is in use" if problem.errno == errno.EADDRINUSE else problem.strerror
        raise WizardError(
            f"port {port} cannot be used: {why}", "choose another with `--port`, or leave it out"
        ) from problem
    opened.listen(128)
    return opened


def serve_http(opened: socket.socket, exchange: _Exchange) -> None:
    """Answer on that socket until SIGTERM, or Ctrl-C, which raises KeyboardInterrupt when all is answered."""
    import uvicorn  # noqa: PLC0415 - only this command needs it

    settings = uvicorn.Config(
        application(exchange, opened.getsockname()[1]),
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_FAREWELL,
    )
    uvicorn.Server(settings).run(sockets=[opened])


def application(exchange: _Exchange, port: int) -> Callable[[dict[str, Any], _Receive, _Send], Awaitable[None]]:
    """The sandbox as an ASGI application: https://asgi.readthedocs.io/en/latest/specs/www.html."""
    threads = ThreadPoolExecutor(_AT_ONCE, "sandbox")

    async def answer(scope: dict[str, Any], receive: _Receive, send: _Send) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        done, body = _stranger(headers, port), bytearray()
        while done is None:
            message = await receive()
            body += message.get("body", b"")
            if len(body) > LARGEST_BODY:
                done = api_error(413, "too_large", "The body is too large.").reply
            elif not message.get("more_body"):
                break
        path, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
        url = f"http://{headers.get('host', _LOOPBACK)}{path}?{query}"
        asked = (scope["method"], url, headers, bytes(body))
        if done is None:
            done = await asyncio.get_running_loop().run_in_executor(threads, exchange, *asked)
        told = {**done.headers, "Content-Length": str(len(done.body))}
        spelled = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in told.items()]
        await send({"type": "http.response.start", "status": done.status, "headers": spelled})
        await send({"type": "http.response.body", "body": done.body})

    return answer


def _stranger(headers: Mapping[str, str], port: int) -> HttpReply | None:
    """The refusal of a caller that means another host, or that is a web page."""
    hosts = {f"{name}:{port}" for name in _NAMES}
    if headers.get("host", "").lower() not in hosts:
        return forbidden("The sandbox answers to its own address only.").reply
    origin = headers.get("origin")
    if origin is not None and origin.lower() not in {f"http://{host}" for host in hosts}:
        return forbidden("The sandbox does not answer to web pages.").reply
    return None
