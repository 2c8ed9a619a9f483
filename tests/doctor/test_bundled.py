"""Our own servers, as entries start them, tried by doctor with the real program in PostHog Cloud on loopback."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from posthog_wizard.doctor.check import Status
from posthog_wizard.doctor.probes.reachability import SHORT
from posthog_wizard.installer import LASTING
from posthog_wizard.model import Limits
from posthog_wizard.tools import TOOLS
from posthog_wizard.tools.listing import total
from posthog_wizard.tools.selection import select
from tests.support.machines import KEY, lay
from tests.support.posthog import SandboxKey, web_page
from tests.support.probes import examined
from tests.support.program import OTHER_KEY
from tests.support.world import EU, MCP, MCP_EU, US, world

PROGRAM = str(Path(sys.executable).with_name("posthog-wizard"))
BRIDGE = ("bridge", "--url", f"https://{MCP}/mcp")
CONNECTION = "client.claude-code.connection"
ALL_SCOPES = (SandboxKey(KEY),)
OFFERED = select(TOOLS, Limits(), None).offered


def entry(*arguments: str) -> dict[str, Any]:
    """As `mcp add` writes it."""
    held = {"POSTHOG_AUTH_HEADER": f"Bearer {KEY}"}
    return {"type": "stdio", "command": PROGRAM, "args": ["mcp", *arguments], "env": held}


class Run(NamedTuple):
    """A world, what is started in it, and what is said of that."""

    name: str
    world: dict[str, Any]
    arguments: tuple[str, ...]
    status: Status
    kind: str | None = None
    tools: int | None = None
    words: tuple[str, ...] = ()
    fix: str = ""


RUNS = (
    Run("the bridge", {}, BRIDGE, "ok", tools=1),
    Run("the bridge, events", {"streams": True}, BRIDGE, "ok", tools=1),
    Run("the bridge, a key of nobody", {"key": OTHER_KEY, "us": (SandboxKey(OTHER_KEY),)}, BRIDGE, "fail", "refused", words=("rejected the key",)),
    Run("the bridge, a key that PostHog accepts", {"key": OTHER_KEY}, BRIDGE, "fail", "refused", words=("though `https://us.posthog.com` accepts it",)),
    Run("the bridge, the wrong region", {"key": OTHER_KEY}, ("bridge", "--url", f"https://{MCP_EU}/mcp"), "fail", "wrong-region", words=("belongs to PostHog Cloud's region US",)),
    Run("the bridge, a proxy that refuses", {"reachable": (US, EU)}, BRIDGE, "fail", "error", words=("the proxy refused",)),
    Run("the bridge, a page", {"faults": {"initialize": web_page()}}, BRIDGE, "fail", "error", words=("web page",)),
    Run("the bridge, nobody there", {}, ("bridge", "--url", "http://localhost:9/mcp"), "fail", "connect", words=("it refuses connections",)),
    Run("our server", {"us": ALL_SCOPES}, ("serve", "--region", "us"), "ok", tools=len(OFFERED)),
    Run("our server, wrong usage", {}, ("serve", "--region", "mars"), "fail", "crashed", words=("exit code 2",), fix="run `posthog-wizard mcp add claude-code"),
)  # fmt: skip


@pytest.mark.parametrize("row", RUNS, ids=lambda row: row.name)
def test_our_own_servers(row: Run, tmp_path: Path) -> None:
    with world(tmp_path, **row.world) as around:
        trial = examined(tmp_path, {"claude-code": entry(*row.arguments)}, environment=around.environment)
    check = trial.one(CONNECTION)
    assert (check.status, check.data.get("kind"), check.data.get("tools")) == (row.status, row.kind, row.tools), check
    assert [word for word in row.words if word not in str(check.cause)] == []
    assert row.fix in str(check.fix)
    assert trial.leaked == []


def test_our_own_program_s_advice_is_what_helps(tmp_path: Path) -> None:
    """An entry of the sandbox, whose extra is gone since the program was installed anew."""
    lay(tmp_path, "bin/posthog-wizard!")
    program = tmp_path / "bin/posthog-wizard"
    program.write_text("#!/bin/sh\necho 'error: the sandbox needs duckdb' >&2; echo 'hint: install it' >&2; exit 2\n")
    sandbox = {"type": "stdio", "command": str(program), "args": ["mcp", "serve", "--sandbox"]}
    told = examined(tmp_path, {"claude-code": sandbox}).one(CONNECTION)
    assert ("needs duckdb" in str(told.cause), told.fix) == (True, "install it")


def test_a_program_that_is_cleaned_away_is_no_way_out_of_one_that_is_gone(tmp_path: Path) -> None:
    """As `uvx posthog-wizard mcp doctor` after an uninstall: its `mcp add` would be refused."""
    gone = {
        "type": "stdio",
        "command": "/gone/bin/posthog-wizard",
        "args": ["mcp", "serve", "--host", "http://localhost:9"],
    }
    told = examined(tmp_path, {"claude-code": gone}, launcher=("/u/archive-v0/x/bin/posthog-wizard",)).one(CONNECTION)
    assert told.fix == f"install it again: {LASTING}, or take the entry out: `posthog-wizard mcp remove claude-code`"


def test_nobody_waits_for_the_patience_of_the_bridge(tmp_path: Path) -> None:
    """Which repeats its first message for some eight seconds."""
    trial = examined(tmp_path, {"claude-code": entry("bridge", "--url", "http://localhost:9/mcp")})
    assert trial.one(CONNECTION).status == "fail"
    assert trial.seconds < SHORT + 2


def test_tokens_are_those_of_mcp_tools(tmp_path: Path) -> None:
    with world(tmp_path, us=ALL_SCOPES) as around:
        check = examined(
            tmp_path, {"claude-code": entry("serve", "--region", "us")}, environment=around.environment
        ).one(CONNECTION)
    assert check.data["tokens"] == pytest.approx(total(OFFERED), rel=0.05)
