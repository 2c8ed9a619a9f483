"""What is in order raises no finding: doctor cries wolf at none of these."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from posthog_wizard.clients.entries import PROMPT_ID
from posthog_wizard.doctor.checks import OFFLINE
from posthog_wizard.doctor.runner import turns_of
from posthog_wizard.install.apply import apply
from posthog_wizard.install.disk import this_disk
from posthog_wizard.install.history import read_history
from posthog_wizard.model import EnvironmentReference, Limits, OperatingSystem, Prompted, Secret
from posthog_wizard.plan import PlanOptions, plan_remove
from tests.doctor.faults import FAULTS
from tests.doctor.faults_environment import approvals, not_approved, not_trusted
from tests.support.doctor_contexts import HOSTED, SIX, Body, both, healthy
from tests.support.git_index import track
from tests.support.machines import KEY

NAME = "MY_POSTHOG_KEY"
HTTP = ("claude-code", "cursor", "vscode", "windsurf", "zed")
SELF_HOSTED = "https://posthog.example.com"
PROXIED = {
    "url": f"{SELF_HOSTED}/api/projects/1/mcp_server_installations/7/proxy/",
    "headers": {"Authorization": f"Bearer {KEY}"},
}
STRANGER = {
    "command": "npx",
    "args": ["-y", "some-server", "--token", "zK4mW9xQ2vB7nR5t"],
    "env": {"API_KEY": "zK4mW9xQ2vB7nR5t"},
}


def refers(*clients: str) -> Callable[[Body], object]:
    """Entries that read the key from a variable."""
    return lambda body: body.add(*clients, key=EnvironmentReference(NAME))


def variable(body: Body) -> None:
    """Set here and for the session."""
    body.environment[NAME] = KEY
    body.lay(f"home/.profile=export {NAME}='{KEY}'\n")


def stored(body: Body) -> None:
    """Entries that start the bridge, which finds the key in the store."""
    words = {"command": body.launcher[0], "args": ["mcp", "bridge", "--url", HOSTED]}
    body.put("cursor", words)
    body.put("claude-desktop", words)


def removed(body: Body) -> None:
    """Taken out by `mcp remove`."""
    plan = plan_remove([body.found("cursor")], "posthog", PlanOptions())
    apply(plan, body.machine, command="mcp remove")


def other_installation(body: Body) -> None:
    """This program is a second one; the one that the entries start is as it was."""
    body.lay("new/bin/posthog-wizard!")
    body.launcher = (str(body.root / "new/bin/posthog-wizard"),)


def undone(body: Body) -> None:
    """Added a second time under another name, and that taken back."""
    body.add("cursor", key=Secret(KEY), name="second")
    body.undo(read_history(body.machine, this_disk()).last().change_id)


def prefixed(client: str, before: bytes) -> Callable[[Body], None]:
    """The client's file with something in front."""
    return lambda body: body.text(client, before + body.path(client).read_bytes())


def shared(body: Body) -> None:
    """The project has the same entries, without keys."""
    body.folder = "home/project"
    body.add("claude-code", "cursor", key=None, scope="project")
    body.add("claude-code", "cursor", key=None)


def gemini(field: str, header: str) -> Callable[[Body], None]:
    """Gemini CLI, configured by hand."""
    entry = {field: HOSTED, "headers": {"Authorization": header}}
    text = json.dumps({"mcpServers": {"posthog": entry}})
    return both(
        lambda body: body.lay("home/.gemini/projects.json={}"),
        lambda body: body.text("gemini-cli", text),
        lambda body: body.environment.update({NAME: KEY}),
    )


SANDBOX = "phx_sandbox_leafline_0000000000000000"  # counts with --well-known-keys alone
ROWS: dict[str, Callable[[Body], object]] = {
    "as mcp add leaves it": lambda _: None,
    "signed in": lambda body: body.add(*HTTP, key=None),
    "a variable in the terminal": both(refers("claude-code"), variable),
    "a date beside the entry's fields": lambda body: body.text(
        "codex",
        f'[mcp_servers.posthog]\nurl = "{HOSTED}"\nhttp_headers = {{ Authorization = "Bearer {KEY}" }}\nsince = 2026-01-01\n',
    ),
    "a variable in a field of its own": both(refers("codex"), variable),
    "a folder that Codex trusts": lambda body: not_trusted(
        body, f'home/.codex/config.toml=projects."{body.root}/home/project".trust_level = "trusted"\n'
    ),
    "an entry that Qwen Code approved": lambda body: not_approved(body, approvals(body, "posthog")),
    "a variable for the desktop": both(refers("cursor", "windsurf"), variable),
    "a variable that VS Code reads from the shell": both(
        refers("vscode"), lambda body: body.environment.update({NAME: KEY})
    ),
    "a variable with a default": lambda body: body.change(
        "claude-code", headers={"Authorization": f"Bearer ${{{NAME}:-{KEY}}}"}
    ),
    "VS Code asks": lambda body: body.add("vscode", key=Prompted(PROMPT_ID)),
    "our own server": lambda body: body.add(*SIX, key=Secret(KEY), kind="local", address=SELF_HOSTED),
    "a documented key of the sandbox, which is no secret, where others can read it": both(
        lambda body: body.add(*SIX, key=Secret(SANDBOX), kind="local", address=SELF_HOSTED),
        lambda body: body.path("zed").chmod(0o644),
    ),
    "the key is in the store": stored,
    "a bare name in the terminal": both(
        lambda body: body.lay("bin/posthog-wizard!"),
        lambda body: body.put("claude-code", {"type": "stdio", "command": "posthog-wizard", "args": ["mcp", "bridge"]}),
    ),
    "Gemini's other field": gemini("httpUrl", "Bearer $MY_POSTHOG_KEY"),
    "Gemini's usual field": gemini("url", "Bearer ${MY_POSTHOG_KEY}"),
    "two projects": both(
        lambda body: body.add("cursor", key=Secret(KEY), limits=Limits(project="1")),
        lambda body: body.add("cursor", key=Secret(KEY), limits=Limits(project="2"), name="posthog-two"),
    ),
    "a second name, on purpose": lambda body: body.add(
        "zed", key=Secret(KEY), kind="local", address=SELF_HOSTED, name="own"
    ),
    "VS Code without type": lambda body: body.change("vscode", "type"),
    "VS Code's disabled, which it does not read": lambda body: body.change("vscode", disabled=True),
    "Claude Code's other type": lambda body: body.change("claude-code", type="streamable-http"),
    "fields of the user's": lambda body: body.change("cursor", timeout=60, autoApprove=["query-run"], note="mine"),
    "a comment in VS Code": prefixed("vscode", b"// mine\n"),
    "a comment in Zed": prefixed("zed", b"// mine\n"),
    "a mark in VS Code": prefixed("vscode", b"\xef\xbb\xbf"),
    "a mark in Claude Code": prefixed("claude-code", b"\xef\xbb\xbf"),
    "a stranger with secrets": lambda body: body.put("cursor", STRANGER, "stranger"),
    "two strangers of one name": lambda body: body.text(
        "windsurf",
        body.path("windsurf")
        .read_bytes()
        .replace(b'"mcpServers": {', b'"mcpServers": {"x": {"command": "a"}, "x": {"command": "b"},'),
    ),
    "an installed server": lambda body: body.put("cursor", PROXIED, "linear"),
    "Claude Code's plugin, switched off": lambda body: body.lay(
        'home/.claude/settings.json={"enabledPlugins": {"posthog@posthog": false}}'
    ),
    "Claude Code's settings are broken": lambda body: body.lay("home/.claude/settings.json={"),
    "the same in the project": shared,
    "a broken file in the project": both(
        lambda body: setattr(body, "folder", "home/project"), lambda body: body.lay("home/project/.mcp.json={")
    ),
    "readable, in a closed home": both(
        lambda body: body.path("cursor").chmod(0o644), lambda body: (body.root / "home").chmod(0o700)
    ),
    "git tracks other files": lambda body: track(body.root / "home", ".bashrc", ".cursor/mcp.json.example"),
    "a repository that cannot be read": both(
        lambda body: track(body.root / "home"), lambda body: body.lay("home/.git/index=garbage")
    ),
    "removed": removed,
    "removed, and an installed server added since": both(
        removed,
        lambda body: body.add("cursor", key=Secret(KEY), name="linear", kind="installation", address=PROXIED["url"]),
    ),
    "undone": undone,
    "started by another installation, which works": other_installation,
    "one client only": lambda body: setattr(body, "named", ("cursor",)),
    "Devin Desktop too": both(
        lambda body: body.lay("home/.config/devin/"), lambda body: body.add("windsurf", key=Secret(KEY))
    ),
    "an empty file beside": lambda body: body.lay("home/.codeium/windsurf-next/mcp_config.json="),
    "the keys of an application": lambda body: body.environment.update({"POSTHOG_API_KEY": "phc_zK4mW9xQ2vB7nR5t"}),
}


@pytest.mark.parametrize("name", ROWS)
def test_nothing_is_found_where_nothing_is_wrong(name: str, public: Path) -> None:
    body = healthy(public)
    ROWS[name](body)
    assert body.findings() == {}


@pytest.mark.parametrize("system", ["linux", "mac", "windows"])
def test_a_healthy_machine_has_no_finding_and_each_client_a_check(system: OperatingSystem, public: Path) -> None:
    body = healthy(public, system)
    assert body.findings() == {}
    assert {check.id.split(".")[1] for check in body.checks() if check.status == "ok"} >= set(SIX)


def test_a_repair_of_what_is_in_order_changes_nothing(public: Path) -> None:
    body = healthy(public)
    before = body.contents()
    assert body.repair() is None
    assert body.contents() == before
    assert json.loads(body.path("cursor").read_text())["mcpServers"]["posthog"]["url"] == HOSTED


CLEARS = dict.fromkeys(
    (
        *("version", "python", "state", "entries"),
        *("placeholder", "kind", "same", "rotated", "project", "tracked", "exposed", "leftover"),
        *("detected", "config", "entry", "enabled", "shape", "address", "place", "second", "shadowed", "oauth"),
    ),
    "as mcp add leaves it",
) | {
    "environment": "a variable for the desktop",
    "question": "VS Code asks",
    "command": "a bare name in the terminal",
    "trust": "a folder that Codex trusts",
}
"""The last part of each id, and a row in which it is in order."""


@pytest.mark.parametrize("check", CLEARS)
def test_every_check_clears(check: str, public: Path) -> None:
    body = healthy(public)
    ROWS[CLEARS[check]](body)
    assert "ok" in {one.status for one in body.checks() if one.id.endswith(f".{check}")}


def test_every_check_fires(public: Path) -> None:
    context = healthy(public).context()
    known = {task.id.rpartition(".")[2] for turn in turns_of(context, OFFLINE) for task in turn}
    assert known == set(CLEARS)
    assert known <= {check.rpartition(".")[2] for fault in FAULTS for check in fault.fires}
