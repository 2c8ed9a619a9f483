"""What can be wrong with what an entry refers to: variables, questions, commands."""

from __future__ import annotations

from typing import Any

from posthog_wizard.clients.entries import PROMPT_ID
from posthog_wizard.model import EnvironmentReference
from tests.support.doctor_contexts import HOSTED, Body, Fault, both
from tests.support.machines import KEY

NAME = "MY_POSTHOG_KEY"
SESSION = f"home/.config/environment.d/posthog.conf={NAME}={KEY}"


def refers(body: Body, client: str, text: str, *, here: bool = False, session: bool = False) -> None:
    """The entry holds this text in place of a key; the variable is set in this shell, and for the session."""
    field, name = ("env", "POSTHOG_AUTH_HEADER") if client == "claude-desktop" else ("headers", "Authorization")
    body.change(client, **{field: {name: f"Bearer {text}"}})
    body.environment |= {NAME: KEY} if here or session else {}
    body.lay(*((SESSION,) if session else ()))


def asks(body: Body, input_id: str) -> None:
    """VS Code shall ask, but the file does not say what."""
    body.change("vscode", headers={"Authorization": f"Bearer ${{input:{input_id}}}"})


def starts(body: Body, client: str, *words: str) -> None:
    """Our program, by a name that is looked for."""
    command, *arguments = words
    body.change(client, command=command, args=[*arguments, "mcp", "bridge", "--url", HOSTED])


def fault(name: str, seed: Any, check_id: str, *left: str, **more: Any) -> Fault:
    """One finding that fails, mended unless it is left."""
    return Fault(name, seed, {check_id: "fail"}, left, **more)


def shared_name(body: Body) -> None:
    """A project's file, which names no path; the shell finds the program, the desktop does not."""
    body.folder, body.scope = "home/project", "project"
    body.lay("bin/posthog-wizard!", "home/project/.cursor/")
    body.put("cursor", {"command": "posthog-wizard", "args": ["mcp", "bridge"]}, scope="project")
    body.put("cursor", {"command": "posthog-wizard", "args": ["mcp", "bridge"]})


def not_trusted(body: Body, *files: str) -> None:
    """A project's file of Codex, and what Codex says of its folder."""
    body.folder, body.scope = "home/project", "project"
    body.lay("home/project/.git/", "home/project/.codex/", *files)
    body.add("codex", key=EnvironmentReference(NAME), scope="project")
    body.environment[NAME] = KEY


def not_approved(body: Body, *files: str) -> None:
    """A project's file of Qwen Code, and what Qwen Code says of its entries."""
    body.folder, body.scope = "home/project", "project"
    body.lay("home/project/.git/", "home/project/.qwen/", "home/.qwen/", *files)
    body.add("qwen-code", key=EnvironmentReference(NAME), scope="project")
    body.environment[NAME] = KEY


def approvals(body: Body, name: str, status: str = "approved") -> str:
    """Qwen Code's file of approvals."""
    return f'home/.qwen/mcpApprovals.json={{"{body.root}/home/project": {{"{name}": {{"hash": "0", "status": "{status}"}}}}}}'


TRUST = "client.codex.trust"
APPROVED = "client.qwen-code.trust"
CURSOR_COMMAND = "client.cursor.command"
CODE, CURSOR = "client.claude-code.environment", "client.cursor.environment"
OAUTH = "client.claude-code.oauth"
BARE = "client.claude-desktop.command"
FAULTS = (
    Fault("an entry that Qwen Code has not been told of", not_approved, {APPROVED: "warn"}, (APPROVED,)),
    Fault(
        "an entry that Qwen Code was told to leave",
        lambda body: not_approved(body, approvals(body, "posthog", "rejected")),
        {APPROVED: "warn"},
        (APPROVED,),
    ),
    Fault(
        "another entry that Qwen Code knows",
        lambda body: not_approved(body, approvals(body, "other")),
        {APPROVED: "warn"},
        (APPROVED,),
    ),
    Fault(
        "a folder of which Codex does not know",
        lambda body: not_trusted(body, "home/.codex/"),
        {TRUST: "warn"},
        (TRUST,),
    ),
    Fault(
        "a folder that Codex does not trust",
        lambda body: not_trusted(body, 'home/.codex/config.toml=projects."/x".trust_level = "untrusted"\n'),
        {TRUST: "warn"},
        (TRUST,),
    ),
    Fault(
        "not set, in a terminal",
        lambda body: refers(body, "claude-code", f"${{{NAME}}}"),
        {CODE: "fail", OAUTH: "warn"},
        (CODE, OAUTH),
    ),
    fault("not set, for the desktop", lambda body: refers(body, "cursor", f"${{env:{NAME}}}"), CURSOR, CURSOR),
    Fault(
        "set in the shell only",
        lambda body: refers(body, "cursor", f"${{env:{NAME}}}", here=True),
        {CURSOR: "warn"},
        (CURSOR,),
    ),
    Fault(
        "set in the shell only, on a Mac",
        lambda body: refers(body, "windsurf", f"${{env:{NAME}}}", here=True),
        {"client.windsurf.environment": "warn"},
        ("client.windsurf.environment",),
        os="mac",
    ),
    Fault(
        "set in PowerShell's profile only",
        both(
            lambda body: refers(body, "cursor", f"${{env:{NAME}}}", here=True),
            lambda body: body.lay(f"home/Documents/PowerShell/profile.ps1=$env:{NAME} = '{KEY}'"),
        ),
        {CURSOR: "warn"},
        (CURSOR,),
        os="windows",
    ),
    Fault(
        "not set, in a field of its own",
        lambda body: body.add("codex", key=EnvironmentReference(NAME)),
        {"client.codex.environment": "fail"},
        ("client.codex.environment",),
    ),
    fault("Claude's syntax in Cursor", lambda body: refers(body, "cursor", f"${{{NAME}}}", session=True), CURSOR),
    fault("OpenCode's syntax in Cursor", lambda body: refers(body, "cursor", f"{{env:{NAME}}}", session=True), CURSOR),
    Fault(
        "Cursor's syntax in Claude Code",
        lambda body: refers(body, "claude-code", f"${{env:{NAME}}}", here=True),
        {CODE: "fail", OAUTH: "warn"},
    ),
    Fault(
        "a variable in Zed, which knows none",
        lambda body: refers(body, "zed", f"${NAME}"),
        {"client.zed.environment": "fail", "client.zed.oauth": "warn"},
        ("client.zed.environment", "client.zed.oauth"),
    ),
    fault(
        "a variable in Claude Desktop, which knows none",
        lambda body: refers(body, "claude-desktop", f"${{{NAME}}}", here=True),
        "client.claude-desktop.environment",
        "client.claude-desktop.environment",
    ),
    fault("VS Code's question in Cursor", lambda body: refers(body, "cursor", "${input:key}"), CURSOR, CURSOR),
    fault("a question that is not defined", lambda body: asks(body, PROMPT_ID), "client.vscode.question"),
    fault("a question of another name", lambda body: asks(body, "my-key"), "client.vscode.question"),
    fault("a bare name", lambda body: starts(body, "claude-desktop", "posthog-wizard"), BARE),
    fault(
        "a bare name that only the shell finds",
        both(
            lambda body: body.lay("bin/posthog-wizard!"), lambda body: starts(body, "claude-desktop", "posthog-wizard")
        ),
        BARE,
        os="mac",
    ),
    fault("through uvx, which is gone", lambda body: starts(body, "claude-desktop", "uvx", "posthog-wizard"), BARE),
    fault("a shared name that the desktop does not find", shared_name, CURSOR_COMMAND, CURSOR_COMMAND),
    Fault(
        "an empty header",
        lambda body: refers(body, "claude-code", ""),
        {OAUTH: "warn", "key.placeholder": "fail"},
    ),
)
