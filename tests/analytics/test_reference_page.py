"""What PostHog's reference page says of events and properties, statement by statement, over every transport.

https://posthog.com/docs/mcp-analytics/reference. "pipes" is what stdio is to a server: one stream for each client. Where
conversations are, a call's session is its conversation's; without sessions each request has its own.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import pytest

from posthog_wizard.analytics import POSTHOG_MCP_ANALYTICS_SOURCE, Identity
from tests.support.fleet import SERVERS, TRANSPORTS, Fleet, Transport, tour, visited
from tests.support.watched import Kept

ANN = Identity("ann", {"name": "Ann"}, {"company": "acme"})
SES = re.compile(r"ses_[0-9a-f]{32}")


@cache
def toured(server: str, transport: str, *, known: bool) -> Fleet:
    """A tour by one client, of somebody or nobody."""
    way = TRANSPORTS[transport]
    identify = (lambda *_: ANN) if known else (lambda *_: None)
    return asyncio.run(visited(SERVERS[server](), way, 1, tour, identify=identify, report_missing=True))


def first(events: list[Kept], name: str, tool: str | None = None) -> Mapping[str, Any]:
    """The properties of the first event of that name, and of that tool."""
    found = [event.properties for event in events if event.event == name]
    return next(one for one in found if tool is None or one.get("$mcp_tool_name") == tool)


def parameters(properties: Mapping[str, Any]) -> Any:
    """The parameters of a request."""
    return properties["$mcp_parameters"]["request"]["params"]


def sessions(events: list[Kept]) -> set[str]:
    """The session ids of the events."""
    return {event.properties["$session_id"] for event in events}


AUTOMATIC = ["$mcp_initialize", "$mcp_tools_list", "$mcp_tool_call", "$mcp_resources_list", "$mcp_resource_read",
             "$mcp_prompts_list", "$mcp_prompt_get", "$mcp_missing_capability"]  # fmt: skip
CLIENT = {"$mcp_client_name", "$mcp_client_version"}
Says = Callable[[list[Kept], Transport], bool]
STATEMENTS: dict[str, Says] = {
    "1 an event for each kind of request": lambda events, _: set(AUTOMATIC) <= {event.event for event in events},
    "2 $mcp_tool_call for every tools/call": lambda events, _: [
        event.properties["$mcp_tool_name"] for event in events if event.event == "$mcp_tool_call"] == ["tell", "tear"],
    "3 $mcp_listed_tool_names": lambda events, _: first(events, "$mcp_tools_list")["$mcp_listed_tool_names"] == [
        "tell", "tear", "get_more_tools"],
    "4 initialize has client and server": lambda events, _: CLIENT | {"$mcp_server_name", "$mcp_server_version"} <= set(
        first(events, "$mcp_initialize")),
    "5 a resource's name, parameters, response": lambda events, _: (
        first(events, "$mcp_resource_read")["$mcp_resource_name"] == "demo://readme"
        and "$mcp_response" in first(events, "$mcp_resource_read")
        and parameters(first(events, "$mcp_resource_read")) == {"uri": "demo://readme"}),
    "6 a prompt's name": lambda events, _: first(events, "$mcp_prompt_get")["$mcp_resource_name"] == "greet",
    "7 an event of the author's, by its name": lambda events, _: first(events, "told")["number"] == 0,
    "8 the reasoning behind a missing capability": lambda events, _: (
        first(events, "$mcp_missing_capability")["$mcp_intent"] == "Count."),
    "9 an exception beside a tool's error": lambda events, _: [
        event.event for event in events if event.properties.get("$mcp_tool_name") == "tear"] == [
        "$mcp_tool_call", "$exception"],
    "10 a session id of 32 hexadecimal digits": lambda events, _: all(map(SES.fullmatch, sessions(events))),
    "11 $mcp_source": lambda events, _: {
        event.properties.get("$mcp_source") for event in events if event.event != "$exception"} == {
        POSTHOG_MCP_ANALYTICS_SOURCE},
    "12 the tool's name twice": lambda events, _: first(events, "$mcp_tool_call", "tell")["$mcp_resource_name"] == "tell",
    "13 $mcp_tool_name of calls alone": lambda events, _: {
        event.event for event in events if "$mcp_tool_name" in event.properties} == {"$mcp_tool_call", "$exception"},
    "14 the tool's description": lambda events, _: (
        first(events, "$mcp_tool_call", "tell")["$mcp_tool_description"] == "Tell which client calls."
        and first(events, "$exception")["$mcp_tool_description"] == "Throw."),
    "15 how long it took": lambda events, _: first(events, "$mcp_tool_call", "tell")["$mcp_duration_ms"] >= 0,
    "16 whether it failed": lambda events, _: [
        first(events, "$mcp_tool_call", name)["$mcp_is_error"] for name in ("tell", "tear")] == [False, True],
    "17 the server, with every event": lambda events, _: {
        (event.properties["$mcp_server_name"], event.properties["$mcp_server_version"]) for event in events} == {
        ("fleet", "1")},
    "18 the client, where anything says it": lambda events, way: (
        not (way.in_memory or way.modern or way.carries)
        or all(event.properties.keys() >= CLIENT for event in events if event.event != "told" or not way.in_memory)),
    "19 why, and from where that is known": lambda events, way: way.in_memory or [
        first(events, "$mcp_tool_call", "tell").get(name) for name in ("$mcp_intent", "$mcp_intent_source")] == [
        "See who is there.", "context_parameter"],
    "20 parameters without what is injected": lambda events, _: parameters(
        first(events, "$mcp_tool_call", "tell"))["arguments"] == {"number": 0},
    "21 the tool's result": lambda events, _: first(events, "$mcp_tool_call", "tell")["$mcp_response"]["content"][0] == {
        "type": "text", "text": "0"},
    "22 a conversation where there is no session": lambda events, way: (
        ("$mcp_conversation_id" in first(events, "$mcp_tool_call", "tell"))
        is (way.conversations and not way.carries and not way.in_memory)),
    "23 type, value, mechanism and frames of an exception": lambda events, _: (
        {"type", "value", "mechanism", "stacktrace"} <= set(first(events, "$exception")["$exception_list"][0])
        and {"filename", "function", "lineno", "colno", "in_app"} <= set(
            first(events, "$exception")["$exception_list"][0]["stacktrace"]["frames"][-1])),
    "24 its type is its class's": lambda events, _: first(events, "$exception")["$exception_list"][0]["type"] == "Torn",
    "25 its level": lambda events, _: first(events, "$exception")["$exception_level"] == "error",
    "26 one session where client or transport keeps one": lambda events, way: (
        len(sessions(events)) == 1 if way.carries or way.in_memory else len(sessions(events)) > 1),
    "27 a call's exception is in its session": lambda events, _: (
        first(events, "$exception")["$session_id"] == first(events, "$mcp_tool_call", "tear")["$session_id"]),
    "28 so is what the author tells in it": lambda events, _: (
        first(events, "told")["$session_id"] == first(events, "$mcp_tool_call", "tell")["$session_id"]),
}  # fmt: skip
OF_ANN: dict[str, Says] = {
    "29 $identify, with $set, once": lambda events, _: [
        event.properties["$set"] for event in events if event.event == "$identify"] == [ANN.properties],
    "30 every event is the person's": lambda events, _: {event.distinct_id for event in events} == {"ann"},
    "31 groups on every event": lambda events, _: all(
        event.properties["$groups"] == {"company": "acme"} for event in events),
    "32 persons are processed": lambda events, _: not [
        event for event in events if "$process_person_profile" in event.properties],
}  # fmt: skip
OF_NOBODY: dict[str, Says] = {
    "33 no profile of nobody": lambda events, _: {
        event.properties.get("$process_person_profile") for event in events} == {False},
    "34 no $identify, $set or groups": lambda events, _: not [
        event for event in events if event.event == "$identify" or {"$set", "$groups"} & set(event.properties)],
}  # fmt: skip


@pytest.mark.parametrize("statement", [*STATEMENTS, *OF_ANN, *OF_NOBODY])
@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("server", SERVERS)
def test_it_holds(server: str, transport: str, statement: str) -> None:
    says = (STATEMENTS | OF_ANN | OF_NOBODY)[statement]
    events = toured(server, transport, known=statement not in OF_NOBODY).kept.events
    assert says(events, TRANSPORTS[transport]), [(event.event, event.properties) for event in events]
