"""Whatever a client writes, `mcp serve` answers as JSON-RPC and MCP say, and goes on."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from posthog_wizard.server.client_lines import LONGEST_LINE
from tests.support.hostile_lines import faults, lines, owed
from tests.support.mcp_process import Program

NOBODY = "http://127.0.0.1:9"
PARSE, INVALID, UNKNOWN = -32700, -32600, -32601
DEEP = b"[" * 10_000 + b"]" * 10_000
SEED = random.randrange(10**9)
PING = b'{"jsonrpc":"2.0","id":%d,"method":"ping"}'


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """One server for all rows, in the one revision that knows batches."""
    with Program("--host", NOBODY, home=tmp_path_factory.mktemp("home")) as running:
        running.initialize("2025-03-26")
        yield running


def answers(program: Program, line: bytes) -> list[Any]:
    """What came before the answer to a question that was asked behind the line."""
    program.raw(line + b"\n")
    return [outcome(one) for one in until(program, 99)]


def until(program: Program, number: int) -> list[Any]:
    """Every answer before that of a ping with this id."""
    program.raw(PING % number + b"\n")
    found: list[Any] = []
    while (one := program.answer_any()) != {"jsonrpc": "2.0", "id": number, "result": {}}:
        found.append(one)
    return found


def outcome(answer: Any) -> Any:
    """An answer's id and its code, None for a result; those of a batch."""
    if isinstance(answer, list):
        return [outcome(one) for one in answer]
    return answer["id"], answer.get("error", {}).get("code")


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (b"{bad", [(None, PARSE)]),
        (b"garbage", [(None, PARSE)]),
        (b'{"jsonrpc":"2.0","id":7,"method":"ping"', [(None, PARSE)]),
        (b'{"jsonrpc":"2.0","id":7,"method":"ping"}}', [(None, PARSE)]),
        (b'{"jsonrpc":"2.0","id":7,"method":"p\x01"}', [(None, PARSE)]),
        (b'{"jsonrpc":"2.0","id":7,"method":"ping","params":{"a":NaN}}', [(None, PARSE)]),
        (b'{"jsonrpc":"2.0","id":7,"method":"ping","params":{"a":-Infinity}}', [(None, PARSE)]),
        (b'{"jsonrpc":"2.0","id":7,"method":"\xff"}', [(None, PARSE)]),
        ((PING % 7).decode().encode("utf-16"), [(None, PARSE)]),
        ((PING % 7).decode().encode("utf-32-be"), [(None, PARSE)]),
        (b"\xef\xbb\xbf" + PING % 7, [(7, None)]),
        (PING % 7 + b"\r", [(7, None)]),
        (b"", []),
        (b" \t\r", []),
        (b"\xef\xbb\xbf", []),
        (b"null", [(None, INVALID)]),
        (b"5", [(None, INVALID)]),
        (b'"ping"', [(None, INVALID)]),
        (b"{}", [(None, INVALID)]),
        (b'{"jsonrpc":"2.0","id":7}', [(7, INVALID)]),
        (b'{"id":7,"method":"ping"}', [(7, INVALID)]),
        (b'{"jsonrpc":"1.0","id":7,"method":"ping"}', [(7, INVALID)]),
        (b'{"jsonrpc":2.0,"id":"x","method":"ping"}', [("x", INVALID)]),
        (b'{"jsonrpc":"2.0","id":7,"method":5}', [(7, INVALID)]),
        (b'{"jsonrpc":"2.0","id":7,"method":null}', [(7, INVALID)]),
        (b'{"jsonrpc":"2.0","id":7,"method":"ping","params":"x"}', [(7, INVALID)]),
        (b'{"jsonrpc":"2.0","id":7,"method":"ping","params":5}', [(7, INVALID)]),
        (b'{"jsonrpc":"2.0","id":7,"method":"ping","params":[1]}', [(7, INVALID)]),
        (b'{"jsonrpc":"2.0","id":7,"method":"ping","params":null}', [(7, None)]),
        (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', [(None, INVALID)]),
        (b'{"jsonrpc":"2.0","id":true,"method":"ping"}', [(None, INVALID)]),
        (b'{"jsonrpc":"2.0","id":[7],"method":"ping"}', [(None, INVALID)]),
        (b'{"jsonrpc":"2.0","id":{"a":7},"method":"ping"}', [(None, INVALID)]),
        (b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}', [(1.5, INVALID)]),
        (b'{"jsonrpc":"2.0","id":"","method":"ping"}', [("", None)]),
        (b'{"jsonrpc":"2.0","id":"7","method":"ping"}', [("7", None)]),
        (b'{"jsonrpc":"2.0","id":-1,"method":"ping"}', [(-1, None)]),
        (b'{"jsonrpc":"2.0","id":7,"method":"no/such"}', [(7, UNKNOWN)]),
        (b'{"jsonrpc":"2.0","id":7,"method":"ping","error":{"code":1,"message":"x"}}', [(7, None)]),
        (b'{"jsonrpc":"2.0","id":7,"method":"ping","result":{}}', [(7, None)]),
        (b'{"jsonrpc":"2.0","id":7,"method":"ping","params":{"_meta":5}}', [(7, -32602)]),
        # a number that Python does not read, and one that no float holds; the id stands before it or behind it
        (b'{"jsonrpc":"2.0","id":7,"method":"ping","params":{"a":%s}}' % (b"1" * 5000), [(7, INVALID)]),
        (b'{"method":"ping","params":{"a":{"id":1e999}},"jsonrpc":"2.0","id":"x"}', [("x", INVALID)]),
        (b'{"jsonrpc":"2.0","id":%s,"method":"ping"}' % (b"1" * 5000), [(None, INVALID)]),
        (b'{"jsonrpc":"2.0","id":7,"method":"ping","params":{"a":%s}}' % DEEP, [(7, INVALID)]),
        (b'{"params":{"a":%s},"id":7,"jsonrpc":"2.0","method":"ping"}' % DEEP, [(7, INVALID)]),
        (b'{"params":{"a":{"id":7}, "b":%s}}' % DEEP, [(None, INVALID)]),
        (b'{"a":' * 10_000, [(None, INVALID)]),
        # what has no id is told nothing: a notification, and an answer to a question that was not asked
        (b'{"jsonrpc":"2.0","method":"notifications/initialized","params":"x"}', []),
        (b'{"jsonrpc":"2.0","method":"no/such"}', []),
        (b'{"method":"notifications/cancelled","params":{"requestId":5}}', []),
        (b'{"jsonrpc":"2.0","id":5,"result":{}}', []),
        (b'{"jsonrpc":"2.0","id":5,"result":"x"}', []),
        (b'{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"?"}}', []),
        (b'{"jsonrpc":"2.0","method":1,"params":"bar"}', [(None, INVALID)]),  # as JSON-RPC's own example says
        # batches
        (b"[]", [(None, INVALID)]),
        (b"[1,2]", [[(None, INVALID), (None, INVALID)]]),
        (b"[" + PING % 7 + b"]", [[(7, None)]]),
        (b"[" + PING % 7 + b',{"jsonrpc":"2.0","id":8},' + PING % 9 + b"]", [[(8, INVALID), (7, None), (9, None)]]),
        (b"[" + PING % 7 + b"," + PING % 7 + b"]", [[(7, None), (7, None)]]),
        (b'[{"jsonrpc":"2.0","method":"notifications/initialized"}]', []),
        (b'[{"jsonrpc":"2.0","id":7,"method":"initialize","params":{}}]', [[(7, INVALID)]]),
        (b"[" + b",".join([PING % 7] * 1001) + b"]", [(None, INVALID)]),
    ],
)  # fmt: skip
def test_a_line_is_answered_as_the_protocol_says(line: bytes, wanted: list[Any], program: Program) -> None:
    assert answers(program, line) == wanted


@pytest.mark.parametrize(
    "half",
    [b"\\ud83d", b"\\uD83D", b"\\ude00", b"\xed\xa0\xbd", b"\xed\xb8\x80"],
    ids=["escape", "capitals", "second half", "raw", "raw second half"],
)
def test_a_call_with_half_an_emoji_is_made(half: bytes, program: Program) -> None:
    name = b'{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"a%sb"}}' % half
    program.raw(name + b"\n")
    assert program.answer(7)["error"]["message"] == "there is no tool `a\ufffdb`"


def test_two_halves_are_an_emoji(program: Program) -> None:
    program.raw(b'{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"\xed\xa0\xbd\xed\xb8\x80"}}\n')
    assert program.answer(7)["error"]["message"] == "there is no tool `😀`"


@pytest.mark.parametrize("version", ["2024-11-05", "2025-06-18", "2025-11-25"])
def test_a_batch_is_no_message_of_other_revisions(version: str, tmp_path: Path) -> None:
    with Program("--host", NOBODY, home=tmp_path) as program:
        program.initialize(version)
        assert answers(program, b"[" + PING % 7 + b"]") == [(None, INVALID)]


def test_a_line_of_100_megabytes(program: Program) -> None:
    line = b'{"method":"ping","params":{"a":"' + b"y" * 100_000_000 + b'"},"jsonrpc":"2.0","id":7}'
    assert len(line) > LONGEST_LINE
    assert answers(program, line) == [(7, INVALID)]


def test_what_is_broken_before_the_first_request_is_answered(tmp_path: Path) -> None:
    with Program("--host", NOBODY, home=tmp_path) as program:
        program.raw(b"garbage\n" * 20)
        assert [outcome(program.answer_any()) for _ in range(20)] == [(None, PARSE)] * 20
        assert program.initialize()["serverInfo"]["name"] == "posthog"


@pytest.mark.parametrize("batches", [False, True])
def test_generated_lines_are_read_by_the_rules(batches: bool) -> None:
    print(f"\nseed {SEED}")  # noqa: T201 - to find it again
    wrong = [(line, fault) for line in lines(SEED, 5_000) for fault in faults(line, batches=batches)]
    assert wrong == []


def test_generated_lines_are_all_answered(program: Program) -> None:
    print(f"\nseed {SEED}")  # noqa: T201
    made = lines(SEED, 300)
    program.raw(b"\n".join(made) + b"\n")
    wanted = [owing for line in made for owing in owed(line, batches=True)]
    found = [program.answer_any() for _ in wanted]
    assert sorted(named(one) for one in found) == sorted(wanted)
    assert until(program, 98) == []


def named(answer: Any) -> str:
    """The id of an answer as JSON, those of a batch in one."""
    ids = [json.dumps(one["id"]) for one in answer] if isinstance(answer, list) else [json.dumps(answer["id"])]
    return "+".join(sorted(ids))
