"""A response that is not what was hoped for, read and understood. Loaded when there is one."""

from __future__ import annotations

import httpcore

from posthog_wizard.bridge import http_errors
from posthog_wizard.bridge.bridge_context import BridgeContext
from posthog_wizard.bridge.delivery_errors import DeliveryError
from posthog_wizard.bridge.messages import parse_strictly
from posthog_wizard.bridge.pending import PendingRequest
from posthog_wizard.bridge.responses import location_of, pass_on, read_body

_KEPT = 1 << 16  # bytes of a refusal that are read


async def take_refusal(context: BridgeContext, pending: PendingRequest, response: httpcore.Response) -> None:
    """Take a bad status over the answer to a message, whose body is read first: it may be the answer all the same.

    Raises the Fault that it is otherwise.
    """
    error_response = _refusal(context, pending, response, await read_body(response, _KEPT, cut=True))
    if http_errors.has_result(error_response):
        await pass_on(context, pending, parse_strictly(error_response.body))
    if not pending.message.pending_ids or not pending.complete:
        raise http_errors.error_of_response(error_response)


async def read_error_response(
    context: BridgeContext, pending: PendingRequest, response: httpcore.Response
) -> DeliveryError:
    """The fault that a bad status is."""
    return http_errors.error_of_response(
        _refusal(context, pending, response, await read_body(response, _KEPT, cut=True))
    )


def unexpected_body(
    context: BridgeContext, pending: PendingRequest, response: httpcore.Response, body: bytes
) -> DeliveryError:
    """The fault that a body is which is no JSON-RPC."""
    return http_errors.body_not_json_rpc(_refusal(context, pending, response, body[:_KEPT]))


def redirect_not_followed(
    context: BridgeContext, pending: PendingRequest, response: httpcore.Response
) -> DeliveryError:
    """The fault that a redirect is which leads too far."""
    return http_errors.redirect_refused(_refusal(context, pending, response, b""), location_of(response))


def _refusal(
    context: BridgeContext, pending: PendingRequest, response: httpcore.Response, body: bytes
) -> http_errors.HttpErrorResponse:
    return http_errors.HttpErrorResponse(
        url=f"{context.address.origin}{context.address.target.partition('?')[0]}",
        status=response.status,
        headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers},
        body=body,
        key=context.api_key.key,
        key_source=context.api_key.words,
        pending_ids=frozenset(pending.pending_ids),
        in_session=bool(context.session.id and pending.message.version is None and pending.method != "initialize"),
    )
