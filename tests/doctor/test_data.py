"""In order means that data came back: our server before a sandbox on a port, PostHog's own in both modes, others' uncalled."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from posthog_wizard.clients import CLIENTS
from posthog_wizard.doctor.check import Check, Status
from posthog_wizard.doctor.checks import PROBES
from posthog_wizard.doctor.collecting import collect
from posthog_wizard.doctor.context import DoctorOptions
from posthog_wizard.doctor.runner import run_tasks
from posthog_wizard.model import Secret
from posthog_wizard.sandbox.sample import catalog
from tests.support.doctor_contexts import Body
from tests.support.hosted import Hosted
from tests.support.machines import KEY
from tests.support.probes import Trial, examined
from tests.support.program import OTHER_KEY, command, surroundings
from tests.support.sandboxes import lay_data
from tests.support.world import MCP, world

PROGRAM = str(Path(sys.executable).with_name("posthog-wizard"))
CONNECTION = "client.claude-code.connection"
BRIDGE = ("bridge", "--url", f"https://{MCP}/mcp")
HERE = "{sandbox}"


class Row(NamedTuple):
    """An entry, and what its line says."""

    words: tuple[str, ...]
    status: Status = "fail"
    kind: str | None = None
    says: str = ""
    key: str | None = catalog.SAMPLE_KEY
    environment: dict[str, str] = {}  # noqa: RUF012 - never changed


SHELL = ("-c", "exec " + shlex.join([PROGRAM, "mcp", "serve", "--host", HERE]))
DEAD_PROXY = {"HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": ""}
ROWS = {
    "healthy": Row(("serve", "--host", HERE), "ok", says="data came back (`dashboards-get-all`)"),
    "limited": Row(("serve", "--host", HERE, "--features", "flags"), "ok", says="data came back (`feature-flag-get-all`)"),
    "in the entry": Row(("serve", "--sandbox"), "ok", says="data came back", key=None),
    "no key anywhere": Row(("serve", "--host", HERE), kind="no-key", says="the profile `default` holds a key, so each of its calls fails sign in: `posthog-wizard login --host http://", key=None),
    "no key anywhere, over http": Row(("serve", "--host", HERE, "--allow-http"), kind="no-key", says=" --allow-http`, or store a key: `posthog-wizard key set --host", key=None),
    "no key anywhere, by a shell": Row(SHELL, kind="no-key", says="finds no key: `dashboards-get-all` says", key=None),
    "by a shell": Row(SHELL, "ok", says="data came back"),
    "no such profile": Row(("serve", "--host", HERE, "--profile", "eu"), kind="no-key", says="the profile `eu` holds a key, so each of its calls fails sign in: `posthog-wizard login --profile eu --host http://", key=None),
    "a revoked key": Row(("serve", "--host", HERE), kind="refused", says="does not accept the key", key=OTHER_KEY),
    "a project that is gone": Row(("serve", "--host", HERE, "--project", "999"), kind="no-data", says="its project `999` is gone"),
    "a refused port": Row(("serve", "--host", "http://127.0.0.1:9"), kind="connect", says="it refuses connections"),
    "a dead proxy": Row(("serve", "--host", "http://posthog.test", "--allow-http"), kind="connect", says="cannot be reached", environment=DEAD_PROXY),
    "no such feature": Row(("serve", "--host", HERE, "--features", "flag"), kind="crashed", says="`--features`: there is no `flag`"),
}  # fmt: skip


def entry(row: Row, url: str) -> dict[str, Any]:
    """As `mcp add --server local` writes it."""
    held = {"POSTHOG_AUTH_HEADER": f"Bearer {row.key}"} if row.key else {}
    words = [word.replace(HERE, url) for word in row.words]
    command, words = ("/bin/sh", words) if row.words == SHELL else (PROGRAM, ["mcp", *words])
    return {"type": "stdio", "command": command, "args": words, "env": {**held, **row.environment}}


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """Every row examined at once, before a sandbox on a port."""
    root = tmp_path_factory.mktemp("data")
    (root / "home").mkdir()
    lay_data(root / "home")
    words = command(["sandbox", "--well-known-keys", "--json"])
    around = surroundings(root / "home")
    with subprocess.Popen(words, env=around, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as sandbox:
        try:
            url = json.loads((sandbox.stdout or sys.stdin.buffer).readline())["url"]
            entries = {"*": {name: entry(row, url) for name, row in ROWS.items()}}
            yield examined(root, {"claude-code": entries}, timeout=90)
        finally:
            sandbox.terminate()


@pytest.mark.parametrize("name", ROWS)
def test_our_own_server_until_data_came_back(name: str, trial: Trial) -> None:
    (check,) = [check for check in trial.of(CONNECTION) if check.data["entry"] == name]
    row = ROWS[name]
    assert (check.status, check.data.get("kind")) == (row.status, row.kind), check
    assert row.says in f"{check.title} {check.cause} {check.fix}"
    assert bool(check.fix) == (row.status == "fail")


# ------------------------------------------------------------------ PostHog's hosted server

READ_ONLY = {"annotations": {"readOnlyHint": True}}
EXEC = {"name": "exec", "inputSchema": {"type": "object", "required": ["command"]}}
PROJECTS, FLAGS = ({"name": name, **READ_ONLY} for name in ("projects-get", "feature-flag-get-all"))
DATA, REFUSED = (
    {"content": [{"type": "text", "text": text}], "isError": text != "[]"} for text in ("[]", "Not found.")
)
HOSTED: dict[str, tuple[dict[str, Any], Status, str, list[str]]] = {
    "by name": ({"named": (FLAGS, PROJECTS), "data": DATA}, "ok", "data came back (`projects-get`)", ["projects-get"]),
    "not marked": ({"named": ({"name": "projects-get"},), "data": DATA}, "ok", "data came back", ["projects-get"]),
    "marked otherwise": ({"named": ({"name": "projects-get", "annotations": {"readOnlyHint": False}},)}, "ok", "data not proven", []),
    "exec": ({"usual": (EXEC,), "named": (PROJECTS,), "data": DATA}, "ok", "1 tool, about", ["projects-get"]),
    "exec alone": ({"usual": (EXEC,), "named": (EXEC,)}, "ok", "connected; data not proven", []),
    "exec, no data": ({"usual": (EXEC,), "named": (PROJECTS,), "data": REFUSED}, "fail", "`projects-get` says: Not found", ["projects-get"]),
    "limited to a project": ({"named": (PROJECTS, FLAGS), "data": REFUSED}, "fail", "its project `999` is gone", ["feature-flag-get-all"]),
    "nothing harmless": ({}, "ok", "connected; data not proven", []),
}  # fmt: skip
WAYS: dict[str, dict[str, Any]] = {
    "address": {"type": "http", "url": f"https://{MCP}/mcp", "headers": {"Authorization": f"Bearer {KEY}"}},
    "bridge": entry(Row(BRIDGE, key=KEY), ""),
}


def limited(value: dict[str, Any]) -> dict[str, Any]:
    """The entry, limited to a project: in a header, or by a flag."""
    headers, words = value.get("headers"), value.get("args")
    in_header = {"headers": {**headers, "x-posthog-project-id": "999"}} if headers else {}
    return {**value, **in_header, **({"args": [*words, "--project", "999"]} if words else {})}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", HOSTED)
def test_the_hosted_server(name: str, way: str, tmp_path: Path) -> None:
    around, status, says, calls = HOSTED[name]
    with world(tmp_path, **around) as cloud:
        check: Check = examined(
            tmp_path,
            {"claude-code": limited(WAYS[way]) if "limited" in name else WAYS[way]},
            environment=cloud.environment,
        ).one(CONNECTION)
    called = [request.body["params"]["name"] for request in cloud.hosted.requests if b"tools/call" in request.raw]
    assert (check.status, called) == (status, calls), check
    assert says in f"{check.title} {check.cause}"


def test_a_server_behind_an_installation_is_not_called(tmp_path: Path) -> None:
    """Its read-only mark is a claim."""
    proxy = f"https://{MCP}/api/projects/1/mcp_server_installations/i/proxy/"
    with world(tmp_path, named=(PROJECTS,), data=DATA) as cloud:
        way = {**WAYS["address"], "url": proxy}
        check = examined(tmp_path, {"claude-code": way}, environment=cloud.environment, host=f"https://{MCP}").one(
            CONNECTION
        )
    assert (check.status, check.data["proof"]) == ("ok", None), check
    assert [request for request in cloud.hosted.requests if b"tools/call" in request.raw] == []


def test_what_is_called_behind_one_entry_proves_nothing_of_another_that_says_the_same(tmp_path: Path) -> None:
    """A server that the user named with `--mcp-url` is called for the entry that `mcp add` wrote, and for no copy of it."""
    body = Body(tmp_path)
    body.launcher = (PROGRAM,)
    body.install("cursor", "claude-desktop")
    with Hosted(KEY, usual=(PROJECTS,), data=DATA) as server:
        body.add("claude-desktop", key=Secret(KEY), address=server.url)
        body.put("cursor", body.entry("claude-desktop"))
        context = collect(body.machine, DoctorOptions((CLIENTS["cursor"], CLIENTS["claude-desktop"])))
        checks = run_tasks(context, PROBES[:1])
    assert [(check.id, check.data["proof"]) for check in checks] == [
        ("client.cursor.connection", None),
        ("client.claude-desktop.connection", "projects-get"),
    ]


def test_a_colleague_without_a_key_is_told_what_the_entry_lacks(tmp_path: Path) -> None:
    """Who opens a project with such an entry gets no data, whoever wrote it; nothing of it is started to know that."""
    shared = {"type": "stdio", "command": "posthog-wizard", "args": ["mcp", "serve", "--host", "https://posthog.test"]}
    check = examined(tmp_path, {"claude-code": shared}, scope="project").one(CONNECTION)
    assert (check.status, check.data["kind"]) == ("fail", "no-key"), check
    assert "the profile `default` holds a key" in str(check.cause)
    assert "posthog.test" not in str(check.fix)
