"""MCP's handshake as a conversation: what a client says, what a server must answer, and one harmless call. Pure.

https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

from posthog_wizard import __version__
from posthog_wizard.doctor.probes.probe_failure import ADD, ProbeFailure
from posthog_wizard.model import Json
from posthog_wizard.net.jsonrpc import METHOD_NOT_FOUND, id_key
from posthog_wizard.tokens import tokens

POSTED = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
"""The headers of a message over HTTP."""
_PROTOCOL = "2025-11-25"
_MOST_PAGES = 100


class _Proof(NamedTuple):
    """What came of calls that change nothing: the tool that gave data, else the last one and what it said instead."""

    tool: str
    refusal: str | None = None


class Offer(NamedTuple):
    """What a server offers: its tools' names, and what their list costs a model."""

    tools: tuple[str, ...]
    tokens: int
    server: str | None  # as it names itself
    protocol: str | None
    proof: _Proof | None = None  # None: nothing was called


Harmless = Callable[[Sequence[Mapping[str, Json]]], tuple[str, ...]]
"""From a list of tools to the names of those that may be called, in order."""


def no_call(_tools: Sequence[Mapping[str, Json]]) -> tuple[str, ...]:
    """What may be called of a server that is somebody else's."""
    return ()


class SaidNo(Exception):
    """The server answered with an error of JSON-RPC: it speaks, but it does not work."""

    def __init__(self, method: str, message: str, code: Json) -> None:
        super().__init__(message)
        self.method, self.message, self.code = method, message, code


_Exchange = Callable[[dict[str, Json]], Awaitable[Json]]
"""Sends a message and gives the answer to a request, None for a notification."""


async def converse(harmless: Harmless, exchange: _Exchange) -> Offer:
    """The handshake, all pages of the list of tools, and calls until one gives data. Raises SaidNo and ProbeFailure."""
    hello = _result("initialize", await exchange(introduction()))
    await exchange({"jsonrpc": "2.0", "method": "notifications/initialized"})
    tools: list[Json] = []
    cursor: Json = None
    for page in range(_MOST_PAGES):
        asked = _request(page + 2, "tools/list", {"cursor": cursor} if cursor else {})
        listed = _result("tools/list", await exchange(asked), absent={"tools": []})
        found = listed.get("tools")
        if not isinstance(found, list) or not all(isinstance(one, Mapping) and "name" in one for one in found):
            raise _strange("its list of tools is not a list")
        tools += found
        cursor = listed.get("nextCursor")
        if not cursor:
            return _offer(hello, tools, await _proof(page + 3, harmless(tools), exchange))
    raise _strange(f"it has more than {_MOST_PAGES} pages of tools")


async def _proof(number: int, names: Sequence[str], exchange: _Exchange) -> _Proof | None:
    """The first tool that gives data: a key may lack the scope for one and have it for another."""
    proof = None
    for count, name in enumerate(names):
        asked = _request(number + count, "tools/call", {"name": name, "arguments": {}})
        proof = _Proof(name, _refusal_in(await exchange(asked)))
        if proof.refusal is None or "scope" not in proof.refusal:
            break
    return proof


def _refusal_in(answer: Json) -> str | None:
    """What was said in place of data. A tool's own error is a result: `isError`."""
    try:
        result = _result("tools/call", answer)
    except SaidNo as no:
        return no.message
    content = result.get("content")
    said = content if isinstance(content, list) else []
    text = " ".join(str(one.get("text", "")) for one in said if isinstance(one, Mapping)).strip()
    return (text or "no reason given") if result.get("isError") is True else None


def answer_for(asked: Mapping[str, Json]) -> dict[str, Json]:
    """What a client without any feature answers to a request of the server."""
    identified = {"jsonrpc": "2.0", "id": asked.get("id")}
    if asked.get("method") == "ping":
        return {**identified, "result": {}}
    return {**identified, "error": {"code": METHOD_NOT_FOUND, "message": "Method not found"}}


def is_answer(message: Json, asked: Json) -> bool:
    """Whether a message answers the request with that id; the server's own requests may have the same."""
    return isinstance(message, dict) and "method" not in message and id_key(message.get("id")) == id_key(asked)


def introduction() -> dict[str, Json]:
    """The first message."""
    known = {"name": "posthog-wizard doctor", "version": __version__}
    return _request(1, "initialize", {"protocolVersion": _PROTOCOL, "capabilities": {}, "clientInfo": known})


def _request(number: int, method: str, parameters: Json) -> dict[str, Json]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": parameters}


def _result(method: str, answer: Json, absent: Json = None) -> Mapping[str, Json]:
    error = answer.get("error")
    if isinstance(error, Mapping):
        if absent is not None and error.get("code") == METHOD_NOT_FOUND:
            return dict(absent)
        raise SaidNo(method, str(error.get("message") or "no reason given"), error.get("code"))
    result = answer.get("result")
    if not isinstance(result, Mapping):
        raise _strange(f"its answer to `{method}` holds neither a result nor an error")
    return result


def _offer(hello: Mapping[str, Json], tools: list[Json], proof: _Proof | None) -> Offer:
    info = hello.get("serverInfo")
    named = info if isinstance(info, Mapping) else {}
    server = " ".join(str(named[part]) for part in ("name", "version") if named.get(part)) or None
    names = tuple(str(tool["name"]) for tool in tools)
    return Offer(names, tokens({"tools": tools}), server, str(hello.get("protocolVersion") or "") or None, proof)


def _strange(what: str) -> ProbeFailure:
    fix = f"check that the entry leads to an MCP server: run {ADD} again"
    return ProbeFailure("not-mcp", f"it does not speak MCP as it should: {what}", fix)
