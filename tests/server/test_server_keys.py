"""Keys of every kind, with real children."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.mcp_process import Program
from tests.support.posthog import SandboxKey, bad_key
from tests.support.posthog_tools import said
from tests.support.serving import instance

LIST = "dashboards-get-all"


# ------------------------------------------------------------------ keys


@pytest.mark.parametrize(
    ("key", "environment", "words"),
    [
        (None, {}, ["has no PostHog key", "POSTHOG_PERSONAL_API_KEY", "posthog-wizard mcp doctor"]),
        ("phx_wrong", {}, ["Error: ", ". Run `posthog-wizard mcp doctor`"]),
        ("phc_project", {}, ["phc_", "personal API key"]),
        (None, {"POSTHOG_API_KEY": "phc_project"}, ["phc_"]),
    ],
)
def test_without_a_good_key_it_starts_and_says_what_is_wrong(
    key: str | None, environment: dict[str, str], words: list[str], tmp_path: Path
) -> None:
    with (
        instance() as server,
        Program("--host", server.url, home=tmp_path, key=key, environment=environment) as program,
    ):
        program.initialize()
        assert len(program.request(1, "tools/list")["result"]["tools"]) == 44
        called = program.request(2, "tools/call", name=LIST, arguments={})["result"]
        assert called["isError"]
        assert [word for word in words if word not in called["content"][0]["text"]] == []
        context = program.request(3, "resources/read", uri="posthog://wizard/context")["result"]["contents"][0]["text"]
        assert json.loads(context)["problem"]["message"]


def test_a_key_that_is_repaired_meanwhile_works_without_a_restart(tmp_path: Path) -> None:
    with instance() as server, Program("--host", server.url, home=tmp_path) as program:
        server.will_answer("GET", "/api/personal_api_keys/@current", bad_key())
        server.will_answer("GET", "/api/users/@me/", bad_key())
        program.initialize()
        assert "Error" in program.call(1, LIST)
        assert said(program.call(2, LIST))["count"] == 2


@pytest.mark.parametrize("name", ["POSTHOG_AUTH_HEADER", "POSTHOG_API_KEY"])
def test_other_variables_that_hold_the_key(name: str, tmp_path: Path) -> None:
    value = {"POSTHOG_AUTH_HEADER": "Bearer phx_test"}.get(name, "phx_test")
    with instance() as server:
        environment = {name: value, "POSTHOG_HOST": server.url, "POSTHOG_PROJECT_ID": "3"}
        with Program(home=tmp_path, key=None, environment=environment) as program:
            program.initialize()
            assert said(program.call(1, LIST))["project"] == 3


def test_tools_that_the_key_cannot_use_are_left_out(tmp_path: Path) -> None:
    key = SandboxKey("phx_test", scopes=("user:read", "feature_flag:read"))
    with instance(key) as server, Program("--host", server.url, home=tmp_path) as program:
        program.initialize()
        names = [tool["name"] for tool in program.request(1, "tools/list")["result"]["tools"]]
        assert names == ["docs-search", "feature-flag-get-all", "feature-flag-get-definition"]
        assert "the key lacks the scope feature_flag:write" in program.call(2, "create-feature-flag", key="k")
        context = program.request(3, "resources/read", uri="posthog://wizard/context")["result"]["contents"][0]["text"]
        assert len(json.loads(context)["missing_tools"]) == 45


def test_no_key_is_ever_said_or_logged(tmp_path: Path) -> None:
    secret = "phx_0123456789abcdefghijklmnopqrstuvwxyz"
    log = tmp_path / "serve.log"
    with instance(SandboxKey(secret)) as server:
        arguments = ("--host", server.url, "--log-file", str(log), "--log-level", "debug")
        with Program(*arguments, home=tmp_path, key=secret) as program:
            program.initialize()
            program.call(1, LIST)
            program.call(2, "dashboard-get", dashboard_id=404)
            program.call(3, "dashboards-get-all", search=secret)
            program.request(4, "resources/read", uri="posthog://wizard/context")
            program.stdin.close()
            program.ended()
            out, err = program.last_words()
            assert secret not in json.dumps(program.heard) + out + err + log.read_text()
            assert "dashboard-get" in log.read_text()
