"""What can be wrong with the keys in entries."""

from __future__ import annotations

from typing import Any

from posthog_wizard.clients.documented import PLACEHOLDER
from posthog_wizard.model import Secret
from tests.support.git_index import track
from tests.support.machines import KEY
from tests.support.patients import SIX, Body, Fault, both
from tests.support.program import OTHER_KEY, PROJECT_KEY

OLD_KEY = "Qw3rTy8Ui0pAs5dFgH2jKl9ZxCv7bNm1"


def holds(body: Body, key: str, client: str = "cursor", known: str | None = None) -> None:
    """The client's entry holds this; our own commands find `known` in the environment."""
    body.change(client, headers={"Authorization": f"Bearer {key}"})
    body.environment |= {"POSTHOG_PERSONAL_API_KEY": known} if known else {}


def key(name: str, check_id: str, text: str, *, known: str | None = None, client: str = "cursor", **more: Any) -> Fault:
    """A key that is none; it is mended when our own commands have one."""
    return Fault(
        name,
        lambda body: holds(body, text, client, known),
        {check_id: "fail", **more},
        () if known else (check_id, *more),
    )


def shared(body: Body, *ids: str) -> None:
    """The same entries in the project's files."""
    body.folder, body.scope = "home/project", "project"
    body.add(*ids, key=Secret(KEY), scope="project")


def rotated(body: Body) -> None:
    """The old key was replaced in one client only."""
    body.add(*SIX, key=Secret(OTHER_KEY))
    body.add("cursor", key=Secret(KEY))


FAULTS = (
    key("the documentation's placeholder", "key.placeholder", PLACEHOLDER),
    key("another placeholder", "key.placeholder", "phx_your_key_here"),
    key("a placeholder, and a key is known", "key.placeholder", "<YOUR_API_KEY>", known=KEY),
    key(
        "a placeholder in Claude Code",
        "key.placeholder",
        PLACEHOLDER,
        client="claude-code",
        **{"client.claude-code.oauth": "warn"},
    ),
    key("a project key", "key.kind", PROJECT_KEY),
    key("a project key, and a key is known", "key.kind", PROJECT_KEY, known=KEY),
    key("a shortened key", "key.kind", "phx_MIof...Jt0B"),
    key("an old key for the hosted server", "key.kind", OLD_KEY),
    key("a key of another service", "key.kind", "ghp_zK4mW9xQ2vB7nR5tLp3s"),
    Fault("two keys", lambda body: holds(body, OTHER_KEY), {"key.same": "warn"}, ("key.same",)),
    Fault("two keys, and one is known", lambda body: holds(body, OTHER_KEY, known=KEY), {"key.same": "warn"}),
    Fault("an old key after a rotation", rotated, {"key.rotated": "warn", "key.same": "warn"}),
    Fault(
        "a key in a project's file",
        lambda body: shared(body, "cursor", "vscode"),
        {"key.project": "warn"},
        ("key.project",),
    ),
    Fault(
        "a key in a file that git tracks",
        both(
            lambda body: shared(body, "claude-code"),
            lambda body: track(body.root / "home/project", "README.md", ".mcp.json"),
        ),
        {"key.project": "warn", "key.tracked": "fail"},
        ("key.project", "key.tracked"),
    ),
    Fault(
        "a key that git tracks and that a variable holds, too",
        both(
            lambda body: shared(body, "claude-code"),
            lambda body: track(body.root / "home/project", ".mcp.json"),
            lambda body: body.environment.update({"POSTHOG_PERSONAL_API_KEY": KEY}),
        ),
        {"key.project": "warn", "key.tracked": "fail"},
    ),
    Fault(
        "dotfiles in git",
        lambda body: track(body.root / "home", ".cursor/mcp.json"),
        {"key.tracked": "fail"},
        ("key.tracked",),
    ),
    Fault("a file that others can read", lambda body: body.path("zed").chmod(0o644), {"key.exposed": "warn"}),
    Fault("a file that the group can read", lambda body: body.path("cursor").chmod(0o640), {"key.exposed": "warn"}),
)
