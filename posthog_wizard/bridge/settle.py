"""A message until it is settled: sent again where that is safe, answered with an error where nothing else helps."""

from __future__ import annotations

from posthog_wizard.bridge.exchange import attempt
from posthog_wizard.bridge.faults import Fault, may_have_happened, may_repeat
from posthog_wizard.bridge.flight import Flight
from posthog_wizard.bridge.link import Link, log
from posthog_wizard.bridge.messages import error_lines
from posthog_wizard.bridge.pauses import Pauses
from posthog_wizard.model import Json

SERVER_ERROR = -32000  # of JSON-RPC's range for servers: https://www.jsonrpc.org/specification#error_object
UNSURE = "It was not sent again: it may or may not have happened, so look before you repeat it."


async def settle(link: Link, flight: Flight) -> None:
    """Bring a message to its end: every request in it gets one answer. Raises nothing but bugs."""
    try:
        await _until_answered(link, flight)
    except Fault as fault:
        log.warning("%s: %s", flight.method or "a message without a method", fault.error.message)
        for line in error_lines(flight.owed.values(), fault.spoken or _error(flight, fault)):
            await link.send(line)


async def _until_answered(link: Link, flight: Flight) -> None:
    pauses = Pauses(link.settings.waits)
    mended: set[type[Fault]] = set()
    while True:
        generation, key = link.session.generation, link.held.key
        try:
            key = await link.held.ready()
            return await attempt(link, flight)
        except Fault as fault:
            kind = type(fault)
            if kind is not Fault and kind not in mended:
                from posthog_wizard.bridge.mending import MENDERS, Sent  # noqa: PLC0415 - seldom needed

                mended.add(kind)
                again = await MENDERS[kind](link, flight, Sent(generation, key)) or may_repeat(flight.method, fault)
            else:
                again = may_repeat(flight.method, fault) and await pauses.after(fault)
            if not again:
                raise


def _error(flight: Flight, fault: Fault) -> Json:
    error = fault.error
    unsure = UNSURE if may_have_happened(flight.method, fault) else None
    sentences = " ".join(text for text in (_sentence(error.message), _sentence(error.hint), unsure) if text)
    data = {"code": error.code, "status": fault.status, "hint": error.hint, "retry_after": fault.retry_after}
    known = {name: value for name, value in data.items() if value is not None}
    return {"code": SERVER_ERROR, "message": sentences, "data": known}


def _sentence(text: str | None) -> str | None:
    """With a full stop; hints for the command line begin with a small letter."""
    return text and f"{text[0].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"
