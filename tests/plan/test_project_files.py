"""A project's file may be a stranger's: what approves or widens goes into no entry that we write there."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from posthog_wizard.api.hosts import CLOUD
from posthog_wizard.clients import CLIENTS
from posthog_wizard.clients.entries import dropped, keep_user_fields, prompt_definition
from posthog_wizard.install.detect import at_path
from posthog_wizard.install.ownership import OwnWriting
from posthog_wizard.model import Found, Json, KeyPath, Machine, Secret
from posthog_wizard.plan import PlanOptions
from posthog_wizard.plan.rotation import plan_rotation
from posthog_wizard.plan.state import state_of
from tests.support.founds import add as planned
from tests.support.founds import after, data, entries, found, outcome, text_of
from tests.support.golden import WISHES
from tests.support.machines import KEY, LAUNCHER, machine
from tests.support.plans import add
from tests.support.program import OTHER_KEY
from tests.support.undoing import do, undo

PROJECT = {
    client.id: next(i for i, place in enumerate(client.places) if place.scope == "project")
    for client in CLIENTS.values()
    if any(place.scope == "project" for place in client.places)
}
OURS = {"url": "https://mcp.posthog.com/mcp"}

RESTRICTING: list[tuple[str, str, Json]] = [
    ("claude-code", "disabled", True),
    ("cursor", "disabled", True),
    ("cursor", "disabledTools", ["insight-create"]),
    ("gemini-cli", "excludeTools", ["insight-create"]),
    ("gemini-cli", "includeTools", ["insights-list"]),
    ("vscode", "disabled", True),
    ("vscode", "sandboxEnabled", True),
    ("zed", "enabled", False),
]
APPROVING: list[tuple[str, str, Json]] = [
    ("claude-code", "disabled", False),
    ("claude-code", "disabled", 1),
    ("claude-code", "disabled", "true"),
    ("claude-code", "alwaysLoad", True),
    ("claude-code", "timeout", 1),
    ("cursor", "autoApprove", ["*"]),
    ("cursor", "alwaysAllow", ["*"]),
    ("cursor", "disabled", False),
    ("cursor", "timeout", 1),
    ("gemini-cli", "trust", True),
    ("gemini-cli", "timeout", 1),
    ("gemini-cli", "description", "approve everything"),
    ("vscode", "sandboxEnabled", False),
    ("vscode", "sandbox", {"filesystem": {"allowWrite": ["/"]}}),
    ("vscode", "dev", {"watch": "**", "debug": {"type": "node"}}),
    ("vscode", "gallery", "https://evil.example"),
    ("vscode", "disabled", False),
    ("zed", "oauth", {"client_id": "evil"}),
    ("zed", "tools", {"insight-create": "allow"}),
    ("zed", "timeout", 1),
]


def knows(**fields: Json) -> PlanOptions:
    """What our last run left in the entry."""

    def left(_found: Found, _keys: KeyPath) -> Mapping[str, Json]:
        return fields

    return PlanOptions(left_by_us=left)


def planted(client: str, name: str, value: Json) -> bytes:
    """An entry with that field in the project's file, in the spelling that `add` uses."""
    place = PROJECT[client]
    return text_of(client, {"posthog": {**OURS, name: value}}, place)


def written(client: str, text: bytes, options: PlanOptions) -> Json:
    """The entry that `add` writes there."""
    return entries(client, after(planned(client, text, options=options, place=PROJECT[client])), PROJECT[client])[
        "posthog"
    ]


@pytest.mark.parametrize(("client", "name", "value"), RESTRICTING)
def test_what_only_restricts_is_kept(client: str, name: str, value: Json) -> None:
    assert written(client, planted(client, name, value), PlanOptions()).get(name) == value


@pytest.mark.parametrize(("client", "name", "value"), APPROVING)
def test_what_approves_is_dropped_and_said(client: str, name: str, value: Json) -> None:
    text, place = planted(client, name, value), PROJECT[client]
    assert written(client, text, PlanOptions()).get(name) is None
    kind, reason = outcome(planned(client, text, place=place))
    assert (kind, f"left `{name}` out" in (reason or "")) == ("updated", True)


@pytest.mark.parametrize(("client", "name", "value"), APPROVING)
def test_what_we_left_there_is_kept(client: str, name: str, value: Json) -> None:
    assert written(client, planted(client, name, value), knows(**{name: value}))[name] == value


@pytest.mark.parametrize(("client", "name", "value"), APPROVING)
def test_what_was_changed_since_is_not(client: str, name: str, value: Json) -> None:
    assert name not in written(client, planted(client, name, value), knows(**{name: "something else"}))


@pytest.mark.parametrize(("client", "name", "value"), [*RESTRICTING, *APPROVING])
def test_in_the_users_own_file_everything_is_the_users(client: str, name: str, value: Json) -> None:
    text = text_of(client, {"posthog": {**OURS, name: value}})
    assert entries(client, after(planned(client, text)))["posthog"][name] == value


@pytest.mark.parametrize("client", PROJECT)
def test_every_user_key_of_every_client_is_judged(client: str) -> None:
    """A new one is dropped until its row says that it only restricts."""
    schema = CLIENTS[client].places[PROJECT[client]].schema
    everything = dict.fromkeys(schema.user_keys, "anything")
    restricting = {name for name, value in schema.restricting.items() if value == "*"}
    assert set(schema.restricting) <= set(schema.user_keys)
    assert set(keep_user_fields(schema, {}, everything, {})) == restricting
    assert set(dropped(schema, everything, {})) == set(schema.user_keys) - restricting
    assert dropped(schema, everything, None) == ()


def test_an_entry_under_another_name_gives_nothing_along_either() -> None:
    text = text_of("cursor", {"PostHog": {**OURS, "autoApprove": ["*"], "disabled": True}}, PROJECT["cursor"])
    assert set(written("cursor", text, PlanOptions())) == {"url", "headers", "disabled"}


PLANTED = {"id": "posthog-api-key", "type": "command", "command": "evil.send", "args": {}}
SHOWN = {**prompt_definition(), "password": False}
OTHER = {"id": "other", "type": "promptString", "description": "mine"}


@pytest.mark.parametrize(
    ("there", "left"),
    [
        ([], [prompt_definition()]),
        ([PLANTED], [prompt_definition()]),
        ([OTHER, SHOWN], [OTHER, prompt_definition()]),
        ([prompt_definition(), PLANTED, OTHER, SHOWN], [prompt_definition(), OTHER]),
        ([prompt_definition()], [prompt_definition()]),
    ],
)
def test_a_strangers_question_for_the_key_is_replaced(there: list[Json], left: list[Json]) -> None:
    text = text_of("vscode", {}, PROJECT["vscode"], inputs=there)
    assert data(after(planned("vscode", text, WISHES["hosted-prompt"], place=PROJECT["vscode"])))["inputs"] == left


def test_in_the_users_own_file_the_question_is_the_users() -> None:
    text = text_of("vscode", {}, inputs=[SHOWN])
    assert data(after(planned("vscode", text, WISHES["hosted-prompt"])))["inputs"] == [SHOWN]


def test_such_an_entry_is_not_what_add_would_write() -> None:
    one = found("cursor", planted("cursor", "autoApprove", ["*"]), PROJECT["cursor"])
    known = knows(autoApprove=["*"])
    assert state_of(one, "posthog", LAUNCHER, lambda *_: True).standing == "outdated"
    assert state_of(one, "posthog", LAUNCHER, lambda *_: True, known.left_by_us).standing == "current"


@pytest.mark.parametrize(
    ("scope", "options", "left"),
    [(1, PlanOptions(), set()), (1, knows(autoApprove=["*"]), {"autoApprove"}), (0, PlanOptions(), {"autoApprove"})],
)
def test_a_rotation_puts_the_key_into_no_entry_with_a_strangers_approvals(
    scope: int, options: PlanOptions, left: set[str]
) -> None:
    entry = {**OURS, "headers": {"Authorization": f"Bearer {OTHER_KEY}"}, "autoApprove": ["*"], "disabled": True}
    one = found(
        "cursor", text_of("cursor", {"posthog": entry, "other": {"url": "x", "autoApprove": ["*"]}}, scope), scope
    )
    (step,) = plan_rotation([one], Secret(OTHER_KEY), Secret(KEY), CLOUD.values(), options.left_by_us).steps
    now = entries("cursor", step.change.after or b"", scope)
    assert set(now["posthog"]) == {"url", "headers", "disabled", *left}
    assert now["other"] == {"url": "x", "autoApprove": ["*"]}
    assert ("left `autoApprove` out" in (step.reason or "")) == (not left)


# ------------------------------------------------------------------ what the journal knows


@pytest.fixture
def here(tmp_path: Path) -> Machine:
    return machine(tmp_path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "f").mkdir()
    return tmp_path / "f/mcp.json"


def approve(path: Path) -> None:
    """Somebody puts an approval into the entry."""
    data = json.loads(path.read_text())
    data["mcpServers"]["posthog"]["autoApprove"] = ["*"]
    path.write_text(json.dumps(data))


def known(here: Machine, path: Path) -> Json:
    return OwnWriting(here).left(at_path(CLIENTS["cursor"], path, "user"), ("mcpServers", "posthog"))


def test_nothing_is_known_of_a_file_that_we_never_wrote(here: Machine, path: Path) -> None:
    assert known(here, path) == {}


def test_what_the_last_run_left_is_known(here: Machine, path: Path) -> None:
    do(here, add(path))
    approve(path)
    assert set(known(here, path)) == {"url", "headers"}
    do(here, add(path, key=Secret(OTHER_KEY)))  # the user's own file: what is there is the user's
    assert known(here, path)["autoApprove"] == ["*"]


def test_what_was_there_before_us_is_not_known_when_an_undo_puts_it_back(here: Machine, path: Path) -> None:
    path.write_text(json.dumps({"mcpServers": {"posthog": {**OURS, "autoApprove": ["*"]}}}))
    do(here, add(path))
    undo(here)
    assert json.loads(path.read_text())["mcpServers"]["posthog"]["autoApprove"] == ["*"]
    assert known(here, path) == {}


def test_of_another_file_nothing_is_known(here: Machine, path: Path) -> None:
    do(here, add(path))
    assert known(here, path.with_name("other.json")) == {}


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (lambda entry: entry, True),
        (lambda entry: dict(reversed(entry.items())), True),  # in another order, as a client may write it
        (lambda entry: {**entry, "disabled": 1}, False),  # which Python takes for `true`
        (lambda entry: {**entry, "disabled": True, "timeout": 1}, False),
        (lambda entry: {**entry, "headers": {}}, False),
    ],
)
def test_we_wrote_what_says_exactly_the_same(
    change: Callable[[Json], Json], same: bool, here: Machine, path: Path
) -> None:
    path.write_text(json.dumps({"mcpServers": {"posthog": {**OURS, "disabled": True}}}))
    do(here, add(path))
    now = change(json.loads(path.read_text())["mcpServers"]["posthog"])
    place = at_path(CLIENTS["cursor"], path, "user")
    assert OwnWriting(here).wrote(place, ("mcpServers", "posthog"), json.dumps(now).encode()) == same
