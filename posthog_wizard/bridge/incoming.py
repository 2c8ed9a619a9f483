"""What the server sends: taken out of HTTP, noted where it concerns the connection, and passed to the client."""

from __future__ import annotations

import asyncio

import httpcore

from posthog_wizard.bridge.events import EventReader, TooLarge
from posthog_wizard.bridge.flight import Flight
from posthog_wizard.bridge.link import Link, log
from posthog_wizard.bridge.messages import (
    Message,
    encode,
    id_key,
    is_anonymous_error,
    is_request,
    is_sound,
    one_line,
    parse_strictly,
)
from posthog_wizard.bridge.troubles import unanswered, unasked
from posthog_wizard.model import Json

EVENTS = b"text/event-stream"
GOOD = range(200, 300)
IGNORED = 1 << 16  # bytes that are read of what nobody wants


def header(response: httpcore.Response, name: bytes) -> bytes:
    """A response's header; empty when it is not there."""
    return next((value for key, value in response.headers if key.lower() == name), b"")


def location_of(response: httpcore.Response) -> str:
    """Where a redirect leads, in UTF-8, or in Latin-1 as HTTP once had it."""
    raw = header(response, b"location")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def is_stream(response: httpcore.Response) -> bool:
    """Whether a good answer comes as a stream of events."""
    return response.status in GOOD and header(response, b"content-type").lower().startswith(EVENTS)


async def receive(link: Link, flight: Flight, response: httpcore.Response, limit: asyncio.Timeout) -> None:
    """Take the answer to a message. Raises Fault for a refusal, TooLarge, and httpcore's errors."""
    flight.session_id = header(response, b"mcp-session-id") or None
    if is_stream(response):
        await follow(link, flight, response, limit)
    elif response.status not in GOOD:
        from posthog_wizard.bridge.refused import take_refusal  # noqa: PLC0415 - heavy, and seldom needed

        await take_refusal(link, flight, response)
    elif flight.complete:  # a notification was taken; what else is said about it is nobody's
        await read(response, IGNORED, cut=True)
    elif response.status in {202, 204}:
        raise unanswered(link.address.origin, response.status)
    else:
        await _whole(link, flight, response)


async def follow(link: Link, flight: Flight, response: httpcore.Response, limit: asyncio.Timeout) -> None:
    """Pass on a stream of events until it ends; one that has given its answer is soon cut."""
    reader, clock = EventReader(link.settings.largest), asyncio.get_running_loop().time
    owing = not flight.complete
    limit.reschedule(clock() + link.settings.waits.silence if owing else None)
    async for some in response.aiter_stream():
        if owing:
            limit.reschedule(clock() + link.settings.waits.silence)
        for event in reader.feed(some):
            flight.last_event = event.id or flight.last_event
            flight.retry = flight.retry if event.retry is None else event.retry
            if event.data:
                await _event(link, flight, event.data)
        if owing and flight.complete:
            owing = False
            limit.reschedule(clock() + link.settings.waits.drain)


async def pass_on(link: Link, flight: Flight, message: Message) -> None:
    """Give the client what it is owed of what the server says, after learning from it what later requests need."""
    due = [part for part in (_due(flight, each) for each in message.parts) if part is not None]
    if len(due) < len(message.parts):
        log.warning("the server sent %d messages that nobody waits for; left out", len(message.parts) - len(due))
    if not due:
        return
    flight.heard += 1
    link.session.heard(part["id"] for part in due if is_request(part))
    altered = [part for part in due if "result" in part and _learn(link, flight, part["result"])]
    if flight.private:
        return
    same = [*map(id, due)] == [*map(id, message.parts)]
    for line in _lines(flight, message, due, as_it_came=same and not altered):
        await link.send(line)


def _due(flight: Flight, part: Json) -> Json:
    """A part that the client is owed, under the id as the client wrote it; None for any other."""
    if not is_sound(part):
        return None
    if "method" in part:
        return part
    key = id_key(part.get("id"))
    if is_anonymous_error(part) and len(flight.owed) == 1:  # on its own stream it can only mean that request
        key = next(iter(flight.owed))
    if key not in flight.owed:
        return None
    asked = flight.owed.pop(key)
    return part if "id" in part and type(asked) is type(part["id"]) else part | {"id": asked}


def _lines(flight: Flight, message: Message, due: list[Json], *, as_it_came: bool) -> list[bytes]:
    """A list for who sent one, else each message on its line."""
    listed = isinstance(message.content, list)
    if as_it_came and (not listed or isinstance(flight.message.content, list)):
        return [one_line(message.raw)]
    return [encode(due)] if listed and isinstance(flight.message.content, list) else [encode(part) for part in due]


async def read(response: httpcore.Response, largest: int, *, cut: bool = False) -> bytes:
    """The body. Raises TooLarge, unless what is too much may be `cut`."""
    pieces: list[bytes] = []
    size = 0
    async for some in response.aiter_stream():
        pieces.append(some)
        size += len(some)
        if size > largest and not cut:
            raise TooLarge
        if size > largest:
            break
    return b"".join(pieces)


def _learn(link: Link, flight: Flight, result: Json) -> bool:
    """Note what a result says about the connection. True when it was altered."""
    lesson = LESSONS.get(flight.method or "")
    return lesson(link, flight, result) if lesson else False


def _learn_session(link: Link, flight: Flight, result: Json) -> bool:
    link.session.begin(flight.message, flight.session_id, result)
    return False


def _learn_tools(link: Link, flight: Flight, result: Json) -> bool:
    flight.result = result
    if flight.message.version is None:
        return False
    left_out = link.mirrored.learn(result, first_page="cursor" not in flight.message.parameters)
    for reason in left_out:
        log.warning("%s", reason)
    return bool(left_out)


LESSONS = {"initialize": _learn_session, "tools/list": _learn_tools}


async def _event(link: Link, flight: Flight, data: bytes) -> None:
    try:
        message = parse_strictly(data)
    except ValueError:
        log.warning("the server sent an event of %d bytes that is no JSON-RPC; it was left out", len(data))
        return
    await pass_on(link, flight, message)


async def _whole(link: Link, flight: Flight, response: httpcore.Response) -> None:
    body = await read(response, link.settings.largest)
    try:
        message = parse_strictly(body)
    except ValueError as error:
        from posthog_wizard.bridge.refused import strange  # noqa: PLC0415 - as above

        raise strange(link, flight, response, body) from error
    await pass_on(link, flight, message)
    if not flight.complete:
        raise unasked(link.address.origin)
