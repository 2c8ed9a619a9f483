"""Lines that no good client sends, made by chance from a seed, and what is wrong with how they are read."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

from posthog_wizard.net.jsonrpc import is_request
from posthog_wizard.server.client_lines import Reading, read_line
from tests.support.sdk_judge import session_message_of

ALPHABET = ['"', "\\", "{", "}", "[", "]", ",", ":", " ", "0", "1e999", "-", "null", "é", "\ud83d", "\x00", "\r", "NaN"]
METHODS: list[Any] = [
    "ping",
    "tools/list",
    "tools/call",
    "no/such",
    "notifications/initialized",
    "",
    "\ud83d",
    1,
    None,
    [],
]
VERSIONS: list[Any] = ["2.0", "2.0", "2.0", "2.0", "1.0", 2.0, None]
IDS: list[Any] = [None, True, 1.5, [], {}, "\ud83d", "", 10**30, -1]
LEAVES: list[Any] = ["x", "\ud83d", "😀", "\x00", 1, -1.5, 10**400, True, None, "\u2028", "phx_", "a" * 300]
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def value(chance: random.Random, depth: int = 0) -> Any:
    """Any JSON."""
    kind = chance.randrange(4) if depth < 4 else 0
    if kind == 1:
        return [value(chance, depth + 1) for _ in range(chance.randrange(4))]
    if kind == 2:
        return {
            chance.choice(["a", "_meta", "name", "arguments", "\ud83d"]): value(chance, depth + 1) for _ in range(3)
        }
    return chance.choice(LEAVES)


def message(chance: random.Random, number: int) -> dict[str, Any]:
    """Something like a message, most of the time with an id of its own."""
    drawn = {
        "jsonrpc": chance.choice(VERSIONS),
        "id": number if chance.random() < 0.7 else chance.choice(IDS),
        "method": chance.choice(METHODS),
        "params": chance.choice(
            [{}, {"_meta": value(chance)}, value(chance), {"name": "x", "arguments": value(chance)}]
        ),
        "result": value(chance),
        "error": chance.choice([{"code": 1, "message": "no"}, value(chance)]),
    }
    left_out = {"result", "error"} if chance.random() < 0.9 else set()
    left_out |= {name for name in drawn if chance.random() < 0.1}
    names = [name for name in drawn if name not in left_out]
    chance.shuffle(names)
    return {name: drawn[name] for name in names}


def _spelled(content: Any, chance: random.Random) -> bytes:
    plain = chance.random() < 0.5
    return json.dumps(content, ensure_ascii=plain).encode("utf-8", "surrogatepass")


def _whole(chance: random.Random, number: int) -> bytes:
    return _spelled(message(chance, number), chance)


def _marked(chance: random.Random, number: int) -> bytes:
    return BYTE_ORDER_MARK + _whole(chance, number) + b"\r"


def _batch(chance: random.Random, number: int) -> bytes:
    return _spelled([message(chance, 100_000 + number * 10 + index) for index in range(chance.randrange(4))], chance)


def _cut(chance: random.Random, number: int) -> bytes:
    line = _whole(chance, number)
    return line[: chance.randrange(len(line))]


def _changed(chance: random.Random, number: int) -> bytes:
    line = bytearray(_whole(chance, number))
    line[chance.randrange(len(line))] = chance.choice([0, 9, 34, 92, 128, 255])
    return bytes(line)


def _noise(chance: random.Random, _number: int) -> bytes:
    return "".join(chance.choices(ALPHABET, k=chance.randrange(12))).encode("utf-8", "surrogatepass")


def _nested(chance: random.Random, number: int) -> bytes:
    depth = chance.choice([150, 199, 201, 900, 10_000])
    return b'{"jsonrpc":"2.0","id":%d,"method":"ping","params":{"a":%s}}' % (number, b"[" * depth + b"]" * depth)


def _large(chance: random.Random, number: int) -> bytes:
    digits = b"7" * chance.choice([4000, 4301, 6000])
    return b'{"method":"ping","params":{"a":[%s]},"jsonrpc":"2.0","id":%d}' % (digits, number)


def _other_encoding(chance: random.Random, number: int) -> bytes:
    return (
        json.dumps(message(chance, number)).encode(chance.choice(["utf-16", "utf-16-le", "utf-32"])).replace(b"\n", b"")
    )


KINDS: list[Callable[[random.Random, int], bytes]] = [
    _whole, _whole, _whole, _whole, _marked, _batch, _cut, _changed, _noise, _nested, _large, _other_encoding,
]  # fmt: skip


def lines(seed: int, count: int) -> list[bytes]:
    """So many lines; ids that they have of their own begin at 1000."""
    chance = random.Random(seed)
    made = (chance.choice(KINDS)(chance, 1000 + number) for number in range(count))
    return [line.replace(b"\n", b" ") for line in made]


def known_id(line: bytes) -> Any:
    """The id that an answer must name, None where JSON tells none or the line asks for nothing."""
    try:
        content = json.loads(line.decode("utf-8-sig", "surrogatepass"), parse_constant=lambda _: 1 / 0)
    except (ValueError, RecursionError, ZeroDivisionError):
        return None
    asks = isinstance(content, dict) and not ("method" not in content and {"result", "error"} & content.keys())
    return content.get("id") if asks and type(content.get("id")) is int else None


def faults(line: bytes, *, batches: bool) -> list[str]:
    """What is wrong with how a line is read; nothing should be."""
    reading = read_line(line, batches=batches)
    for passed in reading.messages:
        session_message_of(passed)  # raises for what the SDK does not take
    text = json.dumps([reading.messages, reading.answers], allow_nan=False, ensure_ascii=False)
    text.encode()  # raises for half a character
    found = [*reading.messages, *reading.answers]
    wanted = known_id(line)
    return [
        *["more than one"] * (len(found) > 1 and not reading.batch),
        *["a batch where there is none"] * (reading.batch and not batches),
        *["the id is not the line's"] * (wanted is not None and [one.get("id") for one in found] != [wanted]),
        *["no answer to what is no JSON"] * (not found and not _may_be_silent(line)),
    ]


def _may_be_silent(line: bytes) -> bool:
    """Whether nothing is owed to a line: it is blank, or it is one or several messages without an id."""
    text = line.removeprefix(BYTE_ORDER_MARK).decode("utf-8", "surrogatepass").strip()
    content = json.loads(text) if text else []
    parts = content if isinstance(content, list) else [content]
    return all(isinstance(part, dict) and ("id" not in part or "method" not in part) for part in parts)


def owed(line: bytes, *, batches: bool) -> list[str]:
    """The ids that a line's answers name, as JSON, sorted; those of a batch are one."""
    reading: Reading = read_line(line, batches=batches)
    ids = sorted(
        [json.dumps(one["id"]) for one in reading.messages if is_request(one)]
        + [json.dumps(one["id"]) for one in reading.answers]
    )
    return ["+".join(ids)] * bool(ids) if reading.batch else ids
