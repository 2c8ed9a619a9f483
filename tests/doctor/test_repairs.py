"""A repair meets a file that changed since it was looked at."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from posthog_wizard.clients.entries import PROMPT_ID, prompt_definition
from posthog_wizard.doctor.repairs import plan_repairs
from posthog_wizard.install.apply import apply
from posthog_wizard.model import OutcomeKind
from tests.doctor.faults_entries import forget
from tests.support.doctor_contexts import HOSTED, Body, healthy
from tests.support.machines import KEY

HEADERS = {"Authorization": f"Bearer {KEY}"}
REMOTE = {"url": HOSTED, "headers": HEADERS}
ASKS = {"type": "http", "url": HOSTED, "headers": {"Authorization": f"Bearer ${{input:{PROMPT_ID}}}"}}
Meanwhile = Callable[[Body], object]


def text(client: str, **data: object) -> Meanwhile:
    """Another program writes the whole file."""
    return lambda body: body.text(client, json.dumps(data))


@pytest.mark.parametrize(
    ("client", "seed", "meanwhile", "outcome", "holds"),
    [
        pytest.param(
            "cursor",
            lambda body: body.change("cursor", "url", serverUrl=HOSTED),
            text("cursor", mcpServers={"posthog": {"serverUrl": HOSTED, "headers": HEADERS}, "mine": {"command": "x"}}),
            "updated",
            json.dumps({"mcpServers": {"posthog": REMOTE, "mine": {"command": "x"}}}),
            id="an entry beside it",
        ),
        pytest.param(
            "cursor",
            lambda body: body.change("cursor", "url", serverUrl=HOSTED),
            text("cursor", mcpServers={}),
            "unchanged",
            json.dumps({"mcpServers": {}}),
            id="the entry is gone",
        ),
        pytest.param(
            "cursor",
            lambda body: body.change("cursor", "url", serverUrl=HOSTED),
            text("cursor", mcpServers={"posthog": REMOTE}),
            "unchanged",
            json.dumps({"mcpServers": {"posthog": REMOTE}}),
            id="somebody mended it",
        ),
        pytest.param(
            "cursor",
            lambda body: body.put("cursor", REMOTE, "twin"),
            text("cursor", mcpServers={"posthog": REMOTE}),
            "unchanged",
            json.dumps({"mcpServers": {"posthog": REMOTE}}),
            id="the twin is gone",
        ),
        pytest.param(
            "cursor",
            lambda body: body.put("cursor", None),
            text("cursor", mcpServers={"posthog": {"command": "mine"}}),
            "unchanged",
            json.dumps({"mcpServers": {"posthog": {"command": "mine"}}}),
            id="the lost entry is there",
        ),
        pytest.param(
            "vscode",
            lambda body: body.put("vscode", ASKS),
            text("vscode", servers={"posthog": ASKS}, inputs=[prompt_definition()]),
            "unchanged",
            json.dumps({"servers": {"posthog": ASKS}, "inputs": [prompt_definition()]}),
            id="the question is there",
        ),
        pytest.param(
            "cursor",
            lambda body: body.change("cursor", "url", serverUrl=HOSTED),
            lambda body: body.text("cursor", "{"),
            "failed",
            "{",
            id="the file is broken",
        ),
    ],
)  # fmt: skip
def test_a_file_that_changed_meanwhile(
    client: str, seed: Meanwhile, meanwhile: Meanwhile, outcome: OutcomeKind, holds: str, tmp_path: Path
) -> None:
    body = healthy(tmp_path, "linux", client)
    seed(body)
    plan = plan_repairs(body.checks())
    meanwhile(body)
    (made,) = apply(plan, body.machine, command="mcp doctor --fix").outcomes
    assert (made.outcome, body.path(client).read_text()) == (outcome, holds)


def test_a_file_that_broke_before_the_plan(tmp_path: Path) -> None:
    """What was found is then no longer true; nothing is planned for the file."""
    body = healthy(tmp_path, "linux", "cursor")
    body.change("cursor", "url", serverUrl=HOSTED)
    checks = [
        check._replace(repair=check.repair and check.repair._replace(found=body.found("cursor")._replace(content=b"{")))
        for check in body.checks()
    ]
    plan = plan_repairs(checks)
    assert (plan.steps, [outcome.outcome for outcome in plan.resolved]) == ((), ["failed"])


HOST = {"POSTHOG_HOST": "https://posthog.example.com"}
BUS = {"POSTHOG_AUTH_HEADER": f"Bearer {KEY}", "XDG_CONFIG_HOME": "/own", "HTTPS_PROXY": "http://proxy:3128"}


@pytest.mark.parametrize(
    ("entry", "left"),
    [
        # the way to PostHog and to the key stays, whatever starts the entry
        ({"command": "/gone/posthog-wizard", "args": ["mcp", "bridge", "--url", HOSTED], "env": BUS}, BUS),
        ({"command": "npx-of-nobody", "args": ["mcp-remote", HOSTED], "env": {**BUS, "OTHER": "x"}}, BUS),
        ({"command": "/gone/posthog-wizard", "args": ["mcp", "bridge", "--url", "http://mcp.posthog.com/mcp"], "env": BUS}, BUS),
        (
            {"command": "/gone/posthog-wizard", "args": ["mcp", "serve"], "env": {"POSTHOG_PERSONAL_API_KEY": KEY, **HOST}},
            {"POSTHOG_AUTH_HEADER": f"Bearer {KEY}", **HOST},
        ),
        ({"command": "posthog-wizard", "args": ["mcp", "serve", "--project", 7], "env": {**BUS, **HOST}}, {**BUS, **HOST}),
        # a key under its other names is a key
        (
            {"command": "/gone/posthog-wizard", "args": ["mcp", "bridge"], "env": {"POSTHOG_API_KEY": KEY}},
            {"POSTHOG_AUTH_HEADER": f"Bearer {KEY}"},
        ),
    ],
)  # fmt: skip
def test_what_is_started_anew_keeps_its_surroundings(entry: object, left: object, public: Path) -> None:
    body = healthy(public, "linux", "claude-desktop")
    forget(body)
    body.put("claude-desktop", entry)
    body.repair()
    mended = body.entry("claude-desktop")
    assert (mended["command"], mended["env"]) == (body.launcher[0], left)


def test_a_number_among_the_arguments_stays_the_limit_that_it_is(public: Path) -> None:
    body = healthy(public, "linux", "claude-desktop")
    forget(body)
    words = ["mcp", "bridge", "--url", HOSTED, "--project"]
    body.change("claude-desktop", args=[*words, 12345, "--read-only"])
    body.repair()
    assert body.entry("claude-desktop")["args"] == [*words, "12345", "--read-only"]


@pytest.mark.parametrize("path", ["mcp", "sse"])
def test_an_old_entry_is_not_renewed_for_an_address_that_everybody_can_listen_to(path: str, public: Path) -> None:
    body = healthy(public, "linux", "cursor")
    forget(body)
    words = ["mcp-remote", f"http://mcp.posthog.com/{path}", "--header", f"Authorization: Bearer {KEY}"]
    body.put("cursor", {"command": "npx", "args": words})
    body.repair()
    assert body.entry("cursor")["url"] == HOSTED
