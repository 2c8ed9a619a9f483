"""What can be wrong with the keys in entries."""

from __future__ import annotations

from collections.abc import Callable

from posthog_wizard.clients.posthog_docs import PLACEHOLDER
from posthog_wizard.doctor.check import Status
from posthog_wizard.model import Secret
from posthog_wizard.own_files import temporary_name
from posthog_wizard.sandbox.api.known_keys import SANDBOX_KEY_PREFIX, made
from tests.doctor.faults_entries import forget
from tests.support.access import allow
from tests.support.doctor_contexts import SIX, Body, Fault, both
from tests.support.git_index import track
from tests.support.machines import KEY
from tests.support.program import OTHER_KEY, PROJECT_KEY

LOOPBACK = "http://127.0.0.1:8010"
OLD_KEY = "Qw3rTy8Ui0pAs5dFgH2jKl9ZxCv7bNm1"


def holds(body: Body, key: str, client: str = "cursor", **variables: str) -> None:
    """The client's entry holds this; our own commands find these variables."""
    body.change(client, headers={"Authorization": f"Bearer {key}"})
    body.environment |= variables


def key(name: str, text: str, fires: dict[str, Status], *left: str, client: str = "cursor", **variables: str) -> Fault:
    """A key that is none, and that we did not write; it is mended when our own commands have one."""
    return Fault(name, both(lambda body: holds(body, text, client, **variables), forget), fires, left)


PLACE, KIND, OAUTH = "key.placeholder", "key.kind", "client.claude-code.oauth"
NO_KEY: dict[str, Status] = {PLACE: "fail"}
WRONG: dict[str, Status] = {KIND: "fail"}
KNOWN = {"POSTHOG_PERSONAL_API_KEY": KEY}
ELSEWHERE = {**KNOWN, "POSTHOG_HOST": "https://posthog.example.com"}


def shared(body: Body, *ids: str) -> None:
    """The same entries in the project's files."""
    body.folder, body.scope = "home/project", "project"
    body.add(*ids, key=Secret(KEY), scope="project")


def rotated(body: Body) -> None:
    """The old key was replaced in one client only."""
    body.add(*SIX, key=Secret(OTHER_KEY))
    body.add("cursor", key=Secret(KEY))


def killed(path: str) -> Callable[[Body], None]:
    """A run was killed while it wrote that file, with a key in it."""
    folder, _, name = path.rpartition("/")
    return lambda body: body.lay(f"{folder}/{temporary_name(name)}={KEY}")


FAULTS = (
    Fault("a placeholder where we wrote a key", lambda body: holds(body, PLACEHOLDER), NO_KEY),
    Fault("a project key where we wrote another", lambda body: holds(body, PROJECT_KEY), WRONG),
    key("the documentation's placeholder", PLACEHOLDER, NO_KEY, PLACE),
    key("another placeholder", "phx_your_key_here", NO_KEY, PLACE),
    key("a placeholder, and a key is known", "<YOUR_API_KEY>", NO_KEY, **KNOWN),
    key(
        "a placeholder, and what is known is none", "<KEY>", NO_KEY, PLACE, POSTHOG_PERSONAL_API_KEY="phx_your_key_here"
    ),
    key("a placeholder, and the known key is of another PostHog", "<KEY>", NO_KEY, PLACE, **ELSEWHERE),
    key("a placeholder in Claude Code", PLACEHOLDER, {**NO_KEY, OAUTH: "warn"}, PLACE, OAUTH, client="claude-code"),
    key("a project key", PROJECT_KEY, WRONG, KIND),
    key("a project key, and a key is known", PROJECT_KEY, WRONG, **KNOWN),
    key("a shortened key", "phx_MIof...Jt0B", WRONG, KIND),
    key("an old key for the hosted server", OLD_KEY, WRONG, KIND),
    key("a key of another service", "ghp_zK4mW9xQ2vB7nR5tLp3s", WRONG, KIND),
    key("two keys", OTHER_KEY, {"key.same": "warn"}, "key.same"),
    key("two keys, and one is known", OTHER_KEY, {"key.same": "warn"}, **KNOWN),
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
    Fault(
        "a key among the words of a command, in git",
        both(
            lambda body: body.put(
                "cursor", {"command": body.launcher[0], "args": ["mcp", "bridge", "--header", f"Bearer {KEY}"]}
            ),
            lambda body: track(body.root / "home", ".cursor/mcp.json"),
        ),
        {"key.tracked": "fail", "client.cursor.address": "warn"},
        ("client.cursor.address", "key.tracked"),
    ),
    Fault("a file that others can read", lambda body: body.path("zed").chmod(0o644), {"key.exposed": "warn"}),
    Fault(
        "the key of a sandbox on a port, which other users of this machine can reach",
        both(
            lambda body: body.add(
                "zed", key=Secret(made(SANDBOX_KEY_PREFIX)), kind="local", address=LOOPBACK, name="sandbox"
            ),
            lambda body: body.path("zed").chmod(0o644),
        ),
        {"key.exposed": "warn"},
    ),
    Fault("a file that the group can read", lambda body: body.path("cursor").chmod(0o640), {"key.exposed": "warn"}),
    Fault("a file with an access list", lambda body: allow(body.path("zed")), {"key.exposed": "warn"}),
    *(
        Fault(f"a run was killed while it wrote {name}", killed(name), {"key.leftover": "warn"})
        for name in (
            "config/keys.json",
            "config/config.toml",
            "state/journal/0001-abc.jsonl",
            "state/bug.log",
        )
    ),
    Fault(
        "a renewal was killed, and nobody holds its lock",
        lambda body: body.lay("config/refresh-default.lock"),
        {"key.leftover": "warn"},
    ),
)
