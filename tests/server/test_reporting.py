"""The bundled server's own analytics: off, unless a key of a project is given."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from posthog_wizard.net.mcp_eras import VERSION_FIELD
from tests.support.mcp_process import ENVELOPE, SERVE, Program, wait_for
from tests.support.network import Proxy
from tests.support.sink import SOON, Sink

LIST = "docs-search"
KEY = ("--analytics-key", "phc_test")
NAMES = ["$mcp_initialize", "$mcp_tools_list", "$mcp_tool_call", "$mcp_tool_call", "$exception"]


def talk(home: Path, *arguments: str, **environment: str) -> tuple[dict[str, Any], float, str, str]:
    """List the tools, call one and one that is not there, and end.

    Gives the list, the seconds that ending took, and what was left on stdout and on stderr.
    """
    with Program(*arguments, home=home, environment=environment) as program:
        program.initialize()
        listed: dict[str, Any] = program.request(1, "tools/list")["result"]
        program.call(2, LIST, query="flags", context="Learn of flags.")
        program.request(3, "tools/call", name="nobody", arguments={})
        program.stdin.close()
        _, seconds = program.ended(20)
        return listed, seconds, *program.last_words()


def profile(home: Path, text: str) -> None:
    """Write the profiles."""
    file = home / ".config" / "posthog-wizard" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(text)


def test_calls_are_reported_to_the_host_that_answers(tmp_path: Path) -> None:
    with Sink() as sink:
        listed, _, out, _ = talk(tmp_path, "--host", sink.url, *KEY)
        assert out == ""
        assert sink.names == NAMES
        assert set(sink.keys) == {"phc_test"}
        call = sink.named("$mcp_tool_call")[0]["properties"]
        assert call["$mcp_tool_name"] == LIST
        assert call["$mcp_intent"] == "Learn of flags."
        assert call["$mcp_parameters"]["request"]["params"]["arguments"] == {"query": "flags"}
        assert call["$process_person_profile"] is False
        assert "$mcp_response" not in call
        assert list(listed["tools"][0]["inputSchema"]["properties"])[-1] == "context"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_sends_what_waits(number: signal.Signals, tmp_path: Path) -> None:
    with Sink() as sink, Program("--host", sink.url, *KEY, home=tmp_path) as program:
        program.initialize()
        program.call(1, LIST, query="flags")
        program.process.send_signal(number)
        _, seconds = program.ended(20)
        assert sink.names == ["$mcp_initialize", "$mcp_tool_call"]
        assert seconds < SOON


def test_without_a_listing_the_context_is_taken_out_too(tmp_path: Path) -> None:
    with Sink() as sink:
        with Program("--host", sink.url, *KEY, home=tmp_path) as program:
            program.initialize()
            assert "Data from PostHog" in program.call(1, LIST, query="flags", context="Learn.")
            program.stdin.close()
            program.ended(20)
        assert sink.named("$mcp_tool_call")[0]["properties"]["$mcp_intent"] == "Learn."


def test_without_a_handshake_the_first_request_stands_in_for_it(tmp_path: Path) -> None:
    with Sink() as sink:
        with Program("--host", sink.url, *KEY, home=tmp_path) as program:
            program.request(1, "prompts/list", _meta=ENVELOPE)
            program.request(2, "resources/list", _meta=ENVELOPE)
            program.stdin.close()
            program.ended(20)
        assert sink.names == ["$mcp_initialize", "$mcp_prompts_list", "$mcp_resources_list"]
        greeting = sink.events[0]["properties"]
        assert (greeting["$mcp_client_name"], greeting["$mcp_protocol_version"]) == ("test", "2026-07-28")
        assert greeting["$mcp_parameters"]["request"]["params"] == {
            "protocolVersion": "2026-07-28", "clientInfo": {"name": "test", "version": "1"}, "capabilities": {},
        }  # fmt: skip


@pytest.mark.unfollowed  # `test_eras.py` shows what refuses it
def test_what_the_connection_s_era_refuses_is_no_event(tmp_path: Path) -> None:
    """Nor the handshake of a client that has made one."""
    with Sink() as sink:
        with Program("--host", sink.url, *KEY, home=tmp_path) as program:
            program.initialize()
            assert "error" in program.request(1, "prompts/list", _meta=ENVELOPE)
            program.stdin.close()
            program.ended(20)
        with Program("--host", sink.url, *KEY, home=tmp_path) as program:
            program.request(1, "prompts/list", _meta=ENVELOPE)
            assert "error" in program.request(2, "prompts/list")
            assert "error" in program.request(3, "prompts/list", _meta={**ENVELOPE, VERSION_FIELD: "2030-01-01"})
            assert "error" in program.request(4, "initialize", protocolVersion="2025-11-25", capabilities={})
            program.stdin.close()
            program.ended(20)
        assert sink.names == ["$mcp_initialize", "$mcp_initialize", "$mcp_prompts_list"]


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [((), {}), (KEY, {"DO_NOT_TRACK": "1"})],
)
@pytest.mark.unfollowed  # `analytics/test_manners.py` shows who is not tracked
def test_nothing_is_reported_unless_asked_for(
    arguments: tuple[str, ...], environment: dict[str, str], tmp_path: Path
) -> None:
    with Sink() as sink:
        listed, *_ = talk(tmp_path, "--host", sink.url, *arguments, **environment)
        assert sink.names == []
        assert "context" not in listed["tools"][0]["inputSchema"]["properties"]


@pytest.mark.parametrize(
    ("host", "arguments", "names"),
    [
        ("{url}", (), NAMES),
        ("{url}/", (), NAMES),
        ("https://other.example.com", (), []),
        ("{url}", ("--profile", "nobody"), []),
    ],
)
def test_a_profile_s_key_is_for_its_own_host(
    host: str, arguments: tuple[str, ...], names: list[str], tmp_path: Path
) -> None:
    with Sink() as sink:
        profile(tmp_path, f'[profiles.default]\nhost = "{host.format(url=sink.url)}"\nanalytics_key = "phc_kept"\n')
        talk(tmp_path, "--host", sink.url, *arguments)
        assert sink.names == names
        assert set(sink.keys) <= {"phc_kept"}


def test_a_profile_s_key_that_is_none_is_said(tmp_path: Path) -> None:
    profile(tmp_path, '[profiles.default]\nanalytics_key = "phx_no"\n')
    with Program("--host", "https://posthog.example.com", home=tmp_path) as program:
        assert program.ended(20)[0] == 2
        assert "`analytics_key` of the profile `default` is not a project key" in program.last_words()[1]


def test_a_key_whose_region_is_unknown_is_asked_for_it(tmp_path: Path) -> None:
    """Without `--host` only PostHog Cloud is meant; it cannot be reached from here, so nothing can be sent."""
    with Proxy({}) as proxy, Program(*KEY, home=tmp_path, environment={"HTTPS_PROXY": proxy.url}) as program:
        program.initialize()
        wait_for(lambda: {head.split()[1] for head in proxy.seen} == {"us.posthog.com:443", "eu.posthog.com:443"})
        program.stdin.close()
        assert program.ended(20)[0] == 0
        assert program.last_words()[0] == ""


def test_a_posthog_sdk_of_other_parts_keeps_no_server_from_running(tmp_path: Path) -> None:
    """What of it is used is not public."""
    lack = (
        "import sys; sys.modules['posthog.mcp._sanitization'] = None; from posthog_wizard.__main__ import main; main()"
    )
    command = (sys.executable, "-c", lack, *SERVE[3:])
    with Sink() as sink, Program("--host", sink.url, *KEY, home=tmp_path, command=command) as program:
        program.initialize()
        program.stdin.close()
        assert program.ended(20)[0] == 0
        assert "an event was dropped: ModuleNotFoundError" in program.last_words()[1]


@pytest.mark.unfollowed  # the first test shows the lines
@pytest.mark.parametrize("sink", ["hangs", "dead"])
def test_the_end_is_not_held_up(sink: str, tmp_path: Path) -> None:
    with Sink(hangs=True) as hanging, Sink() as gone:
        urls = {"hangs": hanging.url, "dead": gone.url}
        gone.close()
        _, seconds, out, _ = talk(tmp_path, "--host", urls[sink], "--tools", LIST, *KEY)
        assert seconds < SOON
        assert out == ""
