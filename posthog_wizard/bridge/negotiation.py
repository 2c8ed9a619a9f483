"""Between a client of one era and a server of the other: who speaks what, and questions that go the other's way.

An era is doubted only after a first refusal: `initialize` that is refused leads to `server/discover`, the reverse
too, and what the server said first is told where neither helps. Client and server of one era hear each other word for
word.
"""

import asyncio
from contextlib import suppress
from itertools import count

from posthog_wizard.bridge import eras
from posthog_wizard.bridge.bridge_context import BridgeContext, log
from posthog_wizard.bridge.errors.delivery_errors import DeliveryError
from posthog_wizard.bridge.http.exchange import ask
from posthog_wizard.bridge.messages import INITIALIZED, Message, PendingRequest, message_of
from posthog_wizard.errors import BadReply, Rejected
from posthog_wizard.model import Json
from posthog_wizard.net.jsonrpc import encode, id_key, object_of, text_of

_ROUNDS = 10  # of questions for one request, as in the SDKs
_PAUSE = 0.1  # seconds before a round that asks nothing
_numbers = count(1)


async def change_era(context: BridgeContext, pending: PendingRequest) -> bool:
    """Begin with the server in its own era, after it refused a first message. False where it is of neither."""
    try:
        began = await (_meet_later if pending.message.version is None else _meet_earlier)(context, pending.message)
    except DeliveryError as failure:
        log.info("nor does the server speak the other era: %s", failure.error.message)
        began = False
    context.session.settled = True
    if began and pending.method == "initialize" and not pending.private:
        await _answer_here(context, pending, context.session.welcome)
    return began


async def _meet_later(context: BridgeContext, hello: Message) -> bool:
    question = await ask(context, eras.discovery(hello))
    welcome, version = eras.welcome_of(hello, question.result or {})
    if version is None:
        return False
    log.info("the server speaks %s alone; the client's session is held here", version)
    context.session.begin(hello, None, welcome)
    context.session.meta = eras.discovery(hello, version).parameters["_meta"]
    return True


async def _meet_earlier(context: BridgeContext, message: Message) -> bool:
    session = context.session
    async with session.renewing:
        if not session.legacy:
            await ask(context, eras.greeting(message))
            await ask(context, INITIALIZED)
            log.info("the server speaks %s; the client's later revision is translated", session.version)
            session.legacy = True
            context.listen()
    return True


async def translate(context: BridgeContext, pending: PendingRequest) -> bool:
    """Put a client's message into the server's words. True where it has found its end here already."""
    session, message = context.session, pending.original or pending.message
    begun = message.method != "initialize" and isinstance(message.content, dict)
    if session.meta and message.version is None and begun:
        if message.method in _HELD or not message.pending_ids:
            await _hold(context, pending, message)
            return True
        pending.original, pending.message = message, eras.modernized(message, session.meta)
    elif session.legacy and message.version is not None:
        state = text_of(message.parameters, "requestState")
        if parked := session.parked.pop(state, None):
            await _answer_parked(context, parked, pending)
        elif state and state.startswith(_STATE):  # brought back twice: nothing is called a second time
            raise DeliveryError(Rejected("the request state is over"), harmless=True, spoken=_OVER)
        elif message.method == "server/discover":
            await _answer_here(context, pending, eras.discovered_of(session.welcome))
        elif message.method == "subscriptions/listen":
            await _subscribe(context, message)
        else:
            pending.original, pending.message = message, eras.without_meta(message)
            session.open.add(pending)
            return False
        return True
    return False


async def _answer_here(context: BridgeContext, pending: PendingRequest, result: Json) -> None:
    """Answer a request here."""
    for identifier in pending.pending_ids.values():
        await context.send(encode({"jsonrpc": "2.0", "id": identifier, "result": result}))
    pending.pending_ids.clear()


# ------------------------------------------------------------------ an earlier client, a later server

# What a later server does not know.
_HELD = {"ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe"}


async def _hold(context: BridgeContext, pending: PendingRequest, message: Message) -> None:
    session, uri = context.session, text_of(message.parameters, "uri")
    if message.method == "logging/setLevel" and session.meta is not None:
        session.meta[eras.LOG_LEVEL] = message.parameters.get("level")
    elif message.method in _HELD and uri is not None:
        (session.resources.add if message.method == "resources/subscribe" else session.resources.discard)(uri)
        context.listen()
    await _answer_here(context, pending, {})


async def answer_questions(context: BridgeContext, pending: PendingRequest) -> bool:
    """Ask the client what the server needs before it can answer, and make the request again of it. False: it needs nothing.

    Raises DeliveryError where the client refuses, or the questions do not end.
    """
    wanted, pending.wanted = pending.wanted, None
    if wanted is None:
        return False
    pending.rounds += 1
    if pending.rounds > _ROUNDS:
        raise DeliveryError(Rejected(f"`{context.address.origin}` does not stop asking", "Try again."))
    questions = object_of(wanted, "inputRequests")
    answers = await asyncio.gather(*(_ask(context, question) for question in questions.values()))
    if not questions:
        await asyncio.sleep(_PAUSE)
    responses = dict(zip(questions, answers, strict=True)) or None
    original = next(iter(pending.pending_ids.values()))
    pending.message = eras.with_responses(pending.message, next(_numbers), responses, wanted.get("requestState"))
    pending.pending_ids = {id_key(pending.message.content["id"]): original}
    return True


async def _ask(context: BridgeContext, question: Json) -> Json:
    if text_of(question, "method") not in eras.SERVER_QUESTIONS:
        raise DeliveryError(BadReply(f"`{context.address.origin}` asks for something that no client can answer"))
    identifier = f"posthog-wizard-question-{next(_numbers)}"
    answer = context.session.answers[id_key(identifier)] = asyncio.get_running_loop().create_future()
    await context.send(encode({"jsonrpc": "2.0", "id": identifier, **_asked(question)}))
    told: Json = {"error": None}
    with suppress(TimeoutError):  # a client that shows it to nobody
        async with asyncio.timeout(context.settings.waits.silence):
            told = await answer
    if "error" in told:
        error = Rejected("the client did not answer what the server asks")
        raise DeliveryError(error, harmless=True, spoken=told["error"])
    return told.get("result")


def _asked(question: Json) -> Json:
    """What is asked, without what the server's era puts around it."""
    return {name: question[name] for name in ("method", "params") if name in question}


# ------------------------------------------------------------------ a later client, an earlier server


async def _subscribe(context: BridgeContext, message: Message) -> None:
    """Keep a subscription open until the client cancels it."""
    [identifier], wanted = message.pending_ids, object_of(message.parameters, "notifications")
    subscriptions = context.session.subscriptions
    subscriptions[id_key(identifier)] = (identifier, wanted)
    meta = {"_meta": {eras.SUBSCRIPTION: identifier}, "notifications": wanted}
    told = {"jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged", "params": meta}
    await context.send(encode(told))
    try:
        for uri in wanted.get("resourceSubscriptions") or ():
            identified = f"posthog-wizard-{next(_numbers)}"
            await ask(context, eras.own_request(identified, "resources/subscribe", {"uri": uri}))
        await asyncio.Event().wait()
    finally:
        del subscriptions[id_key(identifier)]


async def _answer_parked(context: BridgeContext, parked: PendingRequest, pending: PendingRequest) -> None:
    """Take the client's answers to the server that waits for them; the request goes on under the client's new id."""
    [identifier] = pending.pending_ids.values()
    pending.pending_ids.clear()
    parked.parked = False
    parked.pending_ids = dict.fromkeys(parked.pending_ids, identifier)
    given = object_of((pending.original or pending.message).parameters, "inputResponses")
    for key, question in [(key, parked.questions.pop(key)) for key in list(parked.questions) if key in given]:
        await ask(context, message_of({"jsonrpc": "2.0", "id": question["id"], "result": given[key]}))
    if parked.late is not None:
        await context.send(encode(parked.late | {"id": identifier}))
    elif parked.questions and parked.pending_ids:
        await _park(context, parked)


async def question_of_server(context: BridgeContext, pending: PendingRequest, question: Json) -> None:
    """Put a question of an earlier server into the answer of the request that it belongs to."""
    session = context.session
    asked = [pending] if pending.pending_ids else [each for each in session.open if each.pending_ids]
    asking = asked[0] if len(asked) == 1 else None
    if question["method"] not in eras.SERVER_QUESTIONS or asking is None:
        outcome: Json = {"result": {}} if question["method"] == "ping" else {"error": _UNKNOWN}
        told = message_of({"jsonrpc": "2.0", "id": question["id"], **outcome})
        context.keep(_send_quietly(context, told))
        return
    asking.questions[f"question-{next(_numbers)}"] = question
    if not asking.parked:
        await _park(context, asking)


async def _park(context: BridgeContext, asking: PendingRequest) -> None:
    """Answer the client that its request needs something first; the request itself stays open."""
    state, [identifier] = f"{_STATE}{next(_numbers)}", asking.pending_ids.values()
    asked = {key: _asked(each) for key, each in asking.questions.items()}
    result = {"resultType": "input_required", "inputRequests": asked, "requestState": state}
    asking.parked, context.session.parked[state] = True, asking
    await context.send(encode({"jsonrpc": "2.0", "id": identifier, "result": result}))


_STATE = "posthog-wizard-state-"
_OVER = {"code": -32602, "message": "This requestState is over: it was brought back before, or its request has ended."}
_UNKNOWN = {"code": -32601, "message": "The client cannot be asked that outside of a request."}


async def _send_quietly(context: BridgeContext, message: Message) -> None:
    try:
        await ask(context, message)
    except DeliveryError as failure:
        log.warning("an answer to the server: %s", failure.error.message)
