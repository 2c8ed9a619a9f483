"""A client of one era before a server of the other, both ways."""

from __future__ import annotations

import asyncio

import pytest

from posthog_wizard.model import Json
from tests.support.bridged import HELLO, READY, SHORT, bridged, call, eventually, modern, request, settings
from tests.support.scripted import HELLO as WELCOME
from tests.support.scripted import Asked, Reply, Script, Step, document, dropped, refuse, result, scripted, stream

CAPABILITIES: Json = {"tools": {"listChanged": True}, "resources": {}}
DISCOVERED: Json = {
    "supportedVersions": ["2026-07-28"],
    "capabilities": CAPABILITIES,
    "instructions": "Ask.",
    "resultType": "complete",
    "ttlMs": 0,
    "cacheScope": "private",
    "_meta": {"io.modelcontextprotocol/serverInfo": {"name": "later", "version": "2"}},
}
CHANGED: Json = {"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}
ASKED: Json = {"method": "elicitation/create", "params": {"message": "Sure?", "requestedSchema": {"type": "object"}}}
WANTED: Json = {"resultType": "input_required", "inputRequests": {"a": ASKED}, "requestState": "opaque"}
PREFIX = "io.modelcontextprotocol/"
QUIET = SHORT._replace(silence=0.1)
UNHURRIED = SHORT._replace(answer=10)  # seconds, where nobody is silent


def refusal(status: int, code: int, message: str = "no", **data: Json) -> Step:
    """An error of JSON-RPC under the request's id."""

    def step(asked: Asked) -> Reply:
        error = {"code": code, "message": message, "data": data}
        return document({"jsonrpc": "2.0", "id": asked.message["id"], "error": error}, status)(asked)

    return step


UNSUPPORTED = refusal(400, -32022, "Unsupported protocol version", supported=["2026-07-28"], requested="2025-11-25")
LATER: Script = {"initialize": [UNSUPPORTED], "server/discover": [result(DISCOVERED)], "GET": [refuse(405)]}


# ------------------------------------------------------------------ an earlier client, a later server


@pytest.mark.parametrize(
    "refused",
    [
        UNSUPPORTED,
        refusal(200, -32022, supported=["2026-07-28"]),
        refusal(400, -32020, "MCP-Protocol-Version header is missing"),
        refusal(404, -32601, "Method not found"),
        refusal(200, -32601, "Method not found"),
        refusal(400, -32602, "params._meta is missing"),
        document({"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "no"}}, 400),
        refuse(400, b"MCP-Protocol-Version required"),
        refuse(404),
    ],
)
def test_initialize_is_answered_for_a_server_without_it(refused: Step) -> None:
    async def scenario() -> None:
        async with scripted({**LATER, "initialize": [refused]}) as server, bridged(settings(server.url)) as client:
            [heard] = await client.ask(HELLO)
            assert heard["result"] == {
                "protocolVersion": "2025-11-25",
                "capabilities": CAPABILITIES,
                "serverInfo": {"name": "later", "version": "2"},
                "instructions": "Ask.",
            }
            client.say(READY)
            await client.ask(call(1))
            [called] = server.of("tools/call")
            assert called.headers["mcp-protocol-version"] == "2026-07-28"
            assert (called.headers["mcp-method"], called.headers["mcp-name"]) == ("tools/call", "change")
            assert "mcp-session-id" not in called.headers
            assert called.message["params"]["_meta"] == {
                f"{PREFIX}protocolVersion": "2026-07-28",
                f"{PREFIX}clientInfo": HELLO["params"]["clientInfo"],
                f"{PREFIX}clientCapabilities": {},
            }
            assert "notifications/initialized" not in server.kinds()

    asyncio.run(scenario())


@pytest.mark.parametrize("discover", [refuse(404), refusal(404, -32601), result({"supportedVersions": ["2025-06-18"]})])
def test_a_server_of_no_era_is_told_in_its_own_words(discover: Step) -> None:
    async def scenario() -> None:
        steps: Script = {"initialize": [refusal(400, -32602, "bad capabilities")], "server/discover": [discover]}
        async with scripted(steps) as server, bridged(settings(server.url)) as client:
            [heard] = await client.ask(HELLO)
            assert heard["error"]["message"] == "bad capabilities"

    asyncio.run(scenario())


def test_a_request_keeps_its_own_meta() -> None:
    async def scenario() -> None:
        async with scripted(LATER) as server, bridged(settings(server.url)) as client:
            await client.begin()
            await client.ask(request(1, "tools/call", name="x", _meta={"progressToken": 7}))
            assert server.of("tools/call")[0].message["params"]["_meta"]["progressToken"] == 7

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "message",
    [
        request(1, "ping"),
        request(1, "logging/setLevel", level="debug"),
        request(1, "resources/subscribe", uri="file:///a"),
        request(1, "resources/unsubscribe", uri="file:///a"),
    ],
)
def test_what_a_later_server_does_not_know_is_answered_here(message: Json) -> None:
    async def scenario() -> None:
        async with scripted(LATER) as server, bridged(settings(server.url)) as client:
            await client.begin()
            assert await client.ask(message) == [{"jsonrpc": "2.0", "id": 1, "result": {}}]
            assert message["method"] not in server.kinds()

    asyncio.run(scenario())


def test_a_log_level_travels_with_each_request() -> None:
    async def scenario() -> None:
        async with scripted(LATER) as server, bridged(settings(server.url)) as client:
            await client.begin()
            await client.ask(request(1, "logging/setLevel", level="debug"))
            await client.ask(call(2))
            assert server.of("tools/call")[0].message["params"]["_meta"][f"{PREFIX}logLevel"] == "debug"

    asyncio.run(scenario())


def test_what_the_later_server_says_by_itself_arrives() -> None:
    async def scenario() -> None:
        acknowledged = {"jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged", "params": {}}
        steps: Script = {**LATER, "subscriptions/listen": [stream(acknowledged, CHANGED, ending="hang")]}
        async with scripted(steps) as server, bridged(settings(server.url)) as client:
            await client.begin()
            assert await client.hear() == [CHANGED]
            await client.ask(request(1, "resources/subscribe", uri="file:///a"))
            await eventually(lambda: len(server.of("subscriptions/listen")) == 2)
            wanted = server.of("subscriptions/listen")[-1].message["params"]["notifications"]
            assert wanted == {
                "toolsListChanged": True,
                "promptsListChanged": True,
                "resourcesListChanged": True,
                "resourceSubscriptions": ["file:///a"],
            }

    asyncio.run(scenario())


def test_input_that_is_required_is_asked_of_the_client() -> None:
    async def scenario() -> None:
        steps: Script = {**LATER, "tools/call": [result(WANTED), stream(result_event)]}
        async with scripted(steps) as server, bridged(settings(server.url)) as client:
            await client.begin()
            client.say(call(1, n=5))
            [question] = await client.hear()
            assert {name: question[name] for name in ("method", "params")} == ASKED
            client.say({"jsonrpc": "2.0", "id": question["id"], "result": {"action": "accept", "content": {}}})
            assert await client.hear() == [{"jsonrpc": "2.0", "id": 1, "result": {"done": True}}]
            first, second = server.of("tools/call")
            assert second.message["params"] == first.message["params"] | {
                "inputResponses": {"a": {"action": "accept", "content": {}}},
                "requestState": "opaque",
            }
            assert first.message["id"] != second.message["id"]

    asyncio.run(scenario())


def result_event(asked: Asked) -> bytes:
    """The answer, as an event."""
    return b'data: {"jsonrpc":"2.0","id":"%b","result":{"done":true}}\n\n' % asked.message["id"].encode()


def test_a_client_that_refuses_to_answer_ends_the_request() -> None:
    async def scenario() -> None:
        async with (
            scripted({**LATER, "tools/call": [result(WANTED)]}) as server,
            bridged(settings(server.url)) as client,
        ):
            await client.begin()
            client.say(call(1))
            [question] = await client.hear()
            error = {"code": -32601, "message": "I cannot be asked"}
            client.say({"jsonrpc": "2.0", "id": question["id"], "error": error})
            assert await client.hear() == [{"jsonrpc": "2.0", "id": 1, "error": error}]
            assert len(server.of("tools/call")) == 1

    asyncio.run(scenario())


def test_questions_without_end_have_one() -> None:
    async def scenario() -> None:
        again = {"resultType": "input_required", "requestState": "again"}
        async with (
            scripted({**LATER, "tools/call": [result(again)]}) as server,
            bridged(settings(server.url)) as client,
        ):
            await client.begin()
            [heard] = await client.ask(call(1))
            assert "does not stop asking" in heard["error"]["message"]
            assert len(server.of("tools/call")) == 11

    asyncio.run(scenario())


def test_a_missing_ability_is_told_as_the_server_tells_it() -> None:
    async def scenario() -> None:
        missing = refusal(400, -32021, "needs elicitation", requiredCapabilities={"elicitation": {}})
        async with scripted({**LATER, "tools/call": [missing]}) as server, bridged(settings(server.url)) as client:
            await client.begin()
            [heard] = await client.ask(call(1))
            assert heard["error"]["code"] == -32021
            assert heard["error"]["data"] == {"requiredCapabilities": {"elicitation": {}}}

    asyncio.run(scenario())


@pytest.mark.parametrize("code", [-32020, -32022])
def test_a_server_that_is_of_the_later_era_after_its_restart(code: int) -> None:
    async def scenario() -> None:
        steps: Script = {
            **LATER,
            "initialize": [result(WELCOME, mcp_session_id="session-1"), UNSUPPORTED],
            "tools/list": [refusal(400, code, "no"), result({"tools": []})],
        }
        async with scripted(steps) as server, bridged(settings(server.url)) as client:
            await client.begin()
            assert (await client.ask(request(1, "tools/list")))[0]["result"]["tools"] == []
            assert server.of("tools/list")[-1].headers["mcp-protocol-version"] == "2026-07-28"

    asyncio.run(scenario())


def test_cancelling_hangs_up_on_a_later_server() -> None:
    async def scenario() -> None:
        cancel = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}
        async with (
            scripted({**LATER, "tools/call": [stream(ending="hang")]}) as server,
            bridged(settings(server.url)) as client,
        ):
            await client.begin()
            client.say(call(1))
            await eventually(lambda: bool(server.of("tools/call")))
            client.say(cancel)
            await eventually(lambda: server.hung_up == 1)
            assert "notifications/cancelled" not in server.kinds()

    asyncio.run(scenario())


@pytest.mark.parametrize("question", [{}, {"method": "tools/call"}, {"params": {}}, "elicitation/create", None, 5])
def test_what_is_no_question_ends_the_request(question: Json) -> None:
    async def scenario() -> None:
        wanted = WANTED | {"inputRequests": {"a": question}}
        async with (
            scripted({**LATER, "tools/call": [result(wanted)]}) as server,
            bridged(settings(server.url)) as client,
        ):
            await client.begin()
            client.say(call(1))
            [heard] = await client.hear()
            assert (heard["id"], heard["error"]["code"]) == (1, -32000)
            assert "asks for something that no client can answer" in heard["error"]["message"]

    asyncio.run(scenario())


def test_a_client_that_does_not_answer_is_not_waited_for_without_end() -> None:
    async def scenario() -> None:
        steps: Script = {**LATER, "tools/call": [result(WANTED)]}
        async with scripted(steps) as server, bridged(settings(server.url, waits=QUIET)) as client:
            await client.begin()
            client.say(call(1))
            asked, told = await client.hear(2)
            assert (asked["method"], told["id"]) == ("elicitation/create", 1)
            assert "the client did not answer" in told["error"]["message"].lower()

    asyncio.run(scenario())


def test_a_subscription_of_ours_may_be_silent_for_long() -> None:
    async def scenario() -> None:
        steps: Script = {**LATER, "subscriptions/listen": [stream(0.6, CHANGED, ending="hang")]}
        async with scripted(steps) as server, bridged(settings(server.url, waits=QUIET)) as client:
            await client.begin()
            assert await client.hear() == [CHANGED]
            assert len(server.of("subscriptions/listen")) == 1

    asyncio.run(scenario())


def test_a_subscription_of_the_client_may_be_silent_for_long() -> None:
    async def scenario() -> None:
        steps: Script = {"subscriptions/listen": [stream(0.6, CHANGED, ending="hang")]}
        async with scripted(steps) as server, bridged(settings(server.url, waits=QUIET)) as client:
            client.say(modern("s", "subscriptions/listen", notifications={"toolsListChanged": True}))
            assert await client.hear() == [CHANGED]

    asyncio.run(scenario())


# ------------------------------------------------------------------ a later client, an earlier server

QUESTION: Json = {"jsonrpc": "2.0", "id": "q1", **ASKED}
EARLIER: Script = {"server/discover": [refusal(404, -32601)]}


@pytest.mark.parametrize(
    "refused",
    [
        refusal(404, -32601),
        refusal(200, -32601),
        refusal(400, -32000, "Bad Request: Server not initialized"),
        refusal(400, -32000, "Bad Request: Unsupported protocol version (supported versions: 2025-11-25)"),
        refusal(400, -32022, supported=["2025-11-25"]),
        refuse(400, b"Missing session ID"),
        refuse(404),
        refuse(405),
    ],
)
def test_discover_is_answered_for_a_server_without_it(refused: Step) -> None:
    async def scenario() -> None:
        async with (
            scripted({"server/discover": [refused]}) as server,
            bridged(settings(server.url, waits=UNHURRIED)) as client,
        ):
            [heard] = await client.ask(modern(1, "server/discover"))
            assert heard["result"]["supportedVersions"] == ["2026-07-28"]
            assert heard["result"]["capabilities"] == {}
            assert heard["result"]["_meta"] == {f"{PREFIX}serverInfo": WELCOME["serverInfo"]}
            [listed] = await client.ask(modern(2, "tools/list"))
            assert listed["result"] == {"resultType": "complete", "ttlMs": 0, "cacheScope": "private"}
            [asked] = server.of("tools/list")
            assert asked.message["params"] == {}
            assert asked.headers["mcp-session-id"] == "session-1"
            assert asked.headers["mcp-protocol-version"] == "2025-11-25"
            assert "mcp-method" not in asked.headers
            assert server.of("initialize")[0].message["params"]["protocolVersion"] == "2025-11-25"
            assert len(server.of("notifications/initialized")) == 1

    asyncio.run(scenario())


@pytest.mark.parametrize("method", ["tools/list", "tools/call"])
def test_a_client_need_not_discover(method: str) -> None:
    async def scenario() -> None:
        unknown = refusal(400, -32000, "Bad Request: No valid session ID provided")
        async with scripted({method: [unknown, result({"n": 1})]}) as server, bridged(settings(server.url)) as client:
            answers = await client.ask(modern(1, method, name="x"))
            assert answers[0]["result"]["n"] == 1
            assert len(server.of("initialize")) == 1

    asyncio.run(scenario())


@pytest.mark.parametrize("hello", [refuse(404), refuse(500), dropped, UNSUPPORTED])
def test_a_server_that_knows_neither_has_the_last_word(hello: Step) -> None:
    async def scenario() -> None:
        steps: Script = {"server/discover": [refusal(404, -32601, "Method not found")], "initialize": [hello]}
        async with scripted(steps) as server, bridged(settings(server.url)) as client:
            heard = await client.ask(modern(1, "server/discover"), modern(2, "server/discover"))
            assert {each["error"]["message"] for each in heard} == {"Method not found"}

    asyncio.run(scenario())


@pytest.mark.parametrize("code", [-32020, -32021, -32022, -32601, -32602])
def test_an_error_of_a_later_server_is_no_reason_to_begin_a_session(code: int) -> None:
    async def scenario() -> None:
        refused = refusal(400, code, supported=["2026-07-28"])
        async with scripted({"resources/read": [refused]}) as server, bridged(settings(server.url)) as client:
            [heard] = await client.ask(modern(1, "resources/read", uri="a:b"))
            assert heard["error"]["code"] == code
            assert "initialize" not in server.kinds()

    asyncio.run(scenario())


def test_an_earlier_servers_question_becomes_input_that_is_required() -> None:
    async def scenario() -> None:
        steps: Script = {**EARLIER, "tools/call": [stream(QUESTION, 0.3, ...)]}
        async with scripted(steps) as server, bridged(settings(server.url)) as client:
            await client.ask(modern(0, "server/discover"))
            [required] = await client.ask(modern(1, "tools/call", name="x", arguments={}))
            state, [(key, asked)] = required["result"]["requestState"], required["result"]["inputRequests"].items()
            assert (required["id"], required["result"]["resultType"], asked) == (1, "input_required", ASKED)
            answers = {key: {"action": "accept"}}
            again = modern(2, "tools/call", name="x", arguments={}, inputResponses=answers, requestState=state)
            assert await client.ask(again) == [{"jsonrpc": "2.0", "id": 2, "result": {"resultType": "complete"}}]
            [told] = server.of("POST")
            assert told.message == {"jsonrpc": "2.0", "id": "q1", "result": {"action": "accept"}}
            assert len(server.of("tools/call")) == 1

    asyncio.run(scenario())


def test_an_answer_that_came_before_the_client_did_is_kept_for_it() -> None:
    async def scenario() -> None:
        steps: Script = {**EARLIER, "tools/call": [stream(QUESTION, ...)]}
        async with scripted(steps) as server, bridged(settings(server.url)) as client:
            await client.ask(modern(0, "server/discover"))
            [required] = await client.ask(modern(1, "tools/call", name="x"))
            await asyncio.sleep(0.2)
            again = modern(2, "tools/call", name="x", requestState=required["result"]["requestState"])
            assert await client.ask(again) == [{"jsonrpc": "2.0", "id": 2, "result": {"resultType": "complete"}}]

    asyncio.run(scenario())


def test_a_state_that_was_brought_back_is_no_second_call() -> None:
    async def scenario() -> None:
        steps: Script = {**EARLIER, "tools/call": [stream(QUESTION, 0.3, ...)]}
        async with scripted(steps) as server, bridged(settings(server.url)) as client:
            await client.ask(modern(0, "server/discover"))
            [required] = await client.ask(modern(1, "tools/call", name="x"))
            [[key], state] = required["result"]["inputRequests"], required["result"]["requestState"]
            answers = {key: {"action": "accept"}}
            twice = [modern(n, "tools/call", name="x", inputResponses=answers, requestState=state) for n in (2, 3)]
            first, second = await client.ask(*twice)
            assert first["result"] == {"resultType": "complete"}
            assert second["error"]["code"] == -32602
            assert len(server.of("tools/call")) == 1

    asyncio.run(scenario())


def test_some_answers_leave_the_other_questions_open() -> None:
    async def scenario() -> None:
        steps: Script = {**EARLIER, "tools/call": [stream(QUESTION, QUESTION | {"id": "q2"}, 1.0, ...)]}
        async with scripted(steps) as server, bridged(settings(server.url)) as client:
            await client.ask(modern(0, "server/discover"))
            [required] = await client.ask(modern(1, "tools/call", name="x"))
            await asyncio.sleep(0.1)
            state = required["result"]["requestState"]
            answers = {key: {"action": "accept"} for key in required["result"]["inputRequests"]}
            [more] = await client.ask(modern(2, "tools/call", name="x", inputResponses=answers, requestState=state))
            assert (more["id"], more["result"]["resultType"], len(more["result"]["inputRequests"])) == (
                2,
                "input_required",
                1,
            )
            answers = {key: {"action": "decline"} for key in more["result"]["inputRequests"]}
            state = more["result"]["requestState"]
            [last] = await client.ask(modern(3, "tools/call", name="x", inputResponses=answers, requestState=state))
            assert (last["id"], last["result"]["resultType"]) == (3, "complete")
            assert [told.message["id"] for told in server.of("POST")] == ["q1", "q2"]
            assert len(server.of("tools/call")) == 1

    asyncio.run(scenario())


def test_a_question_after_the_answer_does_not_end_the_servers_stream() -> None:
    async def scenario() -> None:
        steps: Script = {
            **EARLIER,
            "tools/call": [stream(..., ending="hang")],
            "GET": [stream(0.5, QUESTION, 0.2, CHANGED, ending="hang")],
        }
        async with scripted(steps) as server, bridged(settings(server.url, waits=SHORT._replace(drain=2))) as client:
            await client.ask(modern(0, "server/discover"))
            client.say(modern("s", "subscriptions/listen", notifications={"toolsListChanged": True}))
            await client.hear()
            await client.ask(modern(1, "tools/call", name="x"))
            assert [each["method"] for each in await client.hear()] == [CHANGED["method"]]
            assert server.of("POST")[0].message["error"]["code"] == -32601

    asyncio.run(scenario())


def test_two_subscriptions_hear_each_its_own() -> None:
    async def scenario() -> None:
        prompts = {"jsonrpc": "2.0", "method": "notifications/prompts/list_changed"}
        steps: Script = {**EARLIER, "GET": [stream(0.4, CHANGED, prompts, 0.4, CHANGED, prompts, ending="hang")]}
        over = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "t"}}
        async with scripted(steps) as server, bridged(settings(server.url)) as client:
            await client.ask(modern(0, "server/discover"))
            client.say(modern("t", "subscriptions/listen", notifications={"toolsListChanged": True}))
            client.say(modern("p", "subscriptions/listen", notifications={"promptsListChanged": True}))
            told = [each["params"]["_meta"][f"{PREFIX}subscriptionId"] for each in await client.hear(4)]
            assert (sorted(told[:2]), told[2:]) == (["p", "t"], ["t", "p"])
            client.say(over)
            [last] = await client.hear()
            assert (last["method"], last["params"]["_meta"]) == (prompts["method"], {f"{PREFIX}subscriptionId": "p"})

    asyncio.run(scenario())


def test_a_subscription_hears_what_an_earlier_server_says_by_itself() -> None:
    async def scenario() -> None:
        other = {"jsonrpc": "2.0", "method": "notifications/prompts/list_changed"}
        steps: Script = {**EARLIER, "GET": [stream(0.2, other, CHANGED, ending="hang")]}
        async with scripted(steps) as server, bridged(settings(server.url)) as client:
            await client.ask(modern(0, "server/discover"))
            wanted = {"toolsListChanged": True, "resourceSubscriptions": ["a:b"]}
            client.say(modern("s", "subscriptions/listen", notifications=wanted))
            first, second = await client.hear(2)
            meta = {f"{PREFIX}subscriptionId": "s"}
            assert first["method"] == "notifications/subscriptions/acknowledged"
            assert first["params"] == {"_meta": meta, "notifications": wanted}
            assert second == CHANGED | {"params": {"_meta": meta}}
            assert server.of("resources/subscribe")[0].message["params"] == {"uri": "a:b"}

    asyncio.run(scenario())


def test_a_client_that_falls_back_itself_is_an_earlier_one() -> None:
    async def scenario() -> None:
        steps: Script = {**EARLIER, "tools/call": [stream(QUESTION, 0.2, ...)]}
        async with scripted(steps) as server, bridged(settings(server.url)) as client:
            await client.ask(modern(0, "server/discover"))
            await client.begin()
            client.say(call(1))
            assert await client.hear() == [QUESTION]

    asyncio.run(scenario())


def test_an_earlier_servers_ping_is_answered_here() -> None:
    async def scenario() -> None:
        ping = {"jsonrpc": "2.0", "id": 9, "method": "ping"}
        steps: Script = {**EARLIER, "GET": [stream(0.1, ping, ending="hang")]}
        async with scripted(steps) as server, bridged(settings(server.url)) as client:
            await client.ask(modern(0, "server/discover"))
            await eventually(lambda: bool(server.of("POST")))
            assert server.of("POST")[0].message == {"jsonrpc": "2.0", "id": 9, "result": {}}

    asyncio.run(scenario())


# ------------------------------------------------------------------ the same era on both sides


@pytest.mark.parametrize("result_", [WANTED, {"resultType": "complete", "x": 1}, {"resultType": "task", "taskId": "t"}])
def test_a_later_client_hears_a_later_server_word_for_word(result_: Json) -> None:
    async def scenario() -> None:
        async with scripted({"tools/call": [result(result_)]}) as server, bridged(settings(server.url)) as client:
            [heard] = await client.ask(modern(1, "tools/call", name="x", inputResponses={}, requestState="s"))
            assert heard["result"] == result_
            assert server.asked[0].message["params"]["requestState"] == "s"

    asyncio.run(scenario())


def test_elicitation_passes_untouched_both_ways() -> None:
    async def scenario() -> None:
        steps: Script = {"tools/call": [stream(QUESTION, 0.3, ...)]}
        hello = HELLO | {"params": HELLO["params"] | {"capabilities": {"elicitation": {"form": {}, "url": {}}}}}
        async with scripted(steps) as server, bridged(settings(server.url)) as client:
            await client.ask(hello)
            client.say(READY, call(1))
            assert await client.hear() == [QUESTION]
            accepted = {"jsonrpc": "2.0", "id": "q1", "result": {"action": "accept", "content": {"sure": True}}}
            client.say(accepted)
            assert (await client.hear())[0]["id"] == 1
            assert server.of("initialize")[0].message == hello
            assert server.of("POST")[0].message == accepted

    asyncio.run(scenario())
