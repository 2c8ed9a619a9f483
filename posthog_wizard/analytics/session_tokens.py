"""Tokens that carry a session over HTTP without sessions: given with the answer to `initialize`, and sent back by clients.

They are those of PostHog's own SDKs, in `Mcp-Session-Id`; they are not signed and prove nothing, see `sessions.py`.

The SDK has a middleware for it, but its session ids have dashes, and it buffers bodies.
"""

from __future__ import annotations

import functools
import json
from datetime import UTC, datetime
from http import HTTPStatus
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
        """Pass a request on, and look at its body while the app reads it."""
        body, minted = bytearray(), list[str]()  # the list is in copies of the scope, too

        async def received() -> Any:
            message = await receive()
            body.extend(message.get("body", b"")[: _LONGEST - len(body)])
            if message["type"] == "http.request" and not message.get("more_body"):
                minted.extend(_minted(bytes(body)))
            return message

        async def sent(message: Any) -> None:
            given = message.get("headers", ())
            if minted and message.get("status") == HTTPStatus.OK and _HEADER not in dict(given):
                message = {**message, "headers": [*given, (_HEADER, minted[0].encode())]}
            await send(message)

        begins = scope["type"] == "http" and scope["method"] == "POST" and _HEADER not in dict(scope["headers"])
        await self._app(*(({**scope, MINTED: minted}, received, sent) if begins else (scope, receive, send)))


def give_tokens(server: Any) -> None:
    """Have the apps that a server makes from now on give tokens."""
    owner = getattr(server, "_lowlevel_server", server)
    name = "http_app" if hasattr(owner, "http_app") else "streamable_http_app"
    make = getattr(owner, name)

    @functools.wraps(make)
    def made(*arguments: Any, **named: Any) -> Any:
        app = make(*arguments, **named)
        app.add_middleware(SessionTokens)
        return app

    setattr(owner, name, made)


def _minted(body: bytes) -> list[str]:
    """A token for the client of an `initialize`; none for anything else."""
    try:
        from posthog.mcp import SessionTokenPayload, encode_session_id  # noqa: PLC0415 - a quarter of a second

        message = json.loads(body) if b'"initialize"' in body else {}
        params = message["params"] if message["method"] == "initialize" else {}
        told = params["clientInfo"].get("name"), params["clientInfo"].get("version")
        session = new_session(datetime.now(UTC))
        return [encode_session_id(SessionTokenPayload(session, *told, protocol_version=params.get("protocolVersion")))]
    except Exception:  # noqa: BLE001 - what is no handshake is the app's to refuse, and it is answered whatever the SDK lacks
        return []
