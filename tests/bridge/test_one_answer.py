"""The law: every request gets exactly one answer, whatever the server does; a tool call is not carried out twice.

Servers that misbehave at random, made from a seed, which the failure prints. A run is a client with a handful of requests
and cancellations before one of them; ONE_ANSWER_RUNS says how many there are.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import random
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Literal

import pytest

from posthog_wizard.model import Json
from tests.support.bridged import HELLO, READY, SHORT, Client, bridged, eventually, modern, request, settings
from tests.support.scripted import Asked, Reply, Script, Step, scripted

RUNS = int(os.environ.get("ONE_ANSWER_RUNS", "2000"))
AT_ONCE = 50  # runs side by side
SEEDS = 40  # tests, each with its share of the runs
QUICK = SHORT._replace(
    answer=0.25, silence=0.3, patience=0.08, throttled=0.1, first_pause=0.01, longest_pause=0.03, resume=0.01,
    resuming=0.1, notification=0.05, drain=0.03, finish=0.1, farewell=0.02,
)  # fmt: skip
SERVER_FAILED = {500, 502, 503}
SAID = (
    "no", "Session not found", "Bad Request: No valid session ID provided", "Method not found", "Server not initialized",
    "Unsupported protocol version",
)  # fmt: skip
CODES = (-32000, -32001, -32020, -32021, -32022, -32600, -32601, -32602, -32603, -32700)
METHODS = (
    "tools/list", "tools/call", "ping", "resources/read", "prompts/get", "logging/setLevel", "server/discover",
    "resources/subscribe", "made/up",
)  # fmt: skip


def identifier(asked: Asked, dice: random.Random) -> Json:
    """The request's id, as a rule."""
    own = asked.message.get("id") if isinstance(asked.message, dict) else None
    return dice.choice([own] * 6 + [None, "server-error", 999, f"{own}", float(own) if isinstance(own, int) else own])


def content(asked: Asked, dice: random.Random) -> Json:
    """What the server says: an answer, an error, a question, a notification, nonsense."""
    known = identifier(asked, dice)
    listed: Json = {"tools": [], "nextCursor": dice.choice([None, "more"]), "protocolVersion": "2025-11-25"}
    discovered = {"supportedVersions": [dice.choice(["2026-07-28", "2025-06-18"])], "capabilities": {}}
    wanted = {
        "resultType": "input_required", "requestState": "s",
        "inputRequests": dice.choice([{}, {"a": {"method": "elicitation/create", "params": {}}}]),
    }  # fmt: skip
    error = {"code": dice.choice(CODES), "message": dice.choice(SAID), "data": {"supported": ["2026-07-28"]}}
    return dice.choice(
        [
            *[{"jsonrpc": "2.0", "id": known, "result": each} for each in (listed, {}, discovered, wanted)],
            {"jsonrpc": "2.0", "id": known, "error": error},
            {"jsonrpc": "2.0", "id": f"q{dice.randrange(9)}", "method": "elicitation/create", "params": {}},
            {"jsonrpc": "2.0", "id": 1, "method": "ping"},
            {"jsonrpc": "2.0", "method": "notifications/message", "params": {}},
            dice.choice([{}, [], 5, "text", {"time": 1}, None, {"id": known}]),
        ]
    )


def events(asked: Asked, dice: random.Random) -> tuple[bytes | float, ...]:
    """A stream of them, with noise."""
    names = ("", "event: message\n", "event: heartbeat\n", "id: 1\n", "retry: 5\n", ": hm\n", "\ufeff")
    said = [
        f"{dice.choice(names)}data: {json.dumps(content(asked, dice))}\n\n".encode() for _ in range(dice.randrange(4))
    ]
    odd: list[Callable[[bytes], bytes | float]] = [lambda each: each[:-3], lambda _: b": \n\n", lambda _: 0.01]
    return tuple(dice.choice(odd)(each) if dice.random() < 0.1 else each for each in said)


def whole(asked: Asked, dice: random.Random) -> Reply:
    """A body of JSON, at times packed or cut."""
    body = json.dumps(content(asked, dice)).encode()
    coding = dice.choice(["", "", "", "gzip", "br"])
    packed = gzip.compress(body) if coding == "gzip" else body
    kept = packed if dice.random() < 0.9 else packed[: len(packed) // 2]
    return Reply(200, {"Content-Type": "application/json", "Content-Encoding": coding}, (kept,) if kept else ())


def streamed(asked: Asked, dice: random.Random) -> Reply:
    """A stream of events that ends in one way or another."""
    endings: list[Literal["keep", "cut", "reset", "hang"]] = ["keep", "keep", "cut", "reset", "hang"]
    return Reply(200, {"Content-Type": "text/event-stream"}, events(asked, dice), dice.choice(endings))


def refused(asked: Asked, dice: random.Random) -> Reply:
    """A status."""
    status = dice.choice([202, 204, 300, 302, 307, 400, 401, 403, 404, 405, 408, 409, 410, 422, 429, 500, 502, 503])
    body = dice.choice([b"", dice.choice(SAID).encode(), json.dumps(content(asked, dice)).encode(), b"<html>"])
    headers = dice.choice([{}, {"Location": "/mcp/"}, {"Retry-After": "0"}, {"WWW-Authenticate": "Bearer"}])
    return Reply(status, headers, (body,) if body else ())


def broken(_asked: Asked, dice: random.Random) -> Reply:
    """No answer at all."""
    endings: list[Literal["cut", "reset", "hang"]] = ["cut", "reset", "hang"]
    return Reply(silent=True, ending=dice.choice(endings))


def right(asked: Asked, _dice: random.Random) -> Reply:
    """The answer."""
    sent = asked.message.get("id") if isinstance(asked.message, dict) else None
    welcome = {"protocolVersion": "2025-11-25", "supportedVersions": ["2026-07-28"], "capabilities": {}}
    body = json.dumps({"jsonrpc": "2.0", "id": sent, "result": welcome}).encode()
    return Reply(200, {"Content-Type": "application/json", "Mcp-Session-Id": "s"}, (body,))


def misbehaving(dice: random.Random) -> Step:
    """A server's whole behaviour: as right as its temper allows."""
    temper = dice.choice([0.2, 0.5, 0.9])

    def step(asked: Asked) -> Reply:
        kinds: Sequence[Callable[[Asked, random.Random], Reply]] = (whole, streamed, streamed, refused, broken)
        return dice.choice(kinds)(asked, dice) if dice.random() < temper else right(asked, dice)

    return step


def counting(step: Step, carried_out: Counter[Json]) -> Step:
    """The behaviour, with the tool calls counted that the server may have carried out."""

    def counted(asked: Asked) -> Reply:
        reply = step(asked)
        if asked.kind == "tools/call" and (
            reply.silent or reply.status in range(200, 300) or reply.status in SERVER_FAILED
        ):
            carried_out[asked.message["id"]] += 1
        return reply

    return counted


def conversation(dice: random.Random) -> list[Json]:
    """What the client says."""
    make = dice.choice([request, modern])
    first = [HELLO, READY] if make is request and dice.random() < 0.9 else []
    asked = [
        make(number, dice.choice(METHODS), name="x", uri="a:b", requestState="posthog-wizard-state-1")
        for number in range(1, dice.randrange(2, 6))
    ]
    cancelled = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}
    return [*first, *asked, *([cancelled] if dice.random() < 0.3 else [])]


async def answers_of(seed: int) -> tuple[Counter[Json], Counter[Json], set[Json], int]:
    """The ids asked and answered in one run, those cancelled, and the most often that the same tool call was carried out."""
    dice = random.Random(seed)
    said = conversation(dice)
    carried_out: Counter[Json] = Counter()
    step = counting(misbehaving(dice), carried_out)
    every: Script = {kind: [step] for kind in (*METHODS, "initialize", "GET", "POST", "DELETE", "subscriptions/listen")}
    over = {each["params"]["requestId"] for each in said if each["method"] == "notifications/cancelled"}
    owed = {each["id"] for each in said if "id" in each} - over
    async with scripted(every) as server, bridged(settings(server.url, waits=QUICK)) as client:
        client.say(*said)
        listening = asyncio.create_task(answer_questions(client))
        with suppress(TimeoutError):
            await eventually(lambda: owed <= {each.get("id") for each in client.heard if "method" not in each})
        await asyncio.sleep(0.05)  # for an answer too many
        listening.cancel()
    asked = Counter(each["id"] for each in said if "id" in each)
    answered = Counter(each["id"] for each in client.heard if "method" not in each)
    return asked, answered, over, max(carried_out.values(), default=0)


async def answer_questions(client: Client) -> None:
    """Read all that comes, and answer what is asked."""
    while True:
        with suppress(TimeoutError):
            [line] = await client.hear()
            if "method" in line and "id" in line:
                client.say({"jsonrpc": "2.0", "id": line["id"], "result": {"action": "accept"}})


async def wrong(seeds: Sequence[int]) -> list[str]:
    """What is against the law in these runs."""
    found = []
    for start in range(0, len(seeds), AT_ONCE):
        part = seeds[start : start + AT_ONCE]
        for seed, (asked, answered, over, times) in zip(
            part, await asyncio.gather(*map(answers_of, part)), strict=True
        ):
            missing, more = asked - answered, answered - asked
            missing = Counter({each: count for each, count in missing.items() if each not in over})
            if missing or more or times > 1:
                found.append(f"seed {seed}: missing {dict(missing)}, too many {dict(more)}, a call {times} times")
    return found


@pytest.mark.unfollowed  # what is generated: the other tests of the bridge show its lines
@pytest.mark.parametrize("share", range(SEEDS))
def test_every_request_gets_exactly_one_answer(share: int) -> None:
    assert asyncio.run(wrong(range(share, RUNS, SEEDS))) == []
