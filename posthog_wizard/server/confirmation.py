"""Asking the person behind a client before something is deleted: https://modelcontextprotocol.io/specification/draft/client/elicitation.

Clients of the era with sessions are asked while the call waits. In the era without them the call is answered with the
question, and comes again with the person's answer and a seal, which tells that it is an answer to this very question.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any

from mcp import types
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError

from posthog_wizard.errors import WrongUsage
from posthog_wizard.tools.call import Confirm, ConfirmationPending, nobody_confirms

_NAME = "confirm"
_NOTHING_TO_FILL_IN: dict[str, Any] = {"type": "object", "properties": {}}
_SEAL = secrets.token_bytes(32)  # of this process
_Context = ServerRequestContext[Any, Any]


def confirm_through(context: _Context, params: types.CallToolRequestParams) -> Confirm:
    """How the person behind this call is asked."""
    asked = context.session.client_capabilities
    elicitation = asked.elicitation if asked else None
    # A client that names no mode means forms; one that names only addresses cannot show one.
    if elicitation is None or (elicitation.form is None and elicitation.url is not None):
        return nobody_confirms

    async def confirm(question: str) -> None:
        if context.session.can_send_request:
            try:
                answer = await context.session.elicit_form(question, _NOTHING_TO_FILL_IN, context.request_id)
            except MCPError as error:
                raise WrongUsage(f"the client could not ask the person: {error.error.message}") from error
        else:
            answer = _given(question, params)
        if answer.action != "accept":
            raise WrongUsage("the person said no, and nothing was changed", "ask them what they want instead")

    return confirm


def question_for(pending: ConfirmationPending) -> types.InputRequiredResult:
    """The answer of a call that waits for the person's."""
    question = str(pending)
    form = types.ElicitRequestFormParams(message=question, requested_schema=_NOTHING_TO_FILL_IN)
    return types.InputRequiredResult(
        input_requests={_NAME: types.ElicitRequest(params=form)}, request_state=_sealed(question)
    )


def _given(question: str, params: types.CallToolRequestParams) -> types.ElicitResult:
    """What the person answered to exactly this. Raises ConfirmationPending where they were not asked it."""
    found = (params.input_responses or {}).get(_NAME)
    if not isinstance(found, types.ElicitResult) or not hmac.compare_digest(
        (params.request_state or "").encode("utf-8", "replace"), _sealed(question).encode()
    ):
        raise ConfirmationPending(question)
    return found


def _sealed(question: str) -> str:
    return hmac.new(_SEAL, question.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
