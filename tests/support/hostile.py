"""A server on loopback that answers with bytes as they are written here, and generated answers that no server should give."""

from __future__ import annotations

import json
import os
import random
import select
import socket
import socketserver
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Literal, NamedTuple

from posthog_wizard.model import Json
from tests.support.mcp_process import Program

Ending = Literal["keep", "close", "reset", "hang"]
ID = b"@ID@"  # in an answer: the id of the request
GOOD = b'{"jsonrpc":"2.0","id":@ID@,"result":{"n":1}}'
HELLO = b'{"jsonrpc":"2.0","id":@ID@,"result":{"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":"hostile","version":"1"}}}'
DEEPEST = 127  # levels that Rust's serde_json reads


class Hostile(NamedTuple):
    """What a server does to one request: bytes, and seconds to wait between them; `again` to a GET for the same."""

    pieces: tuple[bytes | float, ...]
    ending: Ending = "keep"
    again: tuple[bytes | float, ...] | None = None


def http(body: bytes, status: int = 200, kind: str = "application/json", **headers: str) -> bytes:
    """A whole response."""
    named = {"Content-Type": kind, **{name.replace("_", "-"): value for name, value in headers.items()}}
    lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in named.items())]
    return "\r\n".join(lines).encode("latin-1") + b"\r\nContent-Length: @LENGTH@\r\n\r\n" + body


def events(*blocks: bytes, **headers: str) -> bytes:
    """A whole response that is a stream of events."""
    return http(b"".join(b"data: " + block + b"\n\n" for block in blocks), 200, "text/event-stream", **headers)


class HostileServer(socketserver.ThreadingTCPServer):
    """Answers by the id of the request: `cases[id]`, and well to all others. `asked` counts the requests of each."""

    daemon_threads = True
    request_queue_size = 200

    def __init__(self, cases: Mapping[str, Hostile]) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.cases, self.asked = dict(cases), Counter[str]()
        self.url = f"http://127.0.0.1:{self.server_address[1]}/mcp"


class _Connection(socketserver.StreamRequestHandler):
    server: HostileServer

    def handle(self) -> None:
        with suppress(OSError, ValueError):
            while self._one():
                pass

    def _one(self) -> bool:
        method = self.rfile.readline().split(b" ")[0]
        if not method:
            return False
        headers = dict(_headers(self.rfile.readline))
        body = self.rfile.read(int(headers.get(b"content-length", b"0")))
        message = json.loads(body) if body else {}
        name = headers.get(b"last-event-id", b"").decode() or json.dumps(message.get("id"))
        self.server.asked[name if name in self.server.cases else str(message.get("method", method.decode()))] += 1
        case = self.server.cases.get(name) or _usual(method, message)
        pieces = case.pieces if method == b"POST" or case.again is None else case.again
        self._send(pieces, name)
        return self._part(case.ending)

    def _send(self, pieces: tuple[bytes | float, ...], name: str) -> None:
        for piece in pieces:
            if isinstance(piece, bytes):
                self.wfile.write(filled(piece, name.encode()))
            else:
                time.sleep(piece)

    def _part(self, ending: Ending) -> bool:
        if ending == "hang":
            self.rfile.read()
        if ending == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        return ending == "keep"


def _headers(line: Callable[[], bytes]) -> Iterator[tuple[bytes, bytes]]:
    while (found := line().strip()) != b"":
        name, _, value = found.partition(b":")
        yield name.lower(), value.strip()


def _usual(method: bytes, message: Mapping[str, Json]) -> Hostile:
    if method != b"POST":
        return Hostile((http(b"", 405),))
    if message.get("method") == "initialize":
        return Hostile((http(HELLO, Mcp_Session_Id="s-1"),))
    return Hostile((http(GOOD) if "id" in message else http(b"", 202),))


def filled(piece: bytes, identifier: bytes) -> bytes:
    """An answer with its id and its length put in."""
    piece = piece.replace(ID, identifier)
    head, separator, body = piece.partition(b"\r\n\r\n")
    return head.replace(b"@LENGTH@", b"%d" % len(body)) + separator + body


@contextmanager
def hostile(cases: Mapping[str, Hostile]) -> Iterator[HostileServer]:
    """Such a server; `cases` by the id of the request as JSON."""
    with HostileServer(cases) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


def lines_of(program: Program, count: int, patience: float, quiet: float = 0.3) -> list[bytes]:
    """Lines of the program until `count` are answers and it says nothing for a while, or patience is at its end."""
    end, rest = time.monotonic() + patience, b""
    while (left := end - time.monotonic()) > 0:
        enough = sum(b'"method"' not in line for line in rest.split(b"\n")[:-1]) >= count
        ready, _, _ = select.select([program.stdout], [], [], min(left, quiet) if enough else left)
        some = os.read(program.stdout.fileno(), 1 << 16) if ready else b""
        rest += some
        if enough and not some:
            break
    return rest.split(b"\n")[:-1]


def _refused(name: str) -> None:
    raise AssertionError(name)


def strictly(line: bytes) -> Json:
    """JSON as JavaScript, Go and Rust read it, by other means than the bridge's. Fails for anything else."""
    text = line.decode("utf-8")
    assert not text.startswith("\ufeff")
    value = json.loads(text, parse_constant=_refused)
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")
    waiting = [(value, 1)]
    while waiting:
        each, depth = waiting.pop()
        assert not isinstance(each, int) or abs(each) < 2**1023
        assert not isinstance(each, dict | list) or depth <= DEEPEST
        inner = [*each, *each.values()] if isinstance(each, dict) else each if isinstance(each, list) else []
        waiting += [(one, depth + 1) for one in inner]
    return value


# ------------------------------------------------------------------ generated

VALUES = [
    b"1", b'"x"', b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1e999", b"9" * 400, b"9" * 5000, b"1." + b"9" * 400, b'"\\ud83d"',
    b'"\\ude00\\ud83d"', b'"\\ud83d\\ude00"', b'"\\\\ud83d"', b'"\xff"', b'"\xed\xa0\xbd"', b'"\xc0\xaf"', b"[" * 200 + b"]" * 200,
    b"[" * 2000, b'{"a":' * 130 + b"1" + b"}" * 130, b'"\x00"', b'"\n"', b"01", b"+1", b".5", b"1.", b"0x1", b"'x'", b"undefined",
    b"true", b"null", b'"\xe2\x80\xa8"', b'{"a":1,"a":2}', b"1e400000000000000000000", b'"@KEY@"', b"-0", b"1E+2", b"[1,]", b"{}",
]  # fmt: skip
IDS = [ID] * 12 + [
    b"@ID@.0",
    b'"@ID@"',
    b"null",
    b"999999",
    b"true",
    b"[@ID@]",
    b'"\\ud83d"',
    b"@ID@e0",
    b"-@ID@",
    b"[" * 978 + b"]" * 978,
]
SHAPES = [
    *[b'{"jsonrpc":"2.0","id":%(id)b,"result":%(value)b}'] * 8, *[b'{"jsonrpc":"2.0","id":%(id)b,"result":{"n":%(value)b}}'] * 8,
    b'{"jsonrpc":"2.0","id":%(id)b,"error":{"code":-32001,"message":"Session not found"}}', b'{"jsonrpc":"2.0","id":%(id)b,"error":%(value)b}',
    b'{"jsonrpc":"2.0","id":%(id)b,"error":{"code":-32602,"message":"no"}}', b'{"jsonrpc":"2.0","id":%(id)b}',
    b'{"jsonrpc":"2.0","id":%(id)b,"result":1,"error":{"code":1,"message":"x"}}', b'{"jsonrpc":"2.0","method":%(value)b,"params":{}}',
    b'{"jsonrpc":"2.0","id":%(id)b,"method":"ping"}', b'[{"id":%(id)b,"result":1},{"id":%(id)b,"result":2}]', b"[]", b"", b"<html>",
    b'{"jsonrpc":"2.0","id":%(id)b,"result":1}\n{"jsonrpc":"2.0","id":%(id)b,"result":2}', b"%(value)b",
]  # fmt: skip
RETRIES = ["0", "-1", "1.5", "0.0001", "9" * 400, "NaN", "inf", "soon", "", "\xb2", "Thu, 01 Jan 1970 00:00:00 GMT", "1",
           "Mon, 01 Jan 99999999999999 00:00:00 GMT", "Mon, 01 Jan 2100 00:00:00 +99999999999999", "Mon, 01 Jan 0001 00:00:00 +2359",
           "Fri, 31 Dec 9999 23:59:59 -2359", "Mon, 01 Jan " + "9" * 5000 + " 00:00:00 GMT"]  # fmt: skip
LOCATIONS = [
    "/mcp",
    "//evil.example/",
    "/\xe9\xff",
    "http://[::1",
    "http://h:port/",
    "/%zz",
    "mcp",
    "?",
    "http://127.0.0.1:0/",
    "/\tx y",
]
STATUSES = [200] * 14 + [
    201,
    202,
    204,
    206,
    299,
    300,
    301,
    304,
    307,
    308,
    400,
    401,
    403,
    404,
    404,
    405,
    408,
    410,
    413,
    425,
    429,
    429,
    500,
    501,
    503,
    599,
]
ENDINGS: list[Ending] = ["keep", "keep", "keep", "keep", "close", "reset"]
KINDS = (
    ["application/json"] * 6
    + ["text/event-stream"] * 4
    + ["text/html", "", "text/plain; charset=utf-16", "\xe9" * 300, "application/json; @KEY@"]
)


def message(rng: random.Random) -> bytes:
    """A body, an event's data: now and then what it should be."""
    shape = rng.choice(SHAPES)
    made = shape % {b"id": rng.choice(IDS), b"value": rng.choice(VALUES)} if b"%(" in shape else shape
    return rng.choice(CODINGS)(made, rng)


def _damaged(made: bytes, rng: random.Random) -> bytes:
    spot = rng.randrange(len(made) + 1)
    return made[:spot] + bytes([rng.randrange(256)]) * rng.randrange(3) + made[spot + rng.randrange(2) :]


CODINGS: list[Callable[[bytes, random.Random], bytes]] = [
    *[lambda made, _: made] * 12, lambda made, _: b"\xef\xbb\xbf" + made, lambda made, _: b" \r\n" + made + b"\r\n\t", _damaged, _damaged,
    lambda made, _: made.decode("latin-1").encode("utf-16"), lambda made, _: made.decode("latin-1").encode("utf-16-le"),
    lambda made, _: made.decode("latin-1").encode("utf-32-be"), lambda made, _: b"\xef\xbb\xbf" * 2 + made,
]  # fmt: skip


def stream_of(rng: random.Random) -> bytes:
    """A stream of events, in all spellings of line ends."""
    end = rng.choice([b"\n", b"\r\n", b"\r"])
    lines = [rng.choice([
        b"data: " + message(rng).replace(b"\r", b" ").replace(b"\n", end + b"data: "), b"id: @ID@", b"retry: " + rng.choice(RETRIES).encode("latin-1"),
        b"event: message", b":", b"id: \0", b"data", b"\xef\xbb\xbfdata: 1", b"",
    ]) for _ in range(rng.randrange(8))]  # fmt: skip
    return end.join([*(line + rng.choice([b"", end]) for line in lines), b"", b""])


def answer(rng: random.Random, key: str) -> Hostile:
    """What a server answers that means ill, or was written by somebody else."""
    kind, status = rng.choice(KINDS), rng.choice(STATUSES)
    body = stream_of(rng) if kind == "text/event-stream" else message(rng)
    headers = {"Retry-After": rng.choice(RETRIES)} if rng.random() < 0.5 else {}
    headers |= {"Location": rng.choice(LOCATIONS)} if status // 100 == 3 else {}
    whole = rng.choice(FRAMES)(http(body, status, kind, **headers), rng).replace(b"@KEY@", key.encode())
    cut = rng.randrange(len(whole) + 1)
    pieces = (
        rng.choice([(whole,), (whole[:cut], 0.02, whole[cut:])])
        if b"@" not in whole[max(0, cut - 10) : cut + 10]
        else (whole,)
    )
    return Hostile(tuple(_fit(pieces)), rng.choice(ENDINGS))


def _fit(pieces: tuple[bytes | float, ...]) -> Iterator[bytes | float]:
    """The length of a body, known before the response is cut in two: ids have six digits."""
    whole = b"".join(piece for piece in pieces if isinstance(piece, bytes)).replace(ID, b"000000")
    length = b"%d" % len(whole.partition(b"\r\n\r\n")[2])
    yield from (piece.replace(b"@LENGTH@", length) if isinstance(piece, bytes) else piece for piece in pieces)


FRAMES: list[Callable[[bytes, random.Random], bytes]] = [
    *[lambda whole, _: whole] * 10,
    lambda whole, _: whole + http(b'{"id":@ID@,"result":"smuggled"}').replace(b"@LENGTH@", b"33"),
    lambda whole, _: whole + b"HTTP/1.1",
    lambda whole, _: b"HTTP/1.1 100 Continue\r\n\r\n" + whole,
    lambda whole, _: whole.replace(b"@LENGTH@", b"5"),
    lambda whole, _: whole.replace(b"@LENGTH@", b"99999"),
    lambda whole, _: whole.replace(b"Content-Length: @LENGTH@", b"Transfer-Encoding: chunked"),
    lambda whole, rng: whole.replace(b"HTTP/1.1", rng.choice([b"HTTP/1.0", b"HTTP/9.9", b"ICY", b"\0"]), 1),
    lambda whole, _: whole.replace(b"\r\n\r\n", b"\r\nX: " + b"y" * 200_000 + b"\r\n\r\n", 1),
    lambda whole, _: whole.replace(b"\r\n", b"\r\nMcp-Session-Id: \x01\xff\r\n", 1),
    lambda whole, rng: whole[: rng.randrange(len(whole))],
]  # fmt: skip


def answers(seed: int, count: int, key: str) -> dict[str, Hostile]:
    """So many of them, by ids of six digits."""
    rng = random.Random(seed)
    return {str(100_000 + number): answer(rng, key) for number in range(count)}


def messages(seed: int, count: int) -> list[bytes]:
    """So many bodies; the id is 1."""
    rng = random.Random(seed)
    return [message(rng).replace(ID, b"1") for _ in range(count)]


def streams(seed: int, count: int) -> list[tuple[bytes, list[bytes]]]:
    """So many streams of events, whole and cut at random; some pieces are empty."""
    rng = random.Random(seed)
    made = [stream_of(rng).replace(ID, b"1") for _ in range(count)]
    return [(whole, list(_cut(whole, rng))) for whole in made]


def _cut(whole: bytes, rng: random.Random) -> Iterator[bytes]:
    spots = sorted(rng.randrange(len(whole) + 1) for _ in range(rng.randrange(6)))
    for start, end in zip([0, *spots], [*spots, len(whole)], strict=True):
        yield whole[start:end]


def waits(seed: int, count: int) -> list[str]:
    """So many values of Retry-After, most of them damaged."""
    rng = random.Random(seed)
    return [rng.choice(CODINGS)(rng.choice(RETRIES).encode("latin-1"), rng).decode("latin-1") for _ in range(count)]


@contextmanager
def speaking(*pieces: bytes | float, listen_first: bool = True) -> Iterator[str]:
    """A server that says these to whoever comes, and hangs then; gives its `host:port`."""

    class Speaking(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                if listen_first:
                    self.connection.recv(1 << 16)
                for piece in pieces:
                    if isinstance(piece, bytes):
                        self.wfile.write(piece)
                    else:
                        time.sleep(piece)
                self.rfile.read()

    socketserver.ThreadingTCPServer.daemon_threads = True
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Speaking) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()
