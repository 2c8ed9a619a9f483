"""Exceptions as error tracking gets them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fastmcp.exceptions import ResourceError as FastResourceError
from fastmcp.exceptions import ToolError as FastToolError
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedResourceError, UnexpectedToolError
from mcp.shared.exceptions import MCPError

from posthog_wizard.analytics.options import Options
from posthog_wizard.analytics.payloads import exception_properties, payloads, without_paths
from tests.support.watched import NOON


def raised() -> Exception:
    """An exception with a cause and a trace."""
    try:
        _outer()
    except ValueError as problem:
        return problem
    raise AssertionError


def _outer() -> None:
    try:
        json.loads("{")
    except ValueError as problem:
        raise ValueError("cannot open /home/ann/data/list.csv") from problem


def listed(failure: Exception | str, *, with_source: bool = False) -> list[dict[str, Any]]:
    """The list of exceptions."""
    entries: list[dict[str, Any]] = exception_properties(failure, with_source=with_source)["$exception_list"]
    return entries


def test_the_outermost_comes_first_and_its_cause_after_it() -> None:
    entries = listed(raised())
    assert [entry["type"] for entry in entries] == ["ValueError", "JSONDecodeError"]
    assert [entry["mechanism"]["exception_id"] for entry in entries] == [0, 1]
    assert entries[1]["mechanism"] == {
        "type": "chained", "source": "cause", "handled": True, "synthetic": False, "exception_id": 1, "parent_id": 0,
    }  # fmt: skip


def made_in_a_function() -> type[Exception]:
    """A class with a long qualified name."""

    class Local(Exception):
        """One."""

    return Local


class Outer:
    """Has a class within."""

    class Inner(Exception):
        """One."""


@pytest.mark.parametrize(
    ("failure", "types"),
    [
        (made_in_a_function()("gone"), ["Local"]),
        (Outer.Inner("gone"), ["Inner"]),
        (
            ExceptionGroup("both", [made_in_a_function()("gone"), Outer.Inner("gone")]),
            ["ExceptionGroup", "Local", "Inner"],
        ),
    ],
)
def test_a_type_is_told_by_its_name_alone(failure: Exception, types: list[str]) -> None:
    assert [entry["type"] for entry in listed(failure)] == types


def test_a_frame_says_where_without_saying_whose_machine() -> None:
    frames = listed(raised())[0]["stacktrace"]["frames"]
    assert [frame["function"] for frame in frames] == ["raised", "_outer"]
    assert frames[0] | {"lineno": 0} == {
        "platform": "python", "filename": "tests/analytics/test_exceptions.py", "function": "raised",
        "module": "tests.analytics.test_exceptions", "lineno": 0, "colno": 9, "in_app": True,
    }  # fmt: skip


def wrapped(kind: type[Exception], *said: Any) -> Exception:
    """An exception as an SDK raises it for one of a tool's."""
    *arguments, cause = said
    problem = kind(*arguments)
    problem.__context__ = cause
    return problem


CAUSE = KeyError("city")


@pytest.mark.parametrize(
    ("failure", "types"),
    [
        (wrapped(UnexpectedToolError, "Error executing tool t", CAUSE), ["KeyError"]),
        (wrapped(ToolError, "Error executing tool t: no city", ToolError("no city")), ["ToolError"]),
        (wrapped(FastToolError, "Error calling tool 't': no city", CAUSE), ["KeyError"]),
        (wrapped(UnexpectedToolError, "Error executing tool t",
                 wrapped(UnexpectedToolError, "Error executing tool u", CAUSE)), ["KeyError"]),
        (wrapped(MCPError, -32603, "Error reading resource a:b",
                 wrapped(UnexpectedResourceError, "Error reading resource a:b", CAUSE)), ["KeyError"]),
        (wrapped(FastResourceError, "Error reading resource 'a:b': no", CAUSE), ["KeyError"]),
        (wrapped(ToolError, "no such city", CAUSE), ["ToolError", "KeyError"]),
        (wrapped(ToolError, "Error executing tool t", None), ["ToolError"]),
        (wrapped(ValueError, "Error executing tool t", CAUSE), ["ValueError", "KeyError"]),
    ],
)  # fmt: skip
def test_what_an_sdk_wraps_around_a_failure_is_left_out(failure: Exception, types: list[str]) -> None:
    entries = listed(failure)
    assert [entry["type"] for entry in entries] == types
    assert entries[0]["mechanism"]["exception_id"] == 0


def test_libraries_are_not_the_server_s_own() -> None:
    frames = listed(raised())[1]["stacktrace"]["frames"]
    assert {frame["filename"]: frame["in_app"] for frame in frames}["json/decoder.py"] is False


def test_no_path_and_no_source_leave_the_machine() -> None:
    said = json.dumps(listed(raised()))
    assert str(Path(__file__).parent) not in said
    assert "/home/ann" not in said
    assert "context_line" not in said
    assert listed(raised())[0]["value"] == "cannot open …/list.csv"


def test_both_are_told_when_asked_for() -> None:
    entry = listed(raised(), with_source=True)[0]
    assert entry["value"] == "cannot open /home/ann/data/list.csv"
    assert entry["stacktrace"]["frames"][0]["abs_path"] == __file__
    assert "_outer()" in entry["stacktrace"]["frames"][0]["context_line"]


def test_a_text_becomes_an_exception_of_its_own() -> None:
    mechanism = {"type": "generic", "handled": True, "synthetic": True, "exception_id": 0}
    assert exception_properties("no such /etc/big/thing", with_source=False) == {
        "$exception_list": [{"type": "Error", "value": "no such …/thing", "mechanism": mechanism}],
        "$exception_level": "error",
    }


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("/home/ann/a.txt", "…/a.txt"),
        ("'/home/ann/a.txt'", "'…/a.txt'"),
        ("~/work/x", "…/x"),
        ("in /Users/Ann Other/x", "in …/Ann Other/x"),
        (r"C:\Users\Ann\a.txt", "…/a.txt"),
        (r"C:\Users\Ann Other\a.txt", "…/a.txt"),
        (r"\\server\share\a.txt", "…/a.txt"),
        ("D:/work/a.txt is gone", "…/a.txt is gone"),
        ("https://example.com/a/b", "https://example.com/a/b"),
        ("file:///home/ann/a.txt", "file://…/a.txt"),
        ("1/2/3 and a/b/c", "1/2/3 and a/b/c"),
        ("either/or", "either/or"),
        ("/flags", "/flags"),
        ("", ""),
    ],
)
def test_paths_in_a_text(text: str, left: str) -> None:
    assert without_paths(text) == left


def test_a_failed_call_s_answer_loses_them_too() -> None:
    event = {
        "event_type": "mcp:tools/call", "timestamp": NOON, "is_error": True, "failure": raised(), "resource_name": "t",
        "response": {"content": [{"type": "text", "text": "cannot open /home/ann/data/list.csv"}], "isError": True},
    }  # fmt: skip
    call, exception = payloads(event, Options())
    assert call["properties"]["$mcp_response"]["content"][0]["text"] == "cannot open …/list.csv"
    assert call["properties"]["$mcp_error_message"] == "cannot open …/list.csv"
    assert exception["properties"]["$exception_source"] == "mcp.tool_call"


class Refused(Exception):
    """As HTTP libraries have it."""

    status_code = 503


@pytest.mark.parametrize(("failure", "status"), [(Refused(), 503), (ValueError(), None), ("text", None)])
def test_the_http_status_behind_a_failure(failure: Exception | str, status: int | None) -> None:
    event = {"event_type": "mcp:tools/call", "timestamp": NOON, "is_error": True, "failure": failure}
    assert payloads(event, Options())[0]["properties"].get("$mcp_error_status") == status


def test_a_deep_trace_keeps_its_ends() -> None:
    def fall(depth: int) -> None:
        if depth:
            fall(depth - 1)
        raise RuntimeError("deep")

    with pytest.raises(RuntimeError) as caught:
        fall(80)
    event = {"event_type": "mcp:tools/call", "timestamp": NOON, "is_error": True, "failure": caught.value}
    sent = payloads(event, Options())[1]["properties"]
    assert len(sent["$exception_list"][0]["stacktrace"]["frames"]) == 50
    assert len(caught.traceback) > 80


class Mute(Exception):
    """One that cannot even say what it is."""

    def __str__(self) -> str:
        raise ValueError


@pytest.mark.parametrize("failure", [Mute(), ValueError("w " * 5_000_000), "w " * 5_000_000])
def test_a_failure_that_says_too_little_or_too_much_is_told(failure: Any) -> None:
    event = {"event_type": "mcp:tools/call", "timestamp": NOON, "is_error": True, "failure": failure}
    call, exception = payloads(event, Options())
    assert len(call["properties"].get("$mcp_error_message", "")) <= 2_048
    assert exception["properties"]["$exception_list"][0]["type"]
