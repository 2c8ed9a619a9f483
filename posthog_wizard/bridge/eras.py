"""The two eras of MCP in each other's words: with sessions (until 2025-11-25), and without (since 2026-07-28). Pure.

A client that begins with `initialize` may stand before a server that knows only the later one, or the reverse; what
they have to say to each other is the same.
https://modelcontextprotocol.io/specification/2026-07-28/changelog
"""

from collections.abc import Iterable
from typing import Final

from posthog_wizard.bridge.messages import Message, message_of
from posthog_wizard.model import Json
from posthog_wizard.net.jsonrpc import UNSUPPORTED_VERSION, object_of, text_of
from posthog_wizard.net.mcp_eras import (
    ABILITIES_FIELD,
    CLIENT_FIELD,
    LEGACY,
    META_PREFIX,
    MODERN,
    SERVER_FIELD,
    VERSION_FIELD,
    completion_of,
)

LOG_LEVEL, SUBSCRIPTION = f"{META_PREFIX}logLevel", f"{META_PREFIX}subscriptionId"
_OF_THE_CLIENT = {VERSION_FIELD, CLIENT_FIELD, ABILITIES_FIELD, LOG_LEVEL}
_NEVER_ERAS = {-32020, -32021}  # said by servers that know the later era
_CHANGES: Final = {
    "toolsListChanged": "notifications/tools/list_changed",
    "promptsListChanged": "notifications/prompts/list_changed",
    "resourcesListChanged": "notifications/resources/list_changed",
}
SERVER_QUESTIONS = {"elicitation/create", "sampling/createMessage", "roots/list"}  # that a server has for the client


def is_wrong_era(message: Message, error: Json) -> bool:
    """Whether an error (None: there was none in JSON-RPC) may be that of a server which speaks the other era alone."""
    code = error["code"] if error else None
    supported = object_of(error, "data").get("supported") if error else None
    if message.version is None:
        return message.method == "initialize"
    if code in _NEVER_ERAS or (code == UNSUPPORTED_VERSION and any(str(one) >= MODERN for one in _listed(supported))):
        return False
    return message.method == "server/discover" or code in {None, -32000, -32001, -32600, UNSUPPORTED_VERSION}


# ------------------------------------------------------------------ an earlier client, a later server


def discovery(hello: Message, version: str = MODERN) -> Message:
    """`server/discover` of a client that said `initialize`."""
    said = hello.parameters
    known = {CLIENT_FIELD: said.get("clientInfo") or {}, ABILITIES_FIELD: said.get("capabilities") or {}}
    meta = {VERSION_FIELD: version, **known}
    return own_request("posthog-wizard-discover", "server/discover", {"_meta": meta})


def welcome_of(hello: Message, discovered: Json) -> tuple[Json, str | None]:
    """The result of `initialize` that `server/discover` amounts to, and the revision to speak; None where there is none."""
    spoken = [each for each in _listed(discovered.get("supportedVersions")) if str(each) >= MODERN]
    server = discovered.get("serverInfo") or object_of(discovered, "_meta").get(SERVER_FIELD)
    result = {
        "protocolVersion": min(text_of(hello.parameters, "protocolVersion") or LEGACY, LEGACY),
        "capabilities": discovered.get("capabilities") or {},
        "serverInfo": server or {"name": "server", "version": "0"},
    }
    more = {name: discovered[name] for name in ("instructions",) if name in discovered}
    return result | more, MODERN if MODERN in spoken else max(spoken, default=None)


def modernized(message: Message, meta: dict[str, Json]) -> Message:
    """A request with what each must carry since the later era."""
    parameters = message.parameters
    return message_of(message.content | {"params": parameters | {"_meta": object_of(parameters, "_meta") | meta}})


def with_responses(message: Message, number: int, responses: Json, state: Json) -> Message:
    """The request once more, with what the client was asked for."""
    kept = {name: value for name, value in message.parameters.items() if name not in {"inputResponses", "requestState"}}
    given = {"inputResponses": responses, "requestState": state}
    parameters = kept | {name: value for name, value in given.items() if value is not None}
    return own_request(f"posthog-wizard-round-{number}", message.method or "", parameters)


def subscription(meta: dict[str, Json], uris: Iterable[str]) -> Message:
    """What asks for all that a server with sessions says by itself."""
    wanted = {**dict.fromkeys(_CHANGES, True), "resourceSubscriptions": sorted(uris)}
    return own_request("posthog-wizard-listen", "subscriptions/listen", {"_meta": meta, "notifications": wanted})


# ------------------------------------------------------------------ a later client, an earlier server


def greeting(message: Message) -> Message:
    """`initialize` of a client that never says it."""
    meta = object_of(message.parameters, "_meta")
    client = meta.get(CLIENT_FIELD) or {"name": "client", "version": "0"}
    parameters = {"protocolVersion": LEGACY, "capabilities": meta.get(ABILITIES_FIELD) or {}, "clientInfo": client}
    return own_request("posthog-wizard-initialize", "initialize", parameters)


def discovered_of(welcome: Json) -> Json:
    """The result of `server/discover` that the one of `initialize` amounts to."""
    known = {name: welcome[name] for name in ("capabilities", "instructions", "serverInfo") if name in welcome}
    meta = {"_meta": {SERVER_FIELD: welcome.get("serverInfo") or {}}}
    return {"supportedVersions": [MODERN], "capabilities": {}, **known, **meta, **completion_of("tools/list")}


def without_meta(message: Message) -> Message:
    """A message of the later era without what an earlier server does not know."""
    meta = {name: value for name, value in object_of(message.parameters, "_meta").items() if name not in _OF_THE_CLIENT}
    parameters = {name: value for name, value in message.parameters.items() if name != "_meta"}
    parameters |= {"_meta": meta} if meta else {}
    return message_of(message.content | {"params": parameters})


def is_wanted(notification: Json, wanted: dict[str, Json]) -> bool:
    """Whether a subscription asks for what a server says by itself."""
    asked = {method for name, method in _CHANGES.items() if wanted.get(name)}
    asked |= {"notifications/resources/updated"} if wanted.get("resourceSubscriptions") else set()
    return notification.get("method") in asked


def own_request(identifier: str, method: str, parameters: Json) -> Message:
    """A request of the bridge's own."""
    return message_of({"jsonrpc": "2.0", "id": identifier, "method": method, "params": parameters})


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
