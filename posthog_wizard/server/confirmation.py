"""Asking the person behind a client before something is deleted: https://modelcontextprotocol.io/specification/draft/client/elicitation.

Clients of the era with sessions are asked while the call waits. In the era without them the call is answered with the
question, and comes again with the person's answer and a seal, which tells that it is an answer to this very question.
"""

import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from posthog_wizard.errors import WrongUsage
from posthog_wizard.model import Json
from posthog_wizard.net.jsonrpc import object_of, text_of
from posthog_wizard.tools.call import Confirm, ConfirmationPending, nobody_confirms

_NAME = "confirm"
_SEAL = secrets.token_bytes(32)  # of this process
_SPENT = set[str]()  # seals that were answered: a yes is for one time
_Ask = Callable[[dict[str, Json]], Awaitable[Json]]


def confirming(abilities: Mapping[str, Json], ask: _Ask) -> Confirm:
    """How the person behind a client of these abilities is asked; `ask` gives the result of `elicitation/create`, or its error."""
    elicitation = abilities.get("elicitation")
    # A client that names no mode means forms; one that names only addresses cannot show one.
    if not isinstance(elicitation, dict) or ("form" not in elicitation and "url" in elicitation):
        return nobody_confirms

    async def confirm(question: str) -> None:
        answer = await ask(_form(question))
        if "message" in answer:
            raise WrongUsage(f"the client could not ask the person: {answer['message']}")
        if text_of(answer, "action") != "accept":
            raise WrongUsage("the person said no, and nothing was changed", "ask them what they want instead")

    return confirm


def given_with(params: Mapping[str, Any]) -> _Ask:
    """What the person answered to exactly this question. Raises ConfirmationPending where they were not asked it."""

    async def given(form: dict[str, Json]) -> Json:
        found = object_of(params.get("inputResponses"), _NAME)
        state = str(params.get("requestState"))
        right = _sealed(form["message"], state.partition(".")[0])
        if (
            not found
            or state in _SPENT
            or not hmac.compare_digest(*(one.encode("utf-8", "replace") for one in (state, right)))
        ):
            raise ConfirmationPending(form["message"])
        _SPENT.add(state)
        return found

    return given


def question_for(pending: ConfirmationPending) -> dict[str, Json]:
    """The answer of a call that waits for the person's."""
    question = str(pending)
    asked = {_NAME: {"method": "elicitation/create", "params": {"mode": "form", **_form(question)}}}
    return {
        "resultType": "input_required",
        "inputRequests": asked,
        "requestState": _sealed(question, secrets.token_hex(8)),
    }


def _form(question: str) -> dict[str, Json]:
    return {"message": question, "requestedSchema": {"type": "object", "properties": {}}}


def _sealed(question: str, nonce: str) -> str:
    sealed = f"{nonce} {question}".encode("utf-8", "replace")
    return f"{nonce}.{hmac.new(_SEAL, sealed, hashlib.sha256).hexdigest()}"
