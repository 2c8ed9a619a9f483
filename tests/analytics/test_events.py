"""What a watched server's requests become, by the MCP SDK's own client, in both eras of the protocol."""

from __future__ import annotations

import asyncio
from typing import Any

import anyio
import pytest
from mcp.client import Client
from mcp.server.lowlevel import Server
from mcp.server.mcpserver import MCPServer
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult, InputRequiredResult, ListToolsResult, TextContent, Tool

from posthog_wizard.analytics import ContextArgument, Feedback, Identity, ModelArgument, instrument
from tests.support.analytics_server import demo
from tests.support.fleet import TRANSPORTS, HttpClient, app_of, asked
from tests.support.watched import NOON, Keeping, Mode, Watched, called, low_level, watched

ERAS: tuple[Mode, ...] = ("legacy", "auto")
OBJECT: dict[str, Any] = {"type": "object"}


async def everything(client: Client) -> None:
    """One of each."""
    await client.list_tools()
    await client.list_resources()
    await client.list_resource_templates()
    await client.list_prompts()
    await client.call_tool("add", {"a": 1, "b": 2, "context": "Sum up.", "llm_model": "m-1"})
    await client.call_tool("fails", {})
    await client.call_tool("throws", {})
    await client.call_tool("get_more_tools", {"context": " Subtract. "})
    await client.read_resource("demo://readme")
    await client.get_prompt("greet", {"name": "Ann"})


@pytest.fixture(scope="module", params=ERAS)
def all_of_it(request: pytest.FixtureRequest) -> Keeping:
    """The events of one of each, for each era."""
    return watched(demo()[0], everything, mode=request.param, report_missing=True).client


def test_every_request_has_its_event(all_of_it: Keeping) -> None:
    assert all_of_it.names == [
        "$mcp_initialize", "$mcp_tools_list", "$mcp_resources_list", "$mcp_resources_list", "$mcp_prompts_list",
        "$mcp_tool_call", "$mcp_tool_call", "$exception", "$mcp_tool_call", "$exception", "$mcp_missing_capability",
        "$mcp_resource_read", "$mcp_prompt_get",
    ]  # fmt: skip


COMMON = {
    "$mcp_source": "posthog_mcp_analytics",
    "$mcp_server_name": "demo",
    "$mcp_server_version": "1.2.3",
    "$mcp_client_name": "mcp",
    "$process_person_profile": False,
}


@pytest.mark.parametrize("name", ["$mcp_initialize", "$mcp_tools_list", "$mcp_tool_call", "$mcp_missing_capability",
                                  "$mcp_resource_read", "$mcp_prompts_list", "$mcp_prompt_get"])  # fmt: skip
def test_what_all_events_tell(all_of_it: Keeping, name: str) -> None:
    properties = all_of_it.properties(name)
    assert {key: properties.get(key) for key in COMMON} == COMMON
    assert properties["$session_id"] == all_of_it.events[0].distinct_id
    assert properties["$mcp_client_version"]
    assert properties["$mcp_protocol_version"]
    assert properties["$mcp_duration_ms"] == 0
    assert None not in properties.values()


@pytest.mark.parametrize(
    ("event", "wanted"),
    [
        ("$mcp_tools_list", {
            "$mcp_listed_tool_names": ["add", "fails", "throws", "tells", "get_more_tools"], "$mcp_is_error": False,
            "$mcp_parameters": {"request": {"method": "tools/list", "params": {}}}}),
        ("$mcp_resource_read", {
            "$mcp_resource_name": "demo://readme", "$mcp_tool_name": None, "$mcp_is_error": False,
            "$mcp_parameters": {"request": {"method": "resources/read", "params": {"uri": "demo://readme"}}}}),
        ("$mcp_prompt_get", {
            "$mcp_resource_name": "greet", "$mcp_tool_name": None, "$mcp_response": None,
            "$mcp_parameters": {
                "request": {"method": "prompts/get", "params": {"name": "greet", "arguments": {"name": "Ann"}}}}}),
        ("$mcp_prompts_list", {"$mcp_parameters": {"request": {"method": "prompts/list", "params": {}}}}),
        ("$mcp_missing_capability", {
            "$mcp_resource_name": "get_more_tools", "$mcp_tool_name": None, "$mcp_intent": "Subtract.",
            "$mcp_intent_source": "context_parameter", "$mcp_parameters": None}),
        ("$mcp_initialize", {"$mcp_is_error": None, "$mcp_resource_name": None, "$mcp_tool_name": None}),
        ("$exception", {
            "$mcp_source": None, "$exception_level": "error", "$mcp_tool_name": "throws", "$mcp_resource_name": "throws",
            "$mcp_tool_description": "Throw.", "$mcp_server_name": "demo", "$mcp_client_name": "mcp", "$set": None}),
    ],
)  # fmt: skip
def test_what_an_event_tells(all_of_it: Keeping, event: str, wanted: dict[str, Any]) -> None:
    properties = all_of_it.properties(event)
    assert {key: properties.get(key) for key in wanted} == wanted


CALLS = [
    {
        "$mcp_tool_name": "add", "$mcp_resource_name": "add", "$mcp_input_keys": ["a", "b"],
        "$mcp_tool_description": "Add two numbers.",
        "$mcp_is_error": False, "$mcp_intent": "Sum up.", "$mcp_intent_source": "context_parameter",
        "$mcp_llm_model": "m-1", "$mcp_llm_model_source": "self_reported", "$mcp_error_type": None,
        "$mcp_parameters": {
            "request": {"method": "tools/call", "params": {"name": "add", "arguments": {"a": 1, "b": 2}}}},
    },
    {
        "$mcp_tool_name": "fails", "$mcp_is_error": True, "$mcp_error_type": "Error", "$mcp_intent": None,
        "$mcp_error_message": "no such thing", "$mcp_intent_source": None, "$mcp_llm_model": None,
    },
    {"$mcp_tool_name": "throws", "$mcp_is_error": True, "$mcp_error_type": "Broken", "$mcp_error_message": "out of order"},
]  # fmt: skip


@pytest.mark.parametrize("number", range(3))
def test_what_a_call_tells(all_of_it: Keeping, number: int) -> None:
    calls = [kept.properties for kept in all_of_it.events if kept.event == "$mcp_tool_call"]
    assert {key: calls[number].get(key) for key in CALLS[number]} == CALLS[number]


def test_an_answer_is_told_as_it_was_sent(all_of_it: Keeping) -> None:
    calls = [kept.properties for kept in all_of_it.events if kept.event == "$mcp_tool_call"]
    assert calls[0]["$mcp_response"]["content"] == [{"type": "text", "text": "3"}]
    assert calls[1]["$mcp_response"]["isError"] is True


def test_a_resource_s_body_stays_home(all_of_it: Keeping) -> None:
    (part,) = all_of_it.properties("$mcp_resource_read")["$mcp_response"]["contents"]
    assert part["uri"] == "demo://readme"
    assert "the body" not in str(all_of_it.events)


def test_events_are_dated_by_their_request_and_have_ids_of_their_own(all_of_it: Keeping) -> None:
    assert {kept.timestamp for kept in all_of_it.events} == {NOON}
    assert len({kept.uuid for kept in all_of_it.events}) == len(all_of_it.events)


# ------------------------------------------------------------------ what the client and the tool see


@pytest.mark.parametrize("mode", ERAS)
def test_the_answers_are_the_same_with_and_without(mode: Mode) -> None:
    async def talk(client: Client) -> list[Any]:
        await client.list_tools()
        return [
            await client.call_tool(name, arguments)
            for name, arguments in (("add", {"a": 1, "b": 2}), ("fails", {}), ("throws", {}), ("nobody", {}))
        ]

    assert watched(demo()[0], talk, mode=mode).got == watched(demo()[0], talk, mode=mode, client=Keeping(OSError())).got


async def properties_of(client: Client) -> dict[str, list[str]]:
    """The names of every tool's arguments."""
    return {tool.name: list(tool.input_schema.get("properties", {})) for tool in (await client.list_tools()).tools}


@pytest.mark.parametrize(
    ("schema", "options", "names", "required"),
    [
        (OBJECT, {}, ["context", "llm_model"], ["context"]),
        (OBJECT, {"context": False}, ["llm_model"], None),
        (OBJECT, {"capture_model": False}, ["context"], ["context"]),
        (OBJECT, {"context": False, "capture_model": False}, [], None),
        ({**OBJECT, "properties": {"a": {}}, "required": ["a"]}, {}, ["a", "context", "llm_model"], ["a", "context"]),
        ({**OBJECT, "properties": {"context": {"type": "integer"}}}, {}, ["context", "llm_model"], None),
        ({**OBJECT, "oneOf": [{"required": ["a"]}]}, {}, [], None),
        ({**OBJECT, "allOf": [{}]}, {}, [], None),
    ],
)
def test_the_arguments_that_a_tool_is_given(
    schema: dict[str, Any], options: Any, names: list[str], required: list[str] | None
) -> None:
    async def listed(client: Client) -> dict[str, Any]:
        return (await client.list_tools()).tools[0].input_schema

    got = watched(low_level({"name": "t", "inputSchema": schema}, str), listed, **options).got
    assert (list(got.get("properties", {})), got.get("required")) == (names, required)


def test_their_descriptions_may_be_the_author_s() -> None:
    async def listed(client: Client) -> dict[str, Any]:
        properties: dict[str, Any] = (await client.list_tools()).tools[0].input_schema["properties"]
        return properties

    options: Any = {"context": ContextArgument("Why?"), "capture_model": ModelArgument("Which?")}
    got = watched(low_level({"name": "t"}, str), listed, **options).got
    assert [got[name]["description"] for name in ("context", "llm_model")] == ["Why?", "Which?"]


@pytest.mark.parametrize(
    ("schema", "given", "seen", "intent"),
    [
        (OBJECT, {"a": 1, "context": "Because."}, {"a": 1}, "Because."),
        (OBJECT, {"context": "  "}, {}, None),
        (OBJECT, {"context": "{}"}, {}, None),
        (OBJECT, {"context": 7}, {}, None),
        (OBJECT, {"context": " Padded. "}, {}, " Padded. "),
        (OBJECT, {"llm_model": "unknown"}, {}, None),
        (OBJECT, {"conversation_id": "x"}, {"conversation_id": "x"}, None),
        ({**OBJECT, "properties": {"context": {}}}, {"context": "its own"}, {"context": "its own"}, None),
    ],
)
def test_what_the_tool_sees_of_them(schema: Any, given: Any, seen: Any, intent: str | None) -> None:
    def answer(arguments: dict[str, Any]) -> str:
        return str(sorted(arguments.items()))

    got = watched(low_level({"name": "t", "inputSchema": schema}, answer), called("t", **given))
    assert got.got.content[0].text == str(sorted(seen.items()))
    properties = got.client.properties("$mcp_tool_call")
    assert properties.get("$mcp_intent") == intent
    assert properties["$mcp_parameters"]["request"]["params"]["arguments"].keys() == seen.keys()


def without_listing(**arguments: Any) -> Any:
    """A call by a client that has not listed the tools in this process."""

    async def talk(client: Client) -> CallToolResult:
        return await client.call_tool("t", arguments)

    return talk


@pytest.mark.parametrize(
    ("options", "seen"),
    [
        ({}, "{}"),
        ({"resolve_original_tool": lambda name: {"name": name, "inputSchema": OBJECT}}, "{}"),
        ({"resolve_original_tool": lambda _: None}, "{'context': 'Because.'}"),
        ({"resolve_original_tool": lambda _: 1 / 0}, "{'context': 'Because.'}"),
    ],
)
def test_a_tool_that_no_list_told_of(options: Any, seen: str) -> None:
    got = watched(low_level({"name": "t"}, str), without_listing(context="Because."), **options)
    assert got.got.content[0].text == seen
    assert got.client.properties("$mcp_tool_call")["$mcp_intent"] == "Because."


@pytest.mark.parametrize(
    ("options", "arguments", "told"),
    [
        ({}, {"a": 1, "context": "For ann@example.com."}, {"a": 1}),
        ({"context": False}, {"context": "Because."}, {"context": "Because."}),
        ({}, {"context": 7}, {"context": 7}),
        ({}, {"llm_model": "m-1", "conversation_id": "x"}, {"llm_model": "m-1", "conversation_id": "x"}),
    ],
)
def test_an_intent_is_not_told_a_second_time_among_the_parameters(options: Any, arguments: Any, told: Any) -> None:
    options = {"resolve_original_tool": lambda _: None, **options}
    got = watched(low_level({"name": "t"}, str), without_listing(**arguments), **options)
    assert got.got.content[0].text == str(arguments)
    assert last_call(got)["$mcp_parameters"]["request"]["params"]["arguments"] == told


def paged(cursors: list[Any], breaks: Exception | None = None) -> Server[Any]:
    """A low-level server with a tool on each of two pages."""

    async def listed(_: object, params: Any) -> ListToolsResult:
        cursors.append(params.cursor)
        await asyncio.sleep(0.02)
        if breaks is not None:
            raise breaks
        name, more = ("u", None) if params.cursor else ("t", "more")
        return ListToolsResult(
            tools=[Tool(name=name, description=f"Do {name}.", input_schema=OBJECT)], next_cursor=more
        )

    async def answered(_: object, params: Any) -> CallToolResult:
        return CallToolResult(content=[TextContent(type="text", text=str(params.arguments))])

    return Server("low", on_list_tools=listed, on_call_tool=answered)


CALLS_OF_THREE = [("tools/call", {"name": name, "arguments": {"context": "Because."}}) for name in ("u", "t", "nobody")]


@pytest.mark.parametrize(
    ("breaks", "cursors", "descriptions", "seen"),
    [
        (None, [None, "more"], ["Do u.", "Do t.", None], ["{}", "{}", "{'context': 'Because.'}"]),
        (OSError("no list"), [None] * 3, [None] * 3, ["{'context': 'Because.'}"] * 3),
    ],
)
def test_a_low_level_server_is_asked_for_its_tools_once(
    breaks: Exception | None, cursors: list[Any], descriptions: list[Any], seen: list[str]
) -> None:
    listed = list[Any]()
    heard = asyncio.run(asked(paged(listed, breaks), TRANSPORTS["HTTP without sessions"], *CALLS_OF_THREE))
    assert heard.kept.names == ["$mcp_tool_call"] * 3
    assert [event.properties.get("$mcp_tool_description") for event in heard.kept.events] == descriptions
    assert [answer["result"]["content"][0]["text"] for answer in heard.answers] == seen
    assert listed == cursors


def test_calls_that_come_while_it_is_asked_are_treated_alike() -> None:
    server, kept = paged([]), Keeping()
    handle = instrument(server, kept)

    async def two_at_once() -> list[Any]:
        async with app_of(server, stateless=True) as app:
            clients = [HttpClient(app, TRANSPORTS["HTTP without sessions"], {}) for _ in range(2)]
            answers = await asyncio.gather(*(client.send(*CALLS_OF_THREE[0]) for client in clients))
            await handle.flush(10)
        return answers

    answers = asyncio.run(two_at_once())
    assert [answer["result"]["content"][0]["text"] for answer in answers] == ["{}", "{}"]
    assert [event.properties.get("$mcp_tool_description") for event in kept.events] == ["Do u.", "Do u."]


def test_a_list_that_does_not_come_holds_no_call_up() -> None:
    async def never(*_: object) -> ListToolsResult:
        await asyncio.Event().wait()
        raise AssertionError

    async def answered(_: object, params: Any) -> CallToolResult:
        return CallToolResult(content=[TextContent(type="text", text=str(params.arguments))])

    server = Server("low", on_list_tools=never, on_call_tool=answered)
    heard = asyncio.run(asked(server, TRANSPORTS["HTTP without sessions"], CALLS_OF_THREE[0]))
    assert heard.answers[0]["result"]["content"][0]["text"] == "{'context': 'Because.'}"
    assert heard.kept.names == ["$mcp_tool_call"]


def test_a_question_back_is_no_outcome() -> None:
    """The client comes again, with what the server wants to know; by 2026-07-28 that is the same call."""

    async def answered(_: object, params: Any) -> CallToolResult | InputRequiredResult:
        if not params.input_responses:
            return InputRequiredResult(request_state="s")
        return CallToolResult(content=[TextContent(type="text", text="done")])

    first: dict[str, Any] = {"name": "t", "arguments": {}}
    again = first | {"inputResponses": {"a": {"action": "accept"}}, "requestState": "s"}
    server = Server("low", on_call_tool=answered)
    calls = ("tools/call", first), ("tools/call", again)
    heard = asyncio.run(asked(server, TRANSPORTS["HTTP, 2026-07-28, with conversations"], *calls))
    assert [answer["result"]["resultType"] for answer in heard.answers] == ["input_required", "complete"]
    assert heard.kept.names == ["$mcp_initialize", "$mcp_tool_call"]
    assert heard.kept.events[1].properties["$mcp_response"]["content"][0]["text"] == "done"


def test_a_low_level_server_without_a_list_is_left_alone() -> None:
    async def answered(_: object, params: Any) -> CallToolResult:
        return CallToolResult(content=[TextContent(type="text", text=str(params.arguments))])

    told = list[str]()
    server = Server("low", on_call_tool=answered)
    heard = asyncio.run(asked(server, TRANSPORTS["HTTP without sessions"], CALLS_OF_THREE[0], logger=told.append))
    assert heard.answers[0]["result"]["content"][0]["text"] == "{'context': 'Because.'}"
    assert told == []


def test_a_high_level_server_is_asked_for_its_tool() -> None:
    async def talk(client: Client) -> CallToolResult:
        return await client.call_tool("add", {"a": 1, "b": 2, "context": "Because."})

    got = watched(demo()[0], talk)
    assert got.got.content[0].text == "3"
    assert got.client.properties("$mcp_tool_call")["$mcp_tool_description"] == "Add two numbers."


def test_a_category_is_told() -> None:
    server = low_level({"name": "t", "description": "D", "_meta": {"category": "billing"}}, str)
    assert watched(server, called("t")).client.properties("$mcp_tool_call")["$mcp_tool_category"] == "billing"


@pytest.mark.parametrize("mode", ERAS)
def test_an_unknown_tool_is_a_call_that_failed(mode: Mode) -> None:
    got = watched(demo()[0], called("nobody"), mode=mode).client
    assert got.names[-2:] == ["$mcp_tool_call", "$exception"]
    assert got.properties("$mcp_tool_call")["$mcp_error_message"] == "Unknown tool: nobody"


def test_a_handler_s_exception_reaches_the_client_and_error_tracking() -> None:
    def answer(_: object) -> str:
        raise MCPError(-32000, "out of paper")

    async def talk(client: Client) -> str:
        await client.list_tools()
        with pytest.raises(MCPError) as caught:
            await client.call_tool("t", {})
        return caught.value.message

    got = watched(low_level({"name": "t"}, answer), talk)
    assert got.got == "out of paper"
    assert got.client.properties("$mcp_tool_call")["$mcp_error_type"] == "MCPError"
    assert "$mcp_response" not in got.client.properties("$mcp_tool_call")


@pytest.mark.parametrize("options", [{}, {"identify": lambda *_: later(ANN), "event_properties": lambda *_: later({})}])
def test_a_cancelled_call_is_told_and_is_no_exception(options: Any) -> None:
    server = MCPServer("slow")

    @server.tool()
    async def slow() -> str:
        """Take too long."""
        await anyio.sleep(30)
        return "never"

    async def talk(client: Client) -> None:
        await client.list_tools()
        with anyio.move_on_after(0.1):
            await client.call_tool("slow", {"context": "Wait."})
        await anyio.sleep(0.1)

    got = watched(server, talk, **options).client
    assert got.names[-1] == "$mcp_tool_call"
    properties = got.properties("$mcp_tool_call")
    assert (properties["$mcp_is_error"], properties["$mcp_error_type"]) == (True, "CancelledError")
    assert (properties["$mcp_intent"], properties.get("$mcp_response")) == ("Wait.", None)


@pytest.mark.parametrize(
    ("schema", "options", "arguments"),
    [
        ({**OBJECT, "properties": {"context": {}}}, {}, {"context": "its own"}),
        (OBJECT, {"context": False}, {"context": "its own"}),
        (OBJECT, {}, {"context": " "}),
    ],
)
def test_a_guess_is_asked_for_where_the_agent_s_words_are_no_intent(schema: Any, options: Any, arguments: Any) -> None:
    server = low_level({"name": "t", "inputSchema": schema}, str)
    got = last_call(watched(server, called("t", **arguments), intent_fallback=lambda *_: "Guessed.", **options))
    assert (got["$mcp_intent"], got["$mcp_intent_source"]) == ("Guessed.", "inferred")


def test_no_tools_is_an_error() -> None:
    got = watched(MCPServer("empty"), properties_of).client
    assert got.properties("$mcp_tools_list")["$mcp_error_message"] == "tools/list returned no tools"
    assert got.names[-1] == "$exception"


def test_a_failing_resource_and_prompt_are_told() -> None:
    async def talk(client: Client) -> None:
        for action in (client.read_resource("demo://nowhere"), client.get_prompt("nobody", {})):
            with pytest.raises(MCPError):
                await action

    got = watched(demo()[0], talk).client
    assert got.names[-4:] == ["$mcp_resource_read", "$exception", "$mcp_prompt_get", "$exception"]
    assert got.properties("$mcp_resource_read")["$mcp_is_error"] is True


# ------------------------------------------------------------------ options


def last_call(got: Watched) -> dict[str, Any]:
    """The properties of the last tool call."""
    return got.client.properties("$mcp_tool_call")


async def later(value: Any) -> Any:
    """A value that must be waited for."""
    return value


async def fails() -> Any:
    """Something that must be waited for and fails."""
    raise OSError


ANN: Identity = Identity("ann", {"name": "Ann"}, {"company": "acme"})


@pytest.mark.parametrize("identify", [ANN, lambda *_: ANN, lambda *_: later(ANN)])
def test_who_uses_it(identify: Any) -> None:
    got = watched(demo()[0], called("add", a=1, b=2), identify=identify)
    assert got.client.names.count("$identify") == 1
    assert {kept.distinct_id for kept in got.client.events} == {"ann"}
    assert got.client.properties("$identify")["$set"] == {"name": "Ann"}
    assert last_call(got)["$set"] == {"name": "Ann"}
    assert last_call(got)["$groups"] == {"company": "acme"}
    assert "$process_person_profile" not in last_call(got)


@pytest.mark.parametrize("identify", [lambda *_: None, lambda *_: later(None), lambda *_: 1 / 0, lambda *_: "ann"])
def test_nobody_known_uses_it(identify: Any) -> None:
    got = watched(demo()[0], called("add", a=1, b=2), identify=identify)
    assert "$identify" not in got.client.names
    assert last_call(got)["$process_person_profile"] is False


@pytest.mark.parametrize(
    ("answer", "kind"), [({"distinct_id": "ann"}, "dict"), (Identity("", {"name": "Ann"}), "Identity")]
)
def test_the_log_says_when_an_answer_is_no_identity(answer: Any, kind: str) -> None:
    got = watched(demo()[0], called("add", a=1, b=2), identify=lambda *_: answer)
    assert got.told[0] == f"`identify` must give an Identity with a distinct id, or None; it gave a {kind}"
    assert [event for event in got.client.events if {"$set", "$groups"} & event.properties.keys()] == []


@pytest.mark.parametrize(
    ("said", "set_", "groups"),
    [
        (Identity("ann", {"plan": "pro"}), {"name": "Ann", "plan": "pro"}, {"company": "acme"}),
        (Identity("ann", {"name": "Anna"}, {"team": "a"}), {"name": "Anna"}, {"team": "a"}),
        (Identity("bob", {"plan": "pro"}), {"plan": "pro"}, None),
        (Identity("bob"), None, None),
    ],
)
def test_what_is_known_of_a_person_stays_that_person_s(said: Identity, set_: Any, groups: Any) -> None:
    known = iter([ANN, said])
    got = last_call(watched(demo()[0], called("add", a=1, b=2), identify=lambda *_: next(known, None)))
    assert (got.get("$set"), got.get("$groups")) == (set_, groups)


def test_who_uses_it_is_told_again_when_it_changes() -> None:
    said = iter([None, ANN, ANN, Identity("ann", {"plan": "pro"})])
    got = watched(demo()[0], called("add", a=1, b=2), identify=lambda *_: next(said, None))
    assert got.client.names == ["$mcp_initialize", "$identify", "$mcp_tools_list", "$mcp_tool_call"]
    got = watched(
        demo()[0], called("add", a=1, b=2), identify=lambda request, _: Identity("ann", {request["method"]: 1})
    )
    assert got.client.names.count("$identify") == 3
    assert last_call(got)["$set"] == {"initialize": 1, "tools/list": 1, "tools/call": 1}


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"intent_fallback": lambda *_: "Guessed."}, {"$mcp_intent": "Guessed.", "$mcp_intent_source": "inferred"}),
        ({"intent_fallback": lambda *_: later("Guessed.")}, {"$mcp_intent": "Guessed."}),
        ({"intent_fallback": lambda *_: "  "}, {"$mcp_intent": None, "$mcp_intent_source": None}),
        ({"intent_fallback": lambda *_: 1 / 0}, {"$mcp_intent": None}),
        ({"event_properties": lambda *_: {"team": "a"}}, {"team": "a"}),
        ({"event_properties": lambda *_: later({"team": "a"})}, {"team": "a"}),
        ({"event_properties": lambda *_: {"$mcp_server_name": "mine"}}, {"$mcp_server_name": "mine"}),
        ({"event_properties": lambda *_: 1 / 0}, {"$mcp_tool_name": "add"}),
        ({"event_properties": lambda *_: later(None)}, {"$mcp_tool_name": "add"}),
        ({"event_properties": lambda *_: fails()}, {"$mcp_tool_name": "add"}),
        ({"event_properties": lambda request, extra: {"is": f"{request['method']} {extra['session_id']}"}},
         {"is": "tools/call None"}),
    ],
)  # fmt: skip
def test_the_author_s_callbacks(options: Any, wanted: dict[str, Any]) -> None:
    got = watched(demo()[0], called("add", a=1, b=2), **options)
    assert {name: last_call(got).get(name) for name in wanted} == wanted


def test_an_agent_s_own_words_come_before_a_guess() -> None:
    got = watched(demo()[0], called("add", a=1, b=2, context="Mine."), intent_fallback=lambda *_: "Guessed.")
    assert (last_call(got)["$mcp_intent"], last_call(got)["$mcp_intent_source"]) == ("Mine.", "context_parameter")


@pytest.mark.parametrize(
    ("before_send", "names"),
    [
        (lambda payload: payload, ["$mcp_initialize", "$mcp_tools_list", "$mcp_tool_call", "$exception"]),
        (later, ["$mcp_initialize", "$mcp_tools_list", "$mcp_tool_call", "$exception"]),
        (lambda payload: payload["event"] != "$mcp_tool_call" and payload, ["$mcp_initialize", "$mcp_tools_list"]),
        (lambda payload: payload["event"] != "$exception" and payload,
         ["$mcp_initialize", "$mcp_tools_list", "$mcp_tool_call"]),
        (lambda _: None, []),
        (lambda _: later(None), []),
        (lambda _: 1 / 0, []),
    ],
)  # fmt: skip
def test_the_author_has_the_last_word(before_send: Any, names: list[str]) -> None:
    assert watched(demo()[0], called("throws"), before_send=before_send).client.names == names


@pytest.mark.parametrize(
    ("options", "missing"),
    [
        ({"send_initialize_event": False}, "$mcp_initialize"),
        ({"send_tools_list_event": False}, "$mcp_tools_list"),
        ({"enable_exception_autocapture": False}, "$exception"),
    ],
)
@pytest.mark.parametrize("mode", ERAS)
def test_events_that_are_not_wanted(options: Any, missing: str, mode: Mode) -> None:
    got = watched(demo()[0], called("throws"), mode=mode, **options).client.names
    assert sorted([*got, missing]) == ["$exception", "$mcp_initialize", "$mcp_tool_call", "$mcp_tools_list"]


@pytest.mark.parametrize(
    ("meta", "model", "source"),
    [
        ({}, "m-1", "self_reported"),
        ({"x-codex-turn-metadata": {"model": " gpt "}}, "gpt", "client_metadata"),
        ({"io.modelcontextprotocol/aiInvocation": {"model": "opus"}}, "opus", "client_metadata"),
        ({"x-codex-turn-metadata": {"model": 5}}, "m-1", "self_reported"),
    ],
)
def test_the_calling_model(meta: Any, model: str, source: str) -> None:
    async def talk(client: Client) -> Any:
        await client.list_tools()
        return await client.call_tool("add", {"a": 1, "b": 2, "llm_model": "m-1"}, meta=meta)

    got = last_call(watched(demo()[0], talk))
    assert (got["$mcp_llm_model"], got["$mcp_llm_model_source"]) == (model, source)


def test_answers_may_stay_home() -> None:
    got = watched(demo()[0], everything, capture_responses=False, report_missing=True).client
    assert [event.event for event in got.events if "$mcp_response" in event.properties] == []
    assert {"$mcp_tool_call", "$mcp_resource_read", "$mcp_prompts_list"} <= set(got.names)


# ------------------------------------------------------------------ tools of ours


def test_a_tool_of_the_server_s_own_wins() -> None:
    server = low_level({"name": "get_more_tools"}, lambda _: "mine")
    got = watched(server, called("get_more_tools", context="More."), report_missing=True)
    assert got.got.content[0].text == "mine"
    assert got.client.names[-1] == "$mcp_tool_call"
    assert got.told == ["the server has a tool `get_more_tools` of its own, which stays"]


def test_a_tool_of_ours_tells_the_model_too() -> None:
    got = watched(demo()[0], called("get_more_tools", context="More.", llm_model="m-1"), report_missing=True).client
    assert got.properties("$mcp_missing_capability")["$mcp_llm_model"] == "m-1"


def test_the_virtual_tool_may_have_another_name() -> None:
    got = watched(demo()[0], called("ask", context="More."), report_missing=True, missing_capability_tool_name="ask")
    assert got.client.properties("$mcp_missing_capability")["$mcp_resource_name"] == "ask"


REPORT = {"feedback_type": "praise", "summary": "Good.", "details": "Mail ann@example.com.", "stars": 5, "made_up": 1,
          "sentiment": "positive", "task_completed": True, "tool_name": "add"}  # fmt: skip


@pytest.mark.parametrize(
    ("options", "arguments", "wanted"),
    [
        (True, REPORT, {
            "$mcp_feedback_type": "praise", "$mcp_feedback_summary": "Good.", "$mcp_feedback_sentiment": "positive",
            "$mcp_feedback_details": "Mail [redacted].", "$mcp_feedback_task_completed": True,
            "$mcp_feedback_tool": "add", "$mcp_intent": "Good.\n\nMail [redacted].", "$mcp_feedback_stars": None,
            "$mcp_parameters": None}),
        (True, {"feedback_type": "odd"}, {"$mcp_feedback_type": "other", "$mcp_intent": None}),
        (Feedback(extra_properties={"stars": {"type": "integer"}}), REPORT, {
            "$mcp_feedback_stars": 5, "$mcp_feedback_made_up": None}),
    ],
)  # fmt: skip
def test_feedback(options: Any, arguments: Any, wanted: dict[str, Any]) -> None:
    got = watched(demo()[0], called("send_feedback", **arguments), collect_feedback=options)
    properties = got.client.properties("$mcp_feedback")
    assert {name: properties.get(name) for name in wanted} == wanted
    assert "recorded" in got.got.content[0].text


@pytest.mark.parametrize(
    ("on_feedback", "text"),
    [
        (lambda report: f"Thanks, {report.summary}", "Thanks, Good."),
        (lambda _: later("Thanks!"), "Thanks!"),
        (lambda _: 1 / 0, "Your feedback was recorded"),
        (lambda _: None, "Your feedback was recorded"),
    ],
)
def test_feedback_may_be_answered(on_feedback: Any, text: str) -> None:
    talk = called("send_feedback", **REPORT)
    assert (
        watched(demo()[0], talk, collect_feedback=Feedback(on_feedback=on_feedback))
        .got.content[0]
        .text.startswith(text)
    )
