"""Tokens that carry a session over HTTP without sessions: given with the answer to `initialize`, and sent back by clients.

They are those of PostHog's own SDKs, in `Mcp-Session-Id`; they are not signed and prove nothing, see `sessions.py`.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from posthog_wizard.analytics.requests import MINTED
from posthog_wizard.analytics.sessions import new_session

_HEADER: Final = b"mcp-session-id"
_LONGEST: Final = 65_536  # bytes of a body that are looked at; a handshake is short


class SessionTokens:
    """ASGI middleware: gives a token to a client that begins, where neither it nor the transport has a session."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on."""
        if scope["type"] != "http" or scope["method"] != "POST" or _HEADER in dict(scope["headers"]):
            await self._app(scope, receive, send)
            return
        body, minted = bytearray(), scope.setdefault(MINTED, [])

        async def received() -> Any:
            message = await receive()
            body.extend(message.get("body", b"")[: _LONGEST - len(body)])
            if not message.get("more_body") and not minted:
                minted.extend(_minted(bytes(body)))
            return message

        async def sent(message: Any) -> None:
            if minted and message.get("status") == 200 and _HEADER not in dict(message.get("headers", ())):  # noqa: PLR2004
                message = {**message, "headers": [*message.get("headers", ()), (_HEADER, minted[0].encode())]}
            await send(message)

        await self._app(scope, received, sent)


def give_tokens(server: Any) -> None:
    """Have the apps that the server makes from now on give tokens."""
    for owner, name in ((getattr(server, "_lowlevel_server", server), "streamable_http_app"), (server, "http_app")):
        if hasattr(owner, name):
            setattr(owner, name, _giving(getattr(owner, name)))


def _giving(make: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(make)
    def made(*arguments: Any, **named: Any) -> Any:
        app = make(*arguments, **named)
        app.add_middleware(SessionTokens)
        return app

    return made


def _minted(body: bytes) -> list[str]:
    """A token for the client of an `initialize`; none for anything else."""
    from posthog.mcp import SessionTokenPayload, encode_session_id  # noqa: PLC0415 - a quarter of a second

    try:
        message = json.loads(body) if b'"initialize"' in body else {}
        params = message["params"] if message["method"] == "initialize" else {}
        told = params["clientInfo"].get("name"), params["clientInfo"].get("version")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return []
    session = new_session(datetime.now(UTC))
    return [encode_session_id(SessionTokenPayload(session, *told, protocol_version=params.get("protocolVersion")))]
