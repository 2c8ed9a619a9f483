"""The two eras of MCP in each other's words: with sessions (until 2025-11-25), and without (since 2026-07-28). Pure.

A client that begins with `initialize` may stand before a server that knows only the later one, or the reverse; what
they have to say to each other is the same.
https://modelcontextprotocol.io/specification/2026-07-28/changelog
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from posthog_wizard.bridge.messages import VERSION_FIELD, Message, message_of
from posthog_wizard.model import Json
from posthog_wizard.net.jsonrpc import UNSUPPORTED_VERSION, object_of, text_of

_MODERN, _LEGACY = "2026-07-28", "2025-11-25"
_PREFIX = "io.modelcontextprotocol/"
_INFO, _ABILITIES, _SERVER = f"{_PREFIX}clientInfo", f"{_PREFIX}clientCapabilities", f"{_PREFIX}serverInfo"
LOG_LEVEL, SUBSCRIPTION = f"{_PREFIX}logLevel", f"{_PREFIX}subscriptionId"
_OF_THE_CLIENT = {VERSION_FIELD, _INFO, _ABILITIES, LOG_LEVEL}
_CACHEABLE = {"tools/list", "prompts/list", "resources/list", "resources/templates/list", "resources/read"}
_NEVER_ERAS = {-32020, -32021}  # said by servers that know the later era
_CHANGES: Final = {
    "toolsListChanged": "notifications/tools/list_changed",
    "promptsListChanged": "notifications/prompts/list_changed",
    "resourcesListChanged": "notifications/resources/list_changed",
}
SERVER_QUESTIONS = {"elicitation/create", "sampling/createMessage", "roots/list"}  # that a server has for the client
_COMPLETE: dict[str, Json] = {"resultType": "complete"}


def is_wrong_era(message: Message, error: Json) -> bool:
    """Whether an error (None: there was none in JSON-RPC) may be that of a server which speaks the other era alone."""
    code = error["code"] if error else None
    supported = object_of(error, "data").get("supported") if error else None
    if message.version is None:
        return message.method == "initialize"
    if code in _NEVER_ERAS or (code == UNSUPPORTED_VERSION and any(str(one) >= _MODERN for one in _listed(supported))):
        return False
    return message.method == "server/discover" or code in {None, -32000, -32001, -32600, UNSUPPORTED_VERSION}


# ------------------------------------------------------------------ an earlier client, a later server


def discovery(hello: Message, version: str = _MODERN) -> Message:
    """`server/discover` of a client that said `initialize`."""
    said = hello.parameters
    meta = {VERSION_FIELD: version, _INFO: said.get("clientInfo") or {}, _ABILITIES: said.get("capabilities") or {}}
    return _request("posthog-wizard-discover", "server/discover", {"_meta": meta})


def welcome_of(hello: Message, discovered: Json) -> tuple[Json, str | None]:
    """The result of `initialize` that `server/discover` amounts to, and the revision to speak; None where there is none."""
    spoken = [each for each in _listed(discovered.get("supportedVersions")) if str(each) >= _MODERN]
    server = discovered.get("serverInfo") or object_of(discovered, "_meta").get(_SERVER)
    result = {
        "protocolVersion": min(text_of(hello.parameters, "protocolVersion") or _LEGACY, _LEGACY),
        "capabilities": discovered.get("capabilities") or {},
        "serverInfo": server or {"name": "server", "version": "0"},
    }
    more = {name: discovered[name] for name in ("instructions",) if name in discovered}
    return result | more, _MODERN if _MODERN in spoken else max(spoken, default=None)


def modernized(message: Message, meta: dict[str, Json]) -> Message:
    """A request with what each must carry since the later era."""
    parameters = message.parameters
    return message_of(message.content | {"params": parameters | {"_meta": object_of(parameters, "_meta") | meta}})


def with_responses(message: Message, number: int, responses: Json, state: Json) -> Message:
    """The request once more, with what the client was asked for."""
    kept = {name: value for name, value in message.parameters.items() if name not in {"inputResponses", "requestState"}}
    given = {"inputResponses": responses, "requestState": state}
    parameters = kept | {name: value for name, value in given.items() if value is not None}
    return _request(f"posthog-wizard-round-{number}", message.method or "", parameters)


def subscription(meta: dict[str, Json], uris: Iterable[str]) -> Message:
    """What asks for all that a server with sessions says by itself."""
    wanted = {**dict.fromkeys(_CHANGES, True), "resourceSubscriptions": sorted(uris)}
    return _request("posthog-wizard-listen", "subscriptions/listen", {"_meta": meta, "notifications": wanted})


# ------------------------------------------------------------------ a later client, an earlier server


def greeting(message: Message) -> Message:
    """`initialize` of a client that never says it."""
    meta = object_of(message.parameters, "_meta")
    client = meta.get(_INFO) or {"name": "client", "version": "0"}
    parameters = {"protocolVersion": _LEGACY, "capabilities": meta.get(_ABILITIES) or {}, "clientInfo": client}
    return _request("posthog-wizard-initialize", "initialize", parameters)


def discovered_of(welcome: Json) -> Json:
    """The result of `server/discover` that the one of `initialize` amounts to."""
    known = {name: welcome[name] for name in ("capabilities", "instructions", "serverInfo") if name in welcome}
    meta = {"_meta": {_SERVER: welcome.get("serverInfo") or {}}}
    return {"supportedVersions": [_MODERN], "capabilities": {}, **known, **meta, **completion_of("tools/list")}


def without_meta(message: Message) -> Message:
    """A message of the later era without what an earlier server does not know."""
    meta = {name: value for name, value in object_of(message.parameters, "_meta").items() if name not in _OF_THE_CLIENT}
    parameters = {name: value for name, value in message.parameters.items() if name != "_meta"}
    parameters |= {"_meta": meta} if meta else {}
    return message_of(message.content | {"params": parameters})


def completion_of(method: str | None) -> dict[str, Json]:
    """What a result must say since the later era, beside what an earlier server says."""
    return _COMPLETE | ({"ttlMs": 0, "cacheScope": "private"} if method in _CACHEABLE else {})


def is_wanted(notification: Json, wanted: dict[str, Json]) -> bool:
    """Whether a subscription asks for what a server says by itself."""
    asked = {method for name, method in _CHANGES.items() if wanted.get(name)}
    asked |= {"notifications/resources/updated"} if wanted.get("resourceSubscriptions") else set()
    return notification.get("method") in asked


def _request(identifier: str, method: str, parameters: Json) -> Message:
    return message_of({"jsonrpc": "2.0", "id": identifier, "method": method, "params": parameters})


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
