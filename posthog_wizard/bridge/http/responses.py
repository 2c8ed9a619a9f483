"""What the server sends: taken out of HTTP, noted where it concerns the connection, and passed to the client.

A client gets one answer for each of its ids, on that request's own stream, under the id as it wrote it: `1.0` answers
`1`, `"1"` does not. What nobody asked for is logged and left out.
"""

import asyncio

import httpcore

from posthog_wizard.bridge.bridge_context import BridgeContext, log
from posthog_wizard.bridge.eras import SUBSCRIPTION, is_wanted, is_wrong_era
from posthog_wizard.bridge.errors.delivery_errors import DOCTOR_HINT, DeliveryError, SessionGone, WrongEra
from posthog_wizard.bridge.http.headers import learn_places
from posthog_wizard.bridge.http.upstream import content_of, header, read_body
from posthog_wizard.bridge.messages import Message, PendingRequest, is_sound, one_line, parse_strictly, tidied
from posthog_wizard.bridge.session import is_session_lost
from posthog_wizard.errors import BadReply, Rejected, ServerFault
from posthog_wizard.model import Json
from posthog_wizard.net.jsonrpc import encode, id_key, is_anonymous_error, is_request, object_of, text_of
from posthog_wizard.net.mcp_eras import completion_of
from posthog_wizard.net.sse import EventReader

_GOOD = range(200, 300)
_FIRST = {"initialize", "server/discover"}
_CODINGS = {"", "identity", "gzip", "x-gzip"}  # that can be read
_PLAIN_HINT = "Switch that off on the server, or on the proxy before it: what is sent to `Accept-Encoding: identity` must be plain."
_IGNORED = 1 << 16  # bytes that are read of what nobody wants


def is_stream(response: httpcore.Response) -> bool:
    """Whether a good answer comes as a stream of events."""
    return response.status in _GOOD and header(response, b"content-type").lower().startswith(b"text/event-stream")


async def receive(
    context: BridgeContext, pending: PendingRequest, response: httpcore.Response, limit: asyncio.Timeout
) -> None:
    """Take the answer to a message. Raises DeliveryError for a refusal, TooLarge, and httpcore's errors."""
    pending.session_id = header(response, b"mcp-session-id") or None
    if is_stream(response):
        await follow(context, pending, response, limit)
    elif response.status not in _GOOD:
        await refused(context, pending, response)
    elif pending.complete:  # a notification was taken; what else is said about it is nobody's
        await read_body(response, _IGNORED, cut=True)
    elif response.status in {202, 204}:
        told = f"`{context.address.origin}` took the request but promised no answer (status {response.status})"
        raise DeliveryError(BadReply(told, DOCTOR_HINT, status=response.status))
    else:
        await _whole(context, pending, response)


async def follow(
    context: BridgeContext, pending: PendingRequest, response: httpcore.Response, limit: asyncio.Timeout
) -> None:
    """Pass on a stream of events until it ends; one that has given its answer is soon cut. Raises as `receive` does."""
    _check_coding(context, response)
    reader, clock = EventReader(context.settings.largest), asyncio.get_running_loop().time
    owing = not pending.complete
    impatient = owing and pending.method != "subscriptions/listen"  # that one may have nothing to say for days
    limit.reschedule(clock() + context.settings.waits.silence if impatient else None)
    async for some in content_of(response):
        if owing and impatient:
            limit.reschedule(clock() + context.settings.waits.silence)
        for event in reader.feed(some):
            pending.last_event = event.id or pending.last_event
            pending.retry = pending.retry if event.retry is None else event.retry
            if event.data and event.name == "message":  # others are heartbeats and the like, whatever is in them
                await _event(context, pending, event.data)
        if owing and (pending.complete or pending.wanted is not None):
            owing = False
            limit.reschedule(clock() + context.settings.waits.drain)


async def pass_on(context: BridgeContext, pending: PendingRequest, message: Message) -> None:
    """Give the client what it is owed of what the server says, after learning from it what later requests need."""
    parts, listed = [tidied(each) for each in message.parts], isinstance(message.content, list)
    _check_session(context, pending, parts)
    if context.session.legacy and not listed and is_request(parts[0]) and is_sound(parts[0]):
        return await context.asker(context, pending, parts[0])
    due = [part for part in (_due(context, pending, each) for each in parts) if part is not None]
    if len(due) < len(parts) and pending.wanted is None:
        log.warning("the server sent %d messages that nobody waits for; left out", len(parts) - len(due))
    if not due:
        return None
    pending.heard += 1
    context.session.heard(part["id"] for part in due if is_request(part))
    altered = [part for part in due if "result" in part and _learn(context, pending, part["result"])]
    due = [part for part in due if "method" in part] if pending.private else due
    takes_list = isinstance(pending.message.content, list)
    if not altered and [*map(id, due)] == [*map(id, message.parts)] and (takes_list or not listed):
        await context.send(one_line(message.raw))  # as it came
        return None
    for content in [due] if listed and takes_list else due:  # a list for who sent one, else each message on its line
        await context.send(encode(content))
    return None


def _check_session(context: BridgeContext, pending: PendingRequest, parts: list[Json]) -> None:
    """Raises SessionGone where an error that names no request says so, whatever the status was."""
    named = pending.message.version is None and pending.method != "initialize" and context.session.id
    for part in parts if named else ():
        if is_anonymous_error(part) and is_session_lost(part["error"]["message"], part["error"]["code"]):
            error = ServerFault(f"`{context.address.origin}` ended the session: {part['error']['message']}")
            raise SessionGone(error, transient=True)


def _due(context: BridgeContext, pending: PendingRequest, part: Json) -> Json:
    """A part that the client is owed, under the id as the client wrote it; None for any other."""
    if not is_sound(part):
        return None
    if "method" in part:
        return _wished(context, pending, part)
    key = id_key(part.get("id"))
    if is_anonymous_error(part) and len(pending.pending_ids) == 1:  # on its own stream it can only mean that request
        key = next(iter(pending.pending_ids))
    if key not in pending.pending_ids:
        return None
    if pending.original and context.session.meta and text_of(part.get("result"), "resultType") == "input_required":
        pending.wanted = part["result"]
        return None
    first = context.session.is_undecided and pending.method in _FIRST
    if first and "error" in part and is_wrong_era(pending.message, part["error"]):
        raise WrongEra(Rejected("the server refused"), harmless=True, spoken=part["error"])
    if pending.parked:
        if "result" in part:
            _learn(context, pending, part["result"])
        pending.late = part
        pending.pending_ids.clear()
        return None
    asked = pending.pending_ids.pop(key)
    same = "id" in part and type(asked) is type(part["id"]) and asked == part["id"]
    return part if same else part | {"id": asked}


def _wished(context: BridgeContext, pending: PendingRequest, part: Json) -> Json:
    """What a server says by itself, as the client's era has it; None where the client did not ask for it."""
    if pending.private and part["method"] == "notifications/subscriptions/acknowledged":
        return None
    if not context.session.legacy or pending.message.pending_ids:
        return part
    for identifier, wanted in context.session.subscriptions.values():
        if is_wanted(part, wanted):
            parameters = object_of(part, "params")
            meta = object_of(parameters, "_meta") | {SUBSCRIPTION: identifier}
            return part | {"params": parameters | {"_meta": meta}}
    return None


def _learn(context: BridgeContext, pending: PendingRequest, result: Json) -> bool:
    """Note what a result says about the connection. True when it was altered."""
    context.session.settled |= pending.message.version is not None
    if pending.method == "initialize":
        context.session.begin(pending.message, pending.session_id, result)
    elif pending.method in {"server/discover", "tools/list"}:
        pending.result = result
    left_out: list[str] = []
    if pending.method == "tools/list" and pending.message.version is not None:
        is_first = "cursor" not in pending.message.parameters
        left_out = learn_places(context.argument_places, result, first_page=is_first)
    for reason in left_out:
        log.warning("%s", reason)
    if pending.original and context.session.legacy and isinstance(result, dict):
        result |= completion_of(pending.method) | result
        return True
    return bool(left_out)


async def _event(context: BridgeContext, pending: PendingRequest, data: bytes) -> None:
    try:
        message = parse_strictly(data)
    except ValueError:
        log.warning("the server sent an event of %d bytes that is no JSON-RPC; it was left out", len(data))
        return
    await pass_on(context, pending, message)


async def _whole(context: BridgeContext, pending: PendingRequest, response: httpcore.Response) -> None:
    _check_coding(context, response)
    body = await read_body(response, context.settings.largest)
    try:
        message = parse_strictly(body)
    except ValueError as error:
        from posthog_wizard.bridge.errors import http_errors  # noqa: PLC0415 - heavy, and seldom needed

        answer = http_errors.http_error_response(context, pending, response, body)
        raise http_errors.body_not_json_rpc(answer) from error
    await pass_on(context, pending, message)
    if not pending.complete and pending.wanted is None:
        told = f"`{context.address.origin}` answered something that was not asked"
        raise DeliveryError(BadReply(told, DOCTOR_HINT))


def _check_coding(context: BridgeContext, response: httpcore.Response) -> None:
    coding = header(response, b"content-encoding").decode("latin-1").strip().lower()
    if coding not in _CODINGS:
        told = f"`{context.address.origin}` packed its answer by {coding[:40]!r}, which was not asked for"
        raise DeliveryError(BadReply(told, _PLAIN_HINT))


async def refused(context: BridgeContext, pending: PendingRequest, response: httpcore.Response) -> None:
    """Read what came instead of an answer: it may hold the answer all the same. Raises DeliveryError otherwise."""
    from posthog_wizard.bridge.errors import http_errors  # noqa: PLC0415 - heavy, and seldom needed

    body = await read_body(response, http_errors.REFUSAL_BYTES, cut=True)
    refusal = http_errors.http_error_response(context, pending, response, body)
    if http_errors.has_result(refusal):
        await pass_on(context, pending, parse_strictly(body))
    if not pending.message.pending_ids or not pending.complete:
        raise http_errors.error_of_response(refusal)
