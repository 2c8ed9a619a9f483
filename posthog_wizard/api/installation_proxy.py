"""What the proxy of an installation answers: JSON, a stream that ends, or its own way to say no. Pure."""

from __future__ import annotations

from posthog_wizard.api.replies import GOOD, SERVER_FAULTS, ApiReply
from posthog_wizard.errors import ApiError, BadReply, Rejected, ServerFault
from posthog_wizard.model import Json
from posthog_wizard.net.jsonrpc import text_of
from posthog_wizard.net.sse import EventReader
from posthog_wizard.net.strict_json import decode


def plain_refusal(reply: ApiReply) -> str | None:
    """What the proxy says no with, `{"error": "..."}`, unlike the rest of the API; None where it does not."""
    return None if reply.status in GOOD else text_of(reply.fields, "error")


def proxy_error(reply: ApiReply, said: str) -> ApiError:
    """The error that such an answer is; `said` is fit to be shown."""
    kind = ServerFault if reply.status in SERVER_FAULTS else Rejected
    return kind(f"`{reply.base}` does not pass it on: {said}", status=reply.status, request_id=reply.request_id)


def is_event_stream(reply: ApiReply) -> bool:
    """Whether the answer is a stream of events."""
    return reply.status in GOOD and "text/event-stream" in reply.headers.get("content-type", "")


def event(reply: ApiReply) -> Json:
    """The last message of a stream, which is the answer. Raises BadReply where there is none."""
    whole = reply.body.decode("utf-8", "replace").encode() + b"\n\n"
    messages = [one.data for one in EventReader(len(whole)).feed(whole) if one.data]
    try:
        return decode(messages[-1])
    except (IndexError, ValueError) as error:
        raise BadReply(f"`{reply.base}` broke off in the middle of its answer", "try again") from error
