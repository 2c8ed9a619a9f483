"""Servers and proxies that mean ill, before a running bridge: each request gets one answer, and they get few requests."""

from __future__ import annotations

import asyncio
import json
import math
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from posthog_wizard.bridge.bridge_context import BridgeContext
from posthog_wizard.bridge.delivery import listen
from posthog_wizard.bridge.errors.delivery_errors import DeliveryError
from posthog_wizard.bridge.errors.http_errors import HttpErrorResponse, error_of_response
from posthog_wizard.bridge.http.responses import pass_on
from posthog_wizard.bridge.http.upstream import Upstream
from posthog_wizard.bridge.messages import one_line, parse_message, parse_strictly, pending_request
from posthog_wizard.bridge.negotiation import question_of_server
from posthog_wizard.bridge.run_settings import BridgeSettings
from posthog_wizard.model import Json, Secret
from posthog_wizard.net.addresses import parse_address
from posthog_wizard.net.jsonrpc import id_key
from posthog_wizard.net.retry_after import LONGEST, http_date, retry_after, seconds
from posthog_wizard.net.sse import EventReader, TooLarge
from posthog_wizard.net.strict_json import strict
from tests.support.hasty_bridge import HASTY, KEY
from tests.support.hostile import (
    GOOD,
    ID,
    KINDS,
    RETRIES,
    STATUSES,
    Hostile,
    HostileServer,
    answers,
    events,
    hostile,
    http,
    lines_of,
    messages,
    speaking,
    streams,
    strictly,
    waits,
)
from tests.support.mcp_process import Program

READER = Path(__file__).parents[1] / "support" / "node" / "read_lines.mjs"
COMMAND = (sys.executable, "-m", "tests.support.hasty_bridge")
CASES = 10_000  # for the functions that decide
THROUGH = 180  # through a real process
MOST = 60  # requests that one request of the client may cost a server: its stream taken up again is the dearest
UNSURE = "may or may not have happened"
NO_JSON = "instead of JSON-RPC"
ENDED = "ended the stream without the answer"
FAR = "Mon, 01 Jan 99999999999999 00:00:00 GMT"


def program(url: str, *, home: Path, **environment: str) -> Program:
    """The bridge with short waits."""
    return Program(url, home=home, key=None, command=COMMAND, environment=environment)


@pytest.fixture
def seed() -> int:
    """Another one each time; what a failing test prints repeats it."""
    chosen = random.SystemRandom().randrange(1 << 32)
    sys.stdout.write(f"seed {chosen}\n")
    return chosen


def value(text: bytes) -> Hostile:
    """A result that holds this."""
    return Hostile((http(b'{"jsonrpc":"2.0","id":@ID@,"result":{"n":%b}}' % text),))


def sized(response: bytes, digits: int) -> bytes:
    """A response before others: its length, with an id of so many digits."""
    return response.replace(b"@LENGTH@", b"%d" % (len(GOOD) - len(ID) + digits))


def retry(text: str, status: int = 429) -> Hostile:
    """A refusal that says when to come back."""
    return Hostile((http(b"", status, Retry_After=text),))


HEADERS: tuple[bytes | float, ...] = (b"a: b\r\n", 0.2) * 30

# The server's doing, what the client reads in its one answer, and how many requests the server may get at most.
ROWS: dict[str, tuple[Hostile, str, int]] = {
    "well": (Hostile((http(GOOD),)), '"result": {"n": 1}', 1),
    # ---- when to come back
    "Retry-After 0": (retry("0"), "limits how often", 7),
    "Retry-After in the past": (retry("Thu, 01 Jan 1970 00:00:00 GMT"), "limits how often", 7),
    "Retry-After negative": (retry("-5"), "limits how often", 7),
    "Retry-After a fraction": (retry("0.0001"), "limits how often", 7),
    "Retry-After empty": (retry(""), "limits how often", 7),
    "Retry-After no number": (retry("\xb2"), "limits how often", 7),
    "Retry-After huge": (retry("9" * 400), '"retry_after": 86400.0', 1),
    "Retry-After huger": (retry("9" * 5000), '"retry_after": 86400.0', 1),
    "Retry-After far off": (retry(FAR), "limits how often", 7),
    "Retry-After at the end of time": (retry("Fri, 31 Dec 9999 23:59:59 -2359"), '"retry_after": 86400.0', 1),
    "Retry-After with an impossible zone": (retry("Mon, 01 Jan 2100 00:00:00 +99999999999999"), "limits how often", 7),
    "Retry-After of a failure": (retry("0", 503), UNSURE, 1),
    # ---- what is no strict JSON
    "UTF-16": (Hostile((http(GOOD.decode().replace("@ID@", "1").encode("utf-16")),)), NO_JSON, 1),
    "UTF-16 without a mark": (Hostile((http(b"{\0}\0"),)), NO_JSON, 1),
    "UTF-32": (Hostile((http(b"{}".decode().encode("utf-32")),)), NO_JSON, 1),
    "an event in UTF-16": (Hostile((events("{}".encode("utf-16-le")),)), ENDED, 1),
    "Latin-1": (value(b'"\xe9"'), NO_JSON, 1),
    "a surrogate in UTF-8": (value(b'"\xed\xa0\xbd"'), NO_JSON, 1),
    "half an emoji": (value(b'"a\\ud83d"'), "a\\ufffd", 1),
    "the other half": (value(b'"\\uDE00b"'), "\\ufffdb", 1),
    "halves in an event": (Hostile((events(b'{"id":@ID@,"result":"\\ude00\\ud83d"}'),)), "\\ufffd\\ufffd", 1),
    "a whole emoji": (value(b'"\\ud83d\\ude00"'), "\\ud83d\\ude00", 1),
    "what only looks like a half": (value(b'"\\\\ud83d"'), "\\\\ud83d", 1),
    "NaN": (value(b"NaN"), NO_JSON, 1),
    "Infinity": (value(b"-Infinity"), NO_JSON, 1),
    "an event with Infinity": (Hostile((events(b'{"id":@ID@,"result":Infinity}'),)), ENDED, 1),
    "a number beyond all floats": (value(b"1e999"), NO_JSON, 1),
    "a whole number beyond all floats": (value(b"9" * 400), NO_JSON, 1),
    "a whole number of 5,000 digits": (value(b"9" * 5000), NO_JSON, 1),
    "nested 200 deep": (value(b"[" * 200 + b"]" * 200), NO_JSON, 1),
    "nested 100,000 deep": (value(b"[" * 100_000), NO_JSON, 1),
    "a byte-order mark": (Hostile((http(b"\xef\xbb\xbf" + GOOD),)), '"n": 1', 1),
    "a byte-order mark before events": (Hostile((http(b"\xef\xbb\xbfdata: " + GOOD + b"\n\n", 200, "text/event-stream"),)), '"n": 1', 1),
    # ---- who is answered
    "an id as a fraction": (Hostile((http(b'{"id":@ID@.0,"result":{}}'),)), '"result": {}', 1),
    "an id as text": (Hostile((http(b'{"id":"@ID@","result":{}}'),)), "not asked", 1),
    "an id that is true": (Hostile((http(b'{"id":true,"result":{}}'),)), "not asked", 1),
    "an id nested deep": (Hostile((http(b'{"id":' + b"[" * 100 + b"]" * 100 + b',"result":{}}'),)), "not asked", 1),
    "no id": (Hostile((http(b'{"result":{}}'),)), "not asked", 1),
    "another id": (Hostile((http(b'{"id":77,"result":{}}'),)), "not asked", 1),
    "an answer and an error at once": (Hostile((http(b'{"id":@ID@,"result":1,"error":{"code":1,"message":""}}'),)), "not asked", 1),
    "an error that is text": (Hostile((http(b'{"id":@ID@,"error":"no"}'),)), "not asked", 1),
    "an error with the id null": (Hostile((http(b'{"id":null,"error":{"code":-32600,"message":"cannot read"}}'),)), "cannot read", 1),
    "an error without an id": (Hostile((events(b'{"error":{"code":-32600,"message":"cannot read"}}', GOOD),)), "cannot read", 1),
    "two answers in a list": (Hostile((http(b'[{"id":@ID@,"result":1},{"id":@ID@,"result":2}]'),)), '"result": 1', 1),
    "two answers in a stream": (Hostile((events(GOOD, GOOD, b'{"id":77,"result":{}}'),)), '"n": 1', 1),
    "two responses in a packet": (Hostile((sized(http(GOOD), 3) + http(GOOD),)), '"n": 1', 1),
    "a result over a bad status": (Hostile((http(GOOD, 500),)), '"n": 1', 1),
    "a result over a throttle": (Hostile((http(GOOD, 429),)), '"n": 1', 1),
    # ---- a session that is over, or is it
    "404 with the result": (Hostile((http(GOOD, 404),)), '"n": 1', 1),
    "404 with the request's error": (Hostile((http(b'{"id":@ID@,"error":{"code":-32602,"message":"Unknown tool"}}', 404),)), "Unknown tool", 1),
    "404 with the session's error": (Hostile((http(b'{"id":@ID@,"error":{"code":-32600,"message":"Session not found"}}', 404),)), UNSURE, 1),
    "404 without words": (Hostile((http(b"", 404),)), UNSURE, 1),
    # ---- other bytes
    "Latin-1 in Location": (Hostile((http(b"", 307, Location="/\xe9"),)), "is not followed", 4),
    "a Location that is none": (Hostile((http(b"", 307, Location="http://[::1"),)), "is not followed", 1),
    "control characters in Location": (Hostile((http(b"", 308, Location="http://h\x7f:x/"),)), "is not followed", 1),
    "a retry of 5,000 digits": (Hostile((http(b"id: @ID@\nretry: " + b"9" * 5000 + b"\n\n", 200, "text/event-stream"),)), ENDED, 1),
    "a retry that is no number": (Hostile((http("retry: ²\ndata: ".encode() + GOOD + b"\n\n", 200, "text/event-stream"),)), '"n": 1', 1),
    "the key in the content type": (Hostile((http(b"hello", 200, f"text/{KEY}; {'x' * 3000}"),)), "text/phx_…mnop", 1),
    "the key in the answer": (value(f'"{KEY}"'.encode()), "phx_\\u2026mnop", 1),
    "the key behind a backslash": (value(rb'"\\\\' + KEY.encode() + rb"\\n" + KEY.encode() + b'"'), "\\\\phx_\\u2026mnop", 1),
    "the key in a broken status": (Hostile((f"HTTP/1.1 200 {KEY}\r\nAuthorization {KEY}\r\n\r\n".encode(),)), "phx_\\u2026mnop", 1),
    "CR LF cut in two": (Hostile((http(b"", 200, "text/event-stream").replace(b"@LENGTH@", b"%d" % (len(GOOD) + 9)), b"data: " + GOOD + b"\r", 0.05, b"\n\r", 0.05, b"\n")), '"n": 1', 1),
    # ---- no end
    "a stream that always ends": (Hostile((http(b"id: @ID@\nretry: 0\n\n", 200, "text/event-stream"),)), ENDED, MOST),
    "a stream with a new id each time": (Hostile((http(b"id: @ID@\ndata: {}\n\n", 200, "text/event-stream"),)), ENDED, MOST),
    "a stream that says nothing": (Hostile((http(b"").replace(b"application/json", b"text/event-stream").replace(b"@LENGTH@", b"9"),), "hang"), "did not finish", 1),
    "headers drop by drop": (Hostile((b"HTTP/1.1 200 X\r\n", *HEADERS), "hang"), "did not finish", 1),
    "headers without end": (Hostile((b"HTTP/1.1 200 X\r\n", b"a: " + b"b" * 300_000)), "does not speak HTTP", 1),
    "nothing": (Hostile((), "hang"), "did not finish", 1),
}  # fmt: skip
NUMBERS = {name: str(100 + number) for number, name in enumerate(ROWS)}


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[HostileServer, Program]]:
    """One bridge for all rows, with a session."""
    cases = {NUMBERS[name]: row[0] for name, row in ROWS.items()}
    with hostile(cases) as server, program(server.url, home=tmp_path_factory.mktemp("home")) as bridge:
        bridge.initialize()
        yield server, bridge


@pytest.mark.parametrize("name", ROWS)
def test_a_hostile_answer(name: str, attacked: tuple[HostileServer, Program]) -> None:
    server, bridge = attacked
    _, words, most = ROWS[name]
    bridge.send({"id": int(NUMBERS[name]), "method": "tools/call", "params": {"name": "x"}})
    [line] = lines_of(bridge, 1, 30, quiet=0.15)
    heard = strictly(line)
    assert (type(heard["id"]), str(heard["id"])) == (int, NUMBERS[name])
    assert words in json.dumps(heard) or words in str(heard)
    assert KEY.encode() not in line
    assert len(line) < 2000
    assert server.asked[NUMBERS[name]] <= most
    assert bridge.request(7, "ping")["result"] == {"n": 1}


def test_an_answer_that_lies_in_wait_for_the_next_request(tmp_path: Path) -> None:
    waiting = http(b'{"jsonrpc":"2.0","id":2,"result":"smuggled"}').replace(b"@LENGTH@", b"44")
    trap = {"1": Hostile((sized(http(GOOD), 1) + waiting,))}
    with hostile(trap) as server, program(server.url, home=tmp_path) as bridge:
        assert [bridge.request(number, "ping")["result"] for number in (1, 2, 3)] == [{"n": 1}] * 3
        assert len(bridge.heard) == 3


@pytest.mark.parametrize(
    ("line", "code", "identifier"),
    [
        (b'{"id":' + b"[" * 490 + b"]" * 490 + b',"method":"ping"}', -32600, None),
        (b'{"id":{"a":1},"method":"ping"}', -32600, None),
        (b'{"id":true,"method":"initialize"}', -32600, None),
        (b'{"id":"\\ud83d","method":"ping"}', -32600, None),
        (b'{"id":"a\xed\xa0\xbd","method":"ping"}', None, "a\ufffd"),
        (b'{"id":1e999,"method":"ping"}', -32600, None),
        (b'{"id":NaN,"method":"ping"}', -32600, None),
        (b'{"id":' + b"9" * 400 + b',"method":"ping"}', -32600, None),
        (b'{"id":' + b"9" * 5000 + b',"method":"ping"}', -32700, None),
        (b'{"id":' + b"[" * 100_000, -32700, None),
        (b'{"id":1,"method":"ping","params":' + b"[" * 500 + b"]" * 500 + b"}", -32700, None),
        (b'{"id":' + b"[" * 978 + b"]" * 978 + b',"method":"ping"}', -32700, None),
        (b'{"method":"notifications/cancelled","params":{"requestId":' + b"[" * 490 + b"]" * 490 + b"}}", None, 7),
        (b'{"id":' + b"[" * 490 + b"]" * 490 + b',"result":{}}', None, 7),
    ],
)  # fmt: skip
def test_an_id_that_is_none(line: bytes, code: int | None, identifier: Json, patient: Program) -> None:
    patient.raw(line + b"\n")
    patient.send({"id": 7, "method": "ping"})
    heard = map(strictly, lines_of(patient, len({identifier, 7}), 30))  # in any order
    assert {(one["id"], one.get("error", {}).get("code")) for one in heard} == {(identifier, code), (7, None)}
    assert patient.request(8, "ping")["result"] == {"n": 1}


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """One bridge, which goes on after all of them."""
    with hostile({}) as server, program(server.url, home=tmp_path_factory.mktemp("patient")) as bridge:
        yield bridge


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        ((), "connecting timed out"),
        ((b"HTTP/1.1 200 OK\r\n",), "connecting timed out"),
        ((b"HTTP/1.1 200 OK\r\n\r\n",), "connecting timed out"),
        ((b"HTTP/1.1 200 OK\r\n", *HEADERS), "connecting timed out"),
        ((b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",), "the proxy refused (it speaks in the server's place)"),
        ((b"HTTP/1.1 200 OK\r\nA: " + b"b" * 100_000,), "the proxy refused (it does not answer like a proxy)"),
        ((b"220 smtp\r\n\r\n",), "the proxy refused (it does not answer like a proxy)"),
        ((b"HTTP/1.1 407 \x1b[31mno " + KEY.encode() + b"x" * 3000 + b"\r\n\r\n",), "the proxy refused (407 [31mno phx_…mnop"),
    ],
)  # fmt: skip
def test_a_proxy_that_means_ill(pieces: tuple[bytes | float, ...], words: str, tmp_path: Path) -> None:
    url = "https://mcp.example.invalid/mcp"
    with speaking(*pieces) as proxy, program(url, home=tmp_path, HTTPS_PROXY=f"http://{proxy}") as bridge:
        bridge.raw(b"no\n")
        lines_of(bridge, 1, 60)  # it has started, however slowly
        began = time.monotonic()
        bridge.send({"id": 1, "method": "tools/call", "params": {}})
        [line] = lines_of(bridge, 1, 30)
        assert words in strictly(line)["error"]["message"]
        assert KEY.encode() not in line
        assert len(line) < 1500
        # a connection tried twice at most, as with the waits of real life; what is over is for a busy machine
        assert time.monotonic() - began < 2 * HASTY.connect + HASTY.patience + 10


DRIP: tuple[bytes | float, ...] = (b"\0", 0.1) * 30


def test_a_handshake_that_does_not_end(tmp_path: Path) -> None:
    with speaking(b"\x16\x03\x03\x40\x00", *DRIP) as server:
        url = f"https://{server}/mcp"
        with program(url, home=tmp_path) as bridge:
            bridge.send({"id": 1, "method": "ping"})
            [line] = lines_of(bridge, 1, 20)
            assert "cannot be reached" in strictly(line)["error"]["message"]


def test_generated_answers(seed: int, tmp_path: Path) -> None:
    cases = answers(seed, THROUGH, KEY)
    with hostile(cases) as server, program(server.url, home=tmp_path) as bridge:
        bridge.initialize()
        methods = ("tools/call", "tools/list", "ping")
        bridge.send(*({"id": int(name), "method": methods[int(name) % 3], "params": {"name": "x"}} for name in cases))
        heard = lines_of(bridge, THROUGH, 60)
        alive = bridge.request(1, "ping")["result"]
        bridge.stdin.close()
        _, talk = bridge.last_words()
    said = [one for line in heard for one in [strictly(line)] if "method" not in one]
    assert Counter(str(each["id"]) for each in said) == Counter(dict.fromkeys(cases, 1))
    assert {type(each["id"]) for each in said} == {int}
    assert {name: server.asked[name] for name in cases if server.asked[name] > 2 * MOST} == {}
    assert alive == {"n": 1}
    assert [line for line in heard if KEY.encode() in line] == []
    assert ("a bug" in talk, KEY in talk) == (False, False)


# ------------------------------------------------------------------ the functions that decide


def decoded(raw: bytes) -> Json:
    """What is wrong with what the decoder lets through; nothing where it refuses."""
    try:
        text, content = strict(raw)
    except ValueError:
        return None
    return None if strictly(text) == content else text


def test_what_the_decoder_lets_through_every_reader_takes(seed: int) -> None:
    found = messages(seed, CASES)
    assert [raw for raw in found if decoded(raw) is not None] == []
    assert [raw for raw in found[:10] for cut in range(len(raw)) if decoded(raw[:cut]) is not None] == []


def passed(raw: bytes) -> list[bytes]:
    """The line that a client gets of an answer; none where it is refused."""
    try:
        return [one_line(parse_strictly(raw).raw)]
    except ValueError:
        return []


def test_node_reads_what_the_decoder_lets_through(seed: int) -> None:
    lines = [line for raw in messages(seed, CASES) for line in passed(raw)]
    read = subprocess.run(["node", READER], input=b"\n".join(lines), capture_output=True, check=True).stdout
    assert len(lines) > CASES / 10
    # node has floats only
    assert [json.loads(line) for line in read.splitlines()] == [json.loads(line, parse_int=float) for line in lines]


def test_a_wait_is_always_a_wait(seed: int) -> None:
    asked = [retry_after({"retry-after": text}) for text in waits(seed, CASES)]
    assert [wait for wait in asked if not (wait is None or (math.isfinite(wait) and 0 <= wait <= LONGEST))] == []
    assert [each for each in (seconds("9" * 10**6), seconds("-1"), seconds("²"), http_date(FAR)) if each] == [LONGEST]


def read(pieces: list[bytes]) -> list[object]:
    """The events of a stream in pieces."""
    reader = EventReader(100_000)
    try:
        return [event for piece in pieces for event in reader.feed(piece)]
    except TooLarge:
        return ["too large"]


def test_events_do_not_depend_on_the_cuts(seed: int) -> None:
    assert [whole for whole, pieces in streams(seed, CASES) if read([whole]) != read(pieces)] == []


class Routed:
    """A bridge without its network: what the client gets of a message that comes twice for the request with the id 1."""

    def __init__(self) -> None:
        address = parse_address("http://127.0.0.1:1/mcp")
        self.heard: list[bytes] = []
        self._link = BridgeContext(
            BridgeSettings(address.origin), address, Upstream(address, HASTY), self._take, listen, question_of_server
        )

    async def is_wrong(self, raw: bytes) -> bool:
        """Whether the request got more than one answer, none though it counts as answered, or under another id."""
        self.heard.clear()
        flight = pending_request(parse_message(b'{"jsonrpc":"2.0","id":1,"method":"ping"}'))
        with suppress(ValueError):
            await pass_on(self._link, flight, parse_strictly(raw))
            await pass_on(self._link, flight, parse_strictly(raw))
        given = [part["id"] for part in map(strictly, self.heard) if "method" not in part]
        return given != [1] * flight.complete or any(type(each) is not int for each in given)

    async def _take(self, line: bytes) -> None:
        self.heard.append(line)


def test_every_answer_passes_once_and_to_who_asked(seed: int) -> None:
    async def scenario() -> list[bytes]:
        routed = Routed()
        return [raw for raw in messages(seed, CASES) if await routed.is_wrong(raw)]

    assert asyncio.run(scenario()) == []


def judged(refusal: HttpErrorResponse) -> DeliveryError:
    """The fault; an error that is passed on is one of JSON-RPC."""
    fault = error_of_response(refusal)
    assert fault.spoken is None or strictly(json.dumps(fault.spoken).encode())
    assert KEY not in f"{fault.error.message}{fault.error.hint}"
    return fault


def test_every_refusal_is_a_fault(seed: int) -> None:
    rng = random.Random(seed)
    url, owed = "http://127.0.0.1:1/mcp", frozenset({id_key(1)})
    found = [
        judged(
            HttpErrorResponse(
                url,
                rng.choice(STATUSES),
                {"content-type": rng.choice(KINDS).replace("@KEY@", KEY), "retry-after": rng.choice(RETRIES)},
                raw.replace(b"@KEY@", KEY.encode()),
                Secret(KEY),
                pending_ids=owed,
                in_session=rng.random() < 0.5,
            )
        )
        for raw in messages(seed, CASES)
    ]
    assert len(found) == CASES
