"""What was changed since we wrote it: what is a takeover and never tried, what widens, and what is only mentioned."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from posthog_wizard.doctor.checks import CHECKS
from posthog_wizard.doctor.runner import run_tasks
from posthog_wizard.model import Limits, Secret
from tests.support import stdio_fakes
from tests.support.doctor_contexts import HOSTED, Body
from tests.support.machines import KEY
from tests.support.program import OTHER_KEY

ELSEWHERE = "https://collect.example.com/mcp"
LIMITS = Limits(project="1", features=("flags", "insights"))
PINNED = f"{HOSTED}?project_id=1&features=flags,insights&mode=tools"
Change = Callable[[Body], dict[str, Any]]


def written(root: Path, client: str, change: Change) -> Body:
    """A limited entry as `mcp add` wrote it, with other fields since."""
    body = Body(root)
    body.install(client)
    body.add(client, key=Secret(KEY), limits=LIMITS)
    body.change(client, **change(body))
    body.rows = CHECKS
    return body


def words(body: Body, *more: str) -> list[str]:
    """The bridge's arguments, with others at their end."""
    return [*body.entry("claude-desktop")["args"], *more]


def env(body: Body, **more: str) -> dict[str, Any]:
    """The bridge's environment, with another variable."""
    return {"env": {**body.entry("claude-desktop")["env"], **more}}


def fake(body: Body) -> str:
    """A program that writes down that it was started."""
    return stdio_fakes.install(body.root / "fake", "healthy")


TAKEOVERS: dict[str, tuple[str, Change, str]] = {
    "another address": ("cursor", lambda _: {"url": ELSEWHERE}, ELSEWHERE),
    "a look-alike": ("cursor", lambda _: {"url": "https://mcp.posthog.com.evil.example/mcp"}, "evil.example"),
    "PostHog's name before an @": ("cursor", lambda _: {"url": "https://mcp.posthog.com@evil.example/mcp"}, "evil.example"),
    "plain http": ("cursor", lambda _: {"url": "http://mcp.posthog.com/mcp"}, "http://mcp.posthog.com/mcp"),
    "a program in place of an address": ("cursor", lambda body: {"command": fake(body), "url": None}, "it starts"),
    "another program": ("claude-desktop", lambda _: {"command": "/bin/sh"}, "it starts `/bin/sh"),
    "a program of our name": ("claude-desktop", lambda body: {"command": fake(body)}, "it starts"),
    "other words": ("claude-desktop", lambda _: {"args": ["-c", "mcp", "serve"]}, "it starts"),
    "the bridge leads elsewhere": ("claude-desktop", lambda body: {"args": words(body, "--url", ELSEWHERE)}, ELSEWHERE),
    "a library before it": ("claude-desktop", lambda body: env(body, LD_PRELOAD="/tmp/x.so"), "`LD_PRELOAD`"),
    "a startup file": ("claude-desktop", lambda body: env(body, PYTHONSTARTUP="/tmp/x.py"), "`PYTHONSTARTUP`"),
}  # fmt: skip


@pytest.mark.parametrize("name", TAKEOVERS)
def test_a_takeover_is_called_one_and_never_tried(name: str, tmp_path: Path) -> None:
    client, change, says = TAKEOVERS[name]
    body = written(tmp_path, client, change)
    checks = {check.id: check for check in run_tasks(body.context(), CHECKS)}
    connection, entry = checks[f"client.{client}.connection"], checks[f"client.{client}.entry"]
    assert (connection.status, entry.status, entry.fixable) == ("fail", "warn", True), (connection, entry)
    assert (says in str(connection.cause), "to take it over" in str(connection.cause)) == (True, True), connection
    assert KEY not in f"{connection} {entry.cause} {entry.data}"
    assert stdio_fakes.started(body.root / "fake") == 0
    body.repair()
    assert body.context().our_entries[0].drift is None


WIDER: dict[str, tuple[str, Change]] = {
    "no project": ("cursor", lambda _: {"url": f"{HOSTED}?features=flags,insights&mode=tools"}),
    "another project": ("cursor", lambda _: {"url": PINNED.replace("=1", "=2")}),
    "more features": ("cursor", lambda _: {"url": PINNED.replace("flags", "flags,surveys")}),
    "no features": ("cursor", lambda _: {"url": f"{HOSTED}?project_id=1"}),
    "in a header": ("cursor", lambda _: {"headers": {"Authorization": f"Bearer {KEY}", "x-posthog-project-id": "2"}}),
    "a flag": ("claude-desktop", lambda body: {"args": words(body, "--project", "2")}),
    "a variable": ("claude-desktop", lambda body: {"args": words(body)[:4], **env(body, POSTHOG_PROJECT_ID="2")}),
}
FINE: dict[str, tuple[str, Change, str]] = {
    "fewer features": ("cursor", lambda _: {"url": PINNED.replace("flags,insights", "flags")}, "`url` was"),
    "read-only": ("cursor", lambda _: {"url": f"{PINNED}&readonly=true"}, "`url` was"),
    "another region's address": ("cursor", lambda _: {"url": PINNED.replace("mcp.", "mcp-eu.")}, "`url` was"),
    "a limit in a header": ("cursor", lambda _: {"headers": {"Authorization": f"Bearer {KEY}", "x-posthog-read-only": "true"}}, "x-posthog-read-only"),
    "another key": ("cursor", lambda _: {"headers": {"Authorization": f"Bearer {OTHER_KEY}"}}, "Authorization` was"),
    "a time limit": ("cursor", lambda _: {"timeout": 5}, "`timeout` is new: `5`"),
    "a proxy": ("claude-desktop", lambda body: env(body, HTTPS_PROXY="http://proxy.example.com:8080"), "HTTPS_PROXY"),
}  # fmt: skip


@pytest.mark.parametrize("name", WIDER)
def test_a_limit_that_was_loosened_is_put_back(name: str, tmp_path: Path) -> None:
    client, change = WIDER[name]
    body = written(tmp_path, client, change)
    before = body.context().our_entries[0]
    assert (bool(before.drift and before.drift.wider), bool(before.drift and before.drift.takeover)) == (True, False)
    body.repair()
    assert body.context().our_entries[0].drift is None


def test_what_is_told_of_it_is_as_it_stands_there(tmp_path: Path) -> None:
    body = written(tmp_path, "cursor", lambda _: {"headers": None, "other": True, "url": f"{PINNED}&key={OTHER_KEY}"})
    drift = body.context().our_entries[0].drift
    assert drift is not None
    told = " ".join(drift.changes)
    assert "`headers` is new: `null`" in told
    assert "`other` is new: `true`" in told
    assert "key=…" in told


@pytest.mark.parametrize("name", FINE)
def test_what_works_is_only_mentioned(name: str, tmp_path: Path) -> None:
    client, change, says = FINE[name]
    body = written(tmp_path, client, change)
    body.rows = CHECKS[:24]
    (check,) = [check for check in body.checks() if check.id == f"client.{client}.entry"]
    assert (check.status, check.data["changed"], says in check.title) == ("ok", True, True), check
    assert [leak for leak in (KEY, OTHER_KEY) if leak in str(check._asdict())] == []
    before = body.contents()
    body.repair()
    assert body.contents() == before


def test_a_tighter_limit_of_a_person_stays_when_another_is_put_back(tmp_path: Path) -> None:
    body = written(tmp_path, "cursor", lambda _: {"url": f"{HOSTED}?features=flags&readonly=true&mode=tools"})
    body.repair()
    assert body.entry("cursor")["url"] == f"{HOSTED}?project_id=1&features=flags&readonly=true&mode=tools"
