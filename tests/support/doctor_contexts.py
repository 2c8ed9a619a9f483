"""Machines for doctor: every client with a healthy PostHog entry, of which a test then spoils one thing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from posthog_wizard.clients import CLIENTS
from posthog_wizard.doctor.check import Check, CheckRow, Status
from posthog_wizard.doctor.checks import OFFLINE
from posthog_wizard.doctor.collecting import collect
from posthog_wizard.doctor.context import Context, DoctorOptions
from posthog_wizard.doctor.repairs import plan_repairs, prepare_repairs
from posthog_wizard.doctor.runner import run_tasks
from posthog_wizard.documents import jsonc
from posthog_wizard.install.apply import apply
from posthog_wizard.install.detect import detect
from posthog_wizard.install.disk import this_disk
from posthog_wizard.install.history import read_history
from posthog_wizard.install.undo import Undo, plan_undo
from posthog_wizard.model import RELAXED, DesiredServer, Found, Key, Limits, Machine, OperatingSystem, Scope, Secret
from posthog_wizard.plan import PlanOptions, plan_add
from tests.support.machines import KEY, lay, machine

HOSTED = "https://mcp.posthog.com/mcp"
SIX = ("claude-code", "claude-desktop", "cursor", "vscode", "windsurf", "zed")
LAUNCHER = "home/.local/bin/posthog-wizard"


class Body:
    """A machine below `root`, and what is done to it. Files of clients by id: the first place that is found."""

    def __init__(self, root: Path, os: OperatingSystem = "linux") -> None:
        self.root, self.os = root, os
        self.environment: dict[str, str] = {"PATH": "{root}/bin"}
        self.launcher: tuple[str, ...] = (str(root / LAUNCHER),)
        self.temporary: tuple[Path, ...] = ()
        self.folder = "home"
        self.scope: Scope = "user"
        self.named: tuple[str, ...] = ()
        self.python = (3, 11)
        self.rows: tuple[CheckRow, ...] = OFFLINE
        lay(root, f"{LAUNCHER}!", "bin/", "home/project/.git/")

    # ---------------------------------------------------------------- the machine

    @property
    def machine(self) -> Machine:
        """The machine as it is now."""
        return machine(
            self.root,
            self.os,
            launcher=self.launcher,
            temporary=self.temporary,
            folder=self.folder,
            environment=self.environment,
        )

    def lay(self, *paths: str) -> None:
        """Folders, programs and files below the root, as `machines.lay` makes them."""
        lay(self.root, *paths)

    def install(self, *ids: str) -> None:
        """Make the clients' folders."""
        for client in ids:
            self.path(client).parent.mkdir(parents=True, exist_ok=True)
        self.lay("home/.claude/")

    def found(self, client: str, scope: Scope = "user", place: int = 0) -> Found:
        """A place of the client."""
        return detect((CLIENTS[client],), self.machine, scope)[place]

    def path(self, client: str, scope: Scope = "user", place: int = 0) -> Path:
        """The file of that place."""
        return self.found(client, scope, place).path

    # ---------------------------------------------------------------- what stands in the files

    def add(self, *ids: str, key: Key = None, scope: Scope = "user", kind: Any = "hosted", **more: Any) -> str | None:
        """`mcp add`: written by us, and in the journal. The change id."""
        desired = DesiredServer(
            name=more.get("name", "posthog"),
            kind=kind,
            address=more.get("address", HOSTED),
            key=key,
            launcher=self.launcher,
            limits=more.get("limits", Limits()),
        )
        found = detect([CLIENTS[client] for client in ids], self.machine, scope)
        plan = plan_add(found, desired, PlanOptions(keep_twins=True))
        return apply(plan, self.machine, command="mcp add").change_id

    def text(self, client: str, text: str | bytes, scope: Scope = "user", mode: int = 0o600) -> None:
        """That text in the client's file."""
        path = self.path(client, scope)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        path.chmod(mode)

    def data(self, client: str, scope: Scope = "user") -> Any:
        """What the client's file says."""
        content = self.found(client, scope).content
        return jsonc.parse(content, RELAXED).get(())

    def put(self, client: str, value: Any, name: str = "posthog", scope: Scope = "user") -> None:
        """The entry in the client's file; None takes it out."""
        data = self.data(client, scope)
        box = data
        for key in self.found(client, scope).place.container:
            box = box.setdefault(key, {})
        box.pop(name, None)
        box.update({} if value is None else {name: value})
        self.text(client, json.dumps(data, indent=2), scope)

    def entry(self, client: str, scope: Scope = "user") -> Any:
        """The entry `posthog`."""
        data = self.data(client, scope)
        for key in self.found(client, scope).place.container:
            data = data[key]
        return data["posthog"]

    def change(self, client: str, *gone: str, **fields: Any) -> None:
        """The entry with other fields, and without some."""
        value = {**self.entry(client), **fields}
        self.put(client, {name: item for name, item in value.items() if name not in gone})

    # ---------------------------------------------------------------- the visit

    def context(self) -> Context:
        """The machine, admitted."""
        ids = self.named or tuple(CLIENTS)
        options = DoctorOptions(
            tuple(CLIENTS[client] for client in ids),
            named=bool(self.named),
            scope=self.scope,
            offline=True,
        )
        return collect(self.machine, options)._replace(python=self.python)

    def checks(self) -> tuple[Check, ...]:
        """Everything that doctor finds."""
        return run_tasks(self.context(), self.rows)

    def findings(self) -> dict[str, Status]:
        """Id -> status of what is not in order."""
        return findings(self.checks())

    def repair(self, seen: tuple[Check, ...] | None = None) -> str | None:
        """`mcp doctor --fix`, of what was seen just now; the change id."""
        checks = seen or self.checks()
        prepare_repairs(checks)
        return apply(plan_repairs(checks), self.machine, command="mcp doctor --fix").change_id

    def undo(self, change_id: str | None) -> None:
        """`mcp undo`, when there is something to take back."""
        if change_id is None:
            return
        disk = this_disk()
        history = read_history(self.machine, disk)
        plan = plan_undo(Undo(history.find(change_id), self.machine, disk, CLIENTS), history)
        apply(plan, self.machine, command="mcp undo", undoes=change_id)

    def contents(self) -> dict[Path, bytes]:
        """Every file of the home."""
        return {path: path.read_bytes() for path in sorted((self.root / "home").rglob("*")) if path.is_file()}


def both(*seeds: Callable[[Body], object]) -> Callable[[Body], None]:
    """One seed after the other."""

    def seed(body: Body) -> None:
        for one in seeds:
            one(body)

    return seed


def findings(checks: Iterable[Check]) -> dict[str, Status]:
    """Id -> status of the checks that are not in order."""
    return {check.id: check.status for check in checks if check.status in {"warn", "fail"}}


def healthy(root: Path, os: OperatingSystem = "linux", *ids: str) -> Body:
    """All clients here, each with the hosted server and one key, as `mcp add` writes it."""
    body = Body(root, os)
    body.install(*(ids or SIX))
    body.add(*(ids or SIX), key=Secret(KEY))
    return body


class Fault(NamedTuple):
    """One thing that is wrong with a healthy machine, and what doctor says of it."""

    name: str
    seed: Callable[[Body], object]
    fires: Mapping[str, Status]  # exactly these findings, no more
    left: tuple[str, ...] = ()  # the ids that `--fix` does not mend
    os: OperatingSystem = "linux"
    clients: tuple[str, ...] = ()  # those that are there; empty: all six

    def body(self, root: Path) -> Body:
        """The machine with the fault."""
        body = healthy(root, self.os, *self.clients)
        self.seed(body)
        return body
