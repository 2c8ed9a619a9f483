"""`mcp call`: a tool of `mcp serve` from the shell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import mcp
from tests.support.homes import home
from tests.support.posthog import Reply, bad_key
from tests.support.posthog_tools import said
from tests.support.program import Result, run
from tests.support.sandboxes import lay_data
from tests.support.serving import bench, instance
from tests.support.terminal import CONTROL_C, ENTER, Terminal

KEY: dict[str, Any] = {"POSTHOG_PERSONAL_API_KEY": "phx_test"}
FLAG = "feature-flag-get-definition"
DELETE = ("delete-feature-flag", "flag_key=new-nav")


def call(root: Path, *words: str, stdin: str | None = None) -> Result:
    """One call at a PostHog with rows for the tools."""
    with instance() as server:
        return run(["mcp", "call", *words], home(root), stdin, POSTHOG_HOST=server.url, **KEY)


# ------------------------------------------------------------------ the answer


@pytest.mark.parametrize(
    ("tool", "words", "arguments"),
    [
        ("feature-flag-get-all", (), {}),
        ("feature-flag-get-all", ("limit=1",), {"limit": 1}),
        (FLAG, ("flag_key=new-nav",), {"flag_key": "new-nav"}),
        ("dashboard-get", ("dashboard_id=999",), {"dashboard_id": 999}),
    ],
)
def test_it_is_an_agents_call(tool: str, words: tuple[str, ...], arguments: dict[str, Any], tmp_path: Path) -> None:
    with bench() as made:
        agent = made.call(tool, **arguments)
        asked = [*made.posthog.lines]
        shown = run(["mcp", "call", tool, *words, "--project=2"], home(tmp_path), POSTHOG_HOST=made.posthog.url, **KEY)
        assert made.posthog.lines[len(asked) :] == asked
    assert shown.code == int(agent.failed)
    assert [agent.failed or said(agent.text)] == [agent.failed or json.loads(shown.out)]


def test_the_document(tmp_path: Path) -> None:
    document = call(tmp_path, FLAG, "flag_key=new-nav", "--json").document
    assert list(document) == ["schema", "error", "tool", "arguments", "result"]
    assert (document["schema"], document["error"]) == ("posthog-wizard.call/1", None)
    assert (document["tool"], document["arguments"]) == (FLAG, {"flag_key": "new-nav"})
    assert document["result"]["key"] == "new-nav"


def test_what_was_cut_is_told_beside_the_data(tmp_path: Path) -> None:
    shown = call(tmp_path, "event-definitions-list", "--max-tokens=500")
    rows = json.loads(shown.out)
    assert f"Cut: `results` holds {len(rows['results'])} of " in shown.err
    assert f"offset={rows['next_offset']}" in shown.err


# ------------------------------------------------------------------ the arguments


@pytest.mark.parametrize(
    ("words", "stdin", "arguments"),
    [
        (("flag_key=new-nav", "active=false"), None, {"flag_key": "new-nav", "active": False}),
        (("flag_key=new-nav", "name=null"), None, {"flag_key": "new-nav", "name": "null"}),
        (("flag_key=new-nav", "name=a=b"), None, {"flag_key": "new-nav", "name": "a=b"}),
        (("flag_key=new-nav", "name="), None, {"flag_key": "new-nav", "name": ""}),
        (("flag_key=new-nav", 'tags=["a"]'), None, {"flag_key": "new-nav", "tags": ["a"]}),
        (("--arguments", '{"flag_key": "new-nav"}'), None, {"flag_key": "new-nav"}),
        (("--arguments", "-"), '\ufeff{"flag_key": "new-nav"}\r\n', {"flag_key": "new-nav"}),
        (("--arguments", "@.in.json"), None, {"flag_key": "new-nav", "name": "é"}),
        (("--arguments", '{"flag_key": "x"}', "flag_key=new-nav"), None, {"flag_key": "new-nav"}),
    ],
)
def test_the_arguments_that_are_sent(
    words: tuple[str, ...], stdin: str | None, arguments: dict[str, Any], tmp_path: Path
) -> None:
    place = home(tmp_path)
    (place / ".in.json").write_text('{"flag_key": "new-nav", "name": "é"}', encoding="utf-8")
    with instance() as server:
        shown = run(
            ["mcp", "call", "update-feature-flag", *words, "--json"], place, stdin, POSTHOG_HOST=server.url, **KEY
        )
    assert shown.document["arguments"] == arguments


@pytest.mark.parametrize(
    ("words", "sent"),
    [
        (("execute-sql", "query=SELECT 1"), {"kind": "HogQLQuery", "query": "SELECT 1"}),
        (("execute-sql", "query=1"), {"kind": "HogQLQuery", "query": "1"}),
        (("query-trends", 'series=[{"kind": "EventsNode", "event": "a"}]', 'dateRange={"date_from": "-7d"}'),
         {"kind": "TrendsQuery", "series": [{"kind": "EventsNode", "event": "a"}], "dateRange": {"date_from": "-7d"}}),
    ],
)  # fmt: skip
def test_the_hosted_servers_names_are_known_here_too(
    words: tuple[str, ...], sent: dict[str, Any], tmp_path: Path
) -> None:
    with instance() as server:
        server.will_answer("POST", "/api/environments/2/query/", Reply(200, {"results": []}))
        shown = run(["mcp", "call", *words], home(tmp_path), POSTHOG_HOST=server.url, **KEY)
        assert shown.code == 0, shown.err
        assert server.requests[-1].body["query"] == sent


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("no-such-tool",), 2, "there is no tool `no-such-tool`"),
        (("dashboard-gett",), 2, "did you mean `dashboard-get`?"),
        (("dashboard-get",), 2, "`dashboard_id` is required"),
        (("dashboard-get", "dashboard_id=one"), 2, "must be an integer"),
        (("dashboard-get", "id"), 2, "`id` is not an argument"),
        (("dashboard-get", "=1"), 2, "`=1` is not an argument"),
        (("dashboard-get", "dashboard_id=1", "dashboard_id=2"), 2, "`dashboard_id` is given twice"),
        (("dashboard-get", "--arguments", "[1]"), 2, "`--arguments` is not a JSON object"),
        (("dashboard-get", "--arguments", "{"), 2, "`--arguments` is not a JSON object"),
        (("dashboard-get", "--arguments", "-"), 2, "`--arguments` is not a JSON object"),
        (("dashboard-get", "--arguments", "@no.json"), 2, "`no.json` cannot be read"),
        (("dashboard-get", "dashboard_id=1", "--features", "flags"), 2, "not among --features"),
        ((*DELETE, "--read-only"), 2, "the server is read-only"),
        (DELETE, 2, "nobody can be asked"),
        (("dashboard-get", "dashboard_id=999"), 1, "Not found"),
    ],
)
def test_what_it_refuses(words: tuple[str, ...], code: int, told: str, tmp_path: Path) -> None:
    shown = call(tmp_path, *words)
    assert (shown.code, shown.out) == (code, "")
    assert told in shown.err
    document = call(tmp_path, *words, "--json")
    assert (document.code, document.document["tool"], document.document["result"]) == (code, words[0], None)
    assert told in document.document["error"]["message"]


def test_a_wrong_call_asks_posthog_nothing(tmp_path: Path) -> None:
    with instance() as server:
        run(["mcp", "call", "dashboard-get", "dashboard=1"], home(tmp_path), POSTHOG_HOST=server.url, **KEY)
    assert server.lines == []


# ------------------------------------------------------------------ the key


def test_without_a_key(tmp_path: Path) -> None:
    assert mcp(home(tmp_path), "call", "projects-get").code == 2


def test_a_key_that_posthog_refuses(tmp_path: Path) -> None:
    with instance() as server:
        server.will_answer("GET", "/api/users/@me/", bad_key())
        shown = run(["mcp", "call", "projects-get"], home(tmp_path), POSTHOG_HOST=server.url, **KEY)
    assert (shown.code, shown.out) == (1, "")


def test_the_sandbox_needs_none(tmp_path: Path) -> None:
    place = home(tmp_path)
    lay_data(place)
    assert "Leafline app" in run(["mcp", "call", "projects-get", "--sandbox"], place).out
    beside = run(["mcp", "call", "projects-get", "--sandbox", "--host", "us"], place)
    assert "`--sandbox` and `--host` cannot be combined" in beside.err


def test_a_switch_is_said_to_last_for_one_run(tmp_path: Path) -> None:
    assert "`--project`" in call(tmp_path, "switch-project", "project_id=1").err


# ------------------------------------------------------------------ what deletes


@pytest.mark.parametrize("sure", ["-y", "--yes"])
def test_it_deletes_for_who_is_sure(sure: str, tmp_path: Path) -> None:
    assert call(tmp_path, *DELETE, sure).code == 0


@pytest.mark.parametrize(
    ("keys", "code", "deleted"),
    [(("y", ENTER), 0, 1), (("n", ENTER), 130, 0), ((ENTER,), 130, 0), ((CONTROL_C,), 130, 0)],
)
def test_a_person_is_asked(keys: tuple[str, ...], code: int, deleted: int, tmp_path: Path) -> None:
    with instance() as server:
        words = ["mcp", "call", *DELETE, "--project", "2"]
        with Terminal(words, home(tmp_path), POSTHOG_HOST=server.url, **KEY) as person:
            person.reads("project 2").reads("cannot be taken back").types(*keys)
        assert person.code == code
        assert sum(line.startswith(("PATCH", "DELETE")) for line in server.lines) == deleted


def test_the_question_names_the_sandbox_and_not_its_address(tmp_path: Path) -> None:
    place = home(tmp_path)
    lay_data(place)
    with Terminal(["mcp", "call", *DELETE, "--sandbox"], place) as person:
        person.reads("in the key's project on the sandbox cannot be taken back").types("n", ENTER)
    assert person.code == 130


# ------------------------------------------------------------------ any operation of the API

MADE = ("api-write", "operation=dashboards_create", 'body={"name": "From a shell"}')
OFF = ("api-write", "operation=mcp_server_installations_destroy", 'parameters={"id": "1"}')


def test_an_operation_needs_no_flag(tmp_path: Path) -> None:
    shown = call(tmp_path, "api-read", "operation=dashboards_list", 'fields=["id"]', "--project=2")
    assert {"id": 11} in json.loads(shown.out)["results"]


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ((*MADE, "--yes"), 0, ""),
        (MADE, 2, "`api-write` may change or delete things for good, and nobody can be asked"),
        ((*MADE, "--yes", "--read-only"), 2, "it writes, and the server is read-only"),
        ((*OFF, "--yes"), 1, "start the server with `--allow-dangerous`"),
        ((*OFF, "--yes", "--allow-dangerous"), 1, "PostHog has nothing at"),
    ],
)
def test_what_an_operation_needs_to_write(words: tuple[str, ...], code: int, told: str, tmp_path: Path) -> None:
    shown = call(tmp_path, *words, "--project=2")
    assert shown.code == code, shown.err
    assert told in shown.err
