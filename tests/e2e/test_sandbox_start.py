"""Starting the sandbox: six clients at once on a fresh home, rows that the others see, and the server on a port."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from posthog_wizard.sandbox.api.known_keys import KEYS
from tests.support.mcp_process import Program
from tests.support.posthog_tools import said
from tests.support.program import command, surroundings

pytestmark = pytest.mark.e2e
COUNT = {"kind": "HogQLQuery", "query": "SELECT count() > 40000 FROM events"}
AT_ONCE = 6


def test_six_at_once_on_a_fresh_home_all_answer(tmp_path: Path) -> None:
    with ExitStack() as stack:
        programs = [stack.enter_context(Program("--sandbox", home=tmp_path, key=None)) for _ in range(AT_ONCE)]

        def use(program: Program) -> list[Any]:
            program.initialize()
            made = said(program.call(1, "dashboard-create", name="One of six"))
            return [made["id"], said(program.call(2, "query-run", query=COUNT))["results"]]

        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = list(pool.map(use, programs))
        seen = said(programs[0].call(3, "dashboards-get-all", search="One of six"))
    assert [answer[1] for answer in answers] == [[[True]]] * AT_ONCE
    assert len({answer[0] for answer in answers}) == AT_ONCE
    assert seen["count"] == AT_ONCE


def test_what_was_made_is_there_tomorrow(tmp_path: Path) -> None:
    with Program("--sandbox", home=tmp_path, key=None) as first:
        first.initialize()
        first.call(1, "create-feature-flag", key="kept")
    with Program("--sandbox", home=tmp_path, key=None) as second:
        second.initialize()
        assert said(second.call(1, "feature-flag-get-definition", flag_key="kept"))["key"] == "kept"


def test_what_is_meant_for_a_real_posthog_is_not_for_the_sandbox(tmp_path: Path) -> None:
    meant = {"POSTHOG_HOST": "https://us.posthog.com", "POSTHOG_PROJECT_ID": "12345"}
    with Program("--sandbox", home=tmp_path, environment=meant) as program:
        told = program.initialize()["instructions"]
        context = program.request(1, "resources/read", uri="posthog://wizard/context")["result"]["contents"][0]["text"]
    assert told.startswith("This is a sandbox")
    assert (json.loads(context)["region"], json.loads(context)["project"]) == ("sandbox", 1)


class Port(NamedTuple):
    """`posthog-wizard sandbox --json`, while it runs."""

    process: subprocess.Popen[str]
    told: dict[str, Any]

    def ask(self, method: str, path: str, **sent: Any) -> Any:
        key = {"Authorization": f"Bearer {self.told['key']}"}
        return httpx.request(method, f"{self.told['url']}{path}", headers=key, trust_env=False, **sent).json()


@pytest.fixture
def port(tmp_path: Path) -> Iterator[Port]:
    process = start(tmp_path)
    assert process.stdout is not None
    with process:
        yield Port(process, json.loads(process.stdout.readline()))
        process.send_signal(signal.SIGINT)


def start(home: Path, *arguments: str) -> subprocess.Popen[str]:
    words = command(["sandbox", "--json", *arguments])
    environment = surroundings(home, {"PYTHONPATH": str(Path(__file__).parent.parent.parent)})
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=home)


def test_the_port_says_where_it_is(port: Port) -> None:
    assert set(port.told) == {"schema", "error", "url", "key", "project"}
    assert port.told["url"].startswith("http://127.0.0.1:")
    assert port.ask("GET", "/api/users/@me/")["email"] == "robin@leafline.example"


def test_ctrl_c_ends_it_without_a_word(port: Port) -> None:
    port.process.send_signal(signal.SIGINT)
    out, err = port.process.communicate(timeout=10)
    assert (port.process.returncode, out, err) == (0, "", "")


def test_reset_begins_anew(port: Port, tmp_path: Path) -> None:
    made = port.ask("POST", "/api/projects/1/dashboards/", json={"name": "Made"})
    assert port.ask("GET", f"/api/projects/1/dashboards/{made['id']}/")["name"] == "Made"
    with start(tmp_path, "--reset") as other:
        assert other.stdout is not None
        assert json.loads(other.stdout.readline())["key"] == port.told["key"]
        assert port.ask("GET", f"/api/projects/1/dashboards/{made['id']}/")["code"] == "not_found"
        other.send_signal(signal.SIGINT)


def test_the_documented_key_counts_when_it_was_asked_for_and_the_own_one_stays(port: Port, tmp_path: Path) -> None:
    with start(tmp_path, "--well-known-keys") as other:
        assert other.stdout is not None
        documented = port._replace(told=json.loads(other.stdout.readline()))
        assert documented.told["key"] == KEYS[0].value != port.told["key"]
        assert documented.ask("GET", "/api/users/@me/")["email"] == "robin@leafline.example"
        assert documented._replace(told=documented.told | {"key": port.told["key"]}).ask("GET", "/api/users/@me/")["id"]
        refused = port._replace(told=port.told | {"key": KEYS[0].value}).ask("GET", "/api/users/@me/")
        assert refused["code"] == "authentication_failed"
        other.send_signal(signal.SIGINT)
        assert "every user of this machine" in other.communicate(timeout=10)[1]


def test_other_commands_use_it_as_a_posthog_of_ones_own(port: Port, tmp_path: Path) -> None:
    with Program("--host", port.told["url"], home=tmp_path, key=port.told["key"]) as program:
        program.initialize()
        assert said(program.call(1, "projects-get"))["count"] == 2
