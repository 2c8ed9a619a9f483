"""What a request says of itself and its client, read off the MCP SDK's context, whichever server class made it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from posthog_wizard.model import NOTHING
from posthog_wizard.net.jsonrpc import object_of, text_of

if TYPE_CHECKING:
    from posthog.mcp import SessionTokenPayload

_ENVELOPE: Final = "io.modelcontextprotocol/"
"""What the keys of `_meta` begin with that stand in for a handshake:
https://modelcontextprotocol.io/specification/2026-07-28/basic"""
MINTED: Final = "posthog_wizard.session_token"
"""Where the scope of an HTTP request has a list of the token that its answer will carry, if any."""


class McpRequest(NamedTuple):
    """One request. `headers` are those of HTTP; `ctx` is the MCP SDK's own context.

    `channel` is what only this client's requests come through; None where each comes by itself. `session` is the id of
    the transport's session, or without a channel what the client says it is.
    """

    method: str
    params: Mapping[str, Any] = NOTHING
    client_name: str | None = None
    client_version: str | None = None
    protocol: str | None = None
    handshake: Mapping[str, Any] | None = None  # what an `initialize` would have said, where there is none
    session: str | None = None
    headers: Mapping[str, str] | None = None
    channel: object | None = None
    ctx: Any = None

    @property
    def arguments(self) -> Mapping[str, Any]:
        """The arguments of a tool call."""
        return object_of(self.params, "arguments")

    @property
    def meta(self) -> Mapping[str, Any]:
        """The request's metadata as the client sent it."""
        return object_of(self.params, "_meta")


def read_request(ctx: Any) -> McpRequest:
    """The request of a `ServerRequestContext` of the MCP SDK."""
    given, found = ctx.params or NOTHING, getattr(ctx.request, "headers", None)
    headers = None if found is None else {name.lower(): value for name, value in found.items()}
    connection: Any = getattr(ctx.session, "_connection", None)
    # the way back to the client, which a transport has if and only if it keeps one client's requests together
    channel = connection.outbound if getattr(connection, "has_standalone_channel", False) else None
    meta = McpRequest(ctx.method, given).meta
    session = _session(ctx, meta, headers or NOTHING)
    token = session_token(session) if session and channel is None else None
    name, version = _client(ctx, given, meta) or ((token.client_name, token.client_version) if token else (None, None))
    is_hinted = "mcp-protocol-version" in (headers or NOTHING)  # where it is not, the SDK assumes an old one
    return McpRequest(
        method=ctx.method,
        params=given,
        client_name=name,
        client_version=version,
        protocol=(not is_hinted and token and token.protocol_version) or _protocol(ctx, given, meta),
        handshake=_handshake(meta),
        session=session,
        headers=headers,
        channel=channel,
        ctx=ctx,
    )


def session_token(identifier: str) -> SessionTokenPayload | None:
    """What a session id says that is a token of PostHog's; None for any other.

    A token is not signed: one that names anything but a session might name a person, whose events ours would become.
    """
    from posthog.mcp import decode_session_id  # noqa: PLC0415 - the posthog SDK takes a quarter of a second

    token = decode_session_id(identifier)
    return token if token is not None and token.session_id.startswith("ses_") else None


def _client(ctx: Any, params: Mapping[str, Any], meta: Mapping[str, Any]) -> tuple[str | None, str | None] | None:
    said = params.get("clientInfo") if ctx.method == "initialize" else meta.get(f"{_ENVELOPE}clientInfo")
    if isinstance(said, Mapping):
        return text_of(said, "name") or None, text_of(said, "version") or None
    known = getattr(ctx.session, "client_params", None)
    return (known.client_info.name, known.client_info.version) if known is not None else None


def _protocol(ctx: Any, params: Mapping[str, Any], meta: Mapping[str, Any]) -> str | None:
    if ctx.method == "initialize":
        return text_of(params, "protocolVersion") or None
    return text_of(meta, f"{_ENVELOPE}protocolVersion") or ctx.protocol_version


def _handshake(meta: Mapping[str, Any]) -> Mapping[str, Any] | None:
    said = {key.removeprefix(_ENVELOPE): value for key, value in meta.items() if key.startswith(_ENVELOPE)}
    renamed = {"clientCapabilities": "capabilities"}
    return {renamed.get(key, key): value for key, value in said.items()} if "protocolVersion" in said else None


def _session(ctx: Any, meta: Mapping[str, Any], headers: Mapping[str, str]) -> str | None:
    """The id of the transport's session, which a first request cannot carry yet, or else what the client carries."""
    proved: str | None = getattr(getattr(ctx.session, "_connection", None), "session_id", None) or None
    if proved or _handshake(meta) is not None:  # the era without handshakes has no sessions either
        return proved
    return headers.get("mcp-session-id") or next(iter(getattr(ctx.request, "scope", NOTHING).get(MINTED, ())), None)
