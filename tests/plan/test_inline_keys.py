"""Entries whose key stands in the store, and keys that move there out of entries."""

from __future__ import annotations

from typing import Any

import pytest

from posthog_wizard.clients import CLIENTS
from posthog_wizard.clients.entries import read_entry
from posthog_wizard.documents.formats import FORMATS
from posthog_wizard.errors import WizardError
from posthog_wizard.model import DesiredServer, Found, Json, Limits, Plan, Secret, Stored
from posthog_wizard.plan import PlanOptions, plan_add
from posthog_wizard.plan.inline_keys import InlineKey, inline_keys
from posthog_wizard.plan.rotation import plan_migration
from posthog_wizard.plan.servers import SHARED_LAUNCHER
from posthog_wizard.plan.state import EntryState, Standing, state_of
from tests.support.founds import ALONE, EVERY, add, after, entries, found, outcome, remove, step, text_of
from tests.support.golden import HOSTED, SELF_HOSTED, WISHES
from tests.support.machines import KEY, LAUNCHER
from tests.support.program import OTHER_KEY

STORED = WISHES["hosted-store"]
BEARER = {"Authorization": f"Bearer {KEY}"}
ENVIRONMENT = {"POSTHOG_AUTH_HEADER": f"Bearer {KEY}"}
PROGRAM = LAUNCHER[0]
BRIDGE = ["mcp", "bridge", "--url", HOSTED]
INLINE = ("hosted-inline", "hosted-limits", "local-inline", "local-limits")


# ------------------------------------------------------------------ entries without a secret


@pytest.mark.parametrize(("client", "place"), EVERY)
@pytest.mark.parametrize("desired", ["hosted-store", "local-store"])
def test_an_entry_without_a_secret_starts_a_program_in_every_client(client: str, place: int, desired: str) -> None:
    text = after(add(client, None, WISHES[desired], place=place))
    row = CLIENTS[client].places[place]
    entry = FORMATS[row.format].parse(text, row.dialect).get(row.keys_of("posthog"))
    fields = read_entry(row.schema, entry)
    assert (fields.command, fields.url, fields.headers, fields.environment) == (PROGRAM, None, {}, {})
    assert (KEY.encode() in text, "--profile" in fields.words) == (False, desired == "local-store")


@pytest.mark.parametrize(("client", "place"), EVERY)
@pytest.mark.parametrize("inline", INLINE)
def test_an_entry_with_a_key_becomes_one_without_and_is_removed(client: str, place: int, inline: str) -> None:
    old = after(add(client, text_of(client, {}, place), WISHES[inline], place=place))
    new = add(client, old, STORED, place=place)
    kept = STORED._replace(limits=step(new).limits.after or Limits())
    assert outcome(new)[0] == "updated"
    assert entries(client, after(new), place) == entries(client, after(add(client, None, kept, place=place)), place)
    assert outcome(add(client, after(new), STORED, place=place)) == ("unchanged", "the entry is right as it is")
    assert outcome(remove(client, after(new))) == ("removed", None)


def test_what_only_a_remote_entry_understands_is_not_carried_over() -> None:
    users = {"oauth": {"client_id": "x"}, "timeout": 60, "enabled": True}
    text = text_of("zed", {"posthog": {"url": HOSTED, "headers": BEARER, **users}})
    assert entries("zed", after(add("zed", text, STORED)))["posthog"] == {
        "enabled": True,
        "command": PROGRAM,
        "args": BRIDGE,
        "timeout": 60,
    }
    assert entries("zed", after(add("zed", text)))["posthog"]["oauth"] == {"client_id": "x"}


@pytest.mark.parametrize(
    ("place", "command", "environment", "standing"),
    [
        (0, PROGRAM, None, "current"),
        (0, "posthog-wizard", None, "outdated"),  # in the user's own file the path is known
        (1, "posthog-wizard", None, "current"),
        (1, PROGRAM, None, "current"),
        (1, "/elsewhere/posthog-wizard", None, "outdated"),
        (1, "posthog-wizard", ENVIRONMENT, "outdated"),
    ],
)
def test_a_project_s_entry_names_the_program_alone(
    place: int, command: str, environment: Json, standing: Standing
) -> None:
    entry = {"command": command, "args": BRIDGE, **({"env": environment} if environment else {})}
    one = found("cursor", text_of("cursor", {"posthog": entry}), place)
    state = state_of(one, "posthog", LAUNCHER, lambda *_: False)
    assert state == EntryState(standing, "posthog", "stdio", "inline" if environment else "store")


# ------------------------------------------------------------------ which keys stand there


@pytest.mark.parametrize(
    ("entry", "key", "host", "url"),
    [
        ({"url": HOSTED, "headers": BEARER}, KEY, None, None),
        ({"url": HOSTED, "headers": {"Authorization": KEY}}, KEY, None, None),
        ({"url": "http://localhost:8787/mcp", "headers": BEARER}, KEY, None, "http://localhost:8787/mcp"),
        ({"command": PROGRAM, "args": BRIDGE, "env": ENVIRONMENT}, KEY, None, None),
        (
            {"command": PROGRAM, "args": ["mcp", "serve", "--host", SELF_HOSTED], "env": ENVIRONMENT},
            KEY,
            SELF_HOSTED,
            None,
        ),
        ({"command": "npx", "args": ["mcp-remote", f"{HOSTED}/sse"], "env": ENVIRONMENT}, KEY, None, None),
        (
            {"command": "npx", "args": ["mcp-remote", HOSTED, "--header", f"Authorization: Bearer {KEY}"]},
            KEY,
            None,
            None,
        ),
        ({"command": PROGRAM, "args": BRIDGE}, None, None, None),
        ({"url": HOSTED}, None, None, None),
        ({"url": HOSTED, "headers": {"Authorization": "Bearer ${env:POSTHOG_KEY}"}}, None, None, None),
        ({"url": HOSTED, "headers": {"Authorization": "Bearer {INSERT_YOUR_PERSONAL_API_KEY_HERE}"}}, None, None, None),
        ({"command": "node", "args": ["x.js"], "env": ENVIRONMENT}, None, None, None),  # not PostHog's
        ("no entry at all", None, None, None),
    ],
)
def test_keys_in_entries(entry: Json, key: str | None, host: str | None, url: str | None) -> None:
    one = found("cursor", text_of("cursor", {"any": entry}))
    assert inline_keys([one]) == ((InlineKey(one, "any", Secret(key), host, url),) if key else ())


@pytest.mark.parametrize("text", [None, "", "{}", "{broken", '{"BOX": 3}'])
def test_files_that_hold_no_key(text: str | None) -> None:
    assert inline_keys([found("cursor", text)]) == ()


# ------------------------------------------------------------------ moving them


def migrate(client: str, text: bytes, options: PlanOptions = ALONE, desired: DesiredServer = STORED) -> Plan:
    """The plan that moves KEY out of that file."""
    return plan_migration([found(client, text)], Secret(KEY), desired, options)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"url": HOSTED, "headers": BEARER}, BRIDGE),
        (
            {"url": f"{HOSTED}?project_id=42&features=flags&readonly=true&x=1", "headers": BEARER},
            ["mcp", "bridge", "--url", f"{HOSTED}?x=1", "--project", "42", "--features", "flags", "--read-only"],
        ),
        ({"url": "http://localhost:8787/mcp", "headers": BEARER}, [*BRIDGE[:-1], "http://localhost:8787/mcp"]),
        ({"url": "https://mcp.posthog.com/sse", "headers": BEARER}, BRIDGE),
        ({"command": "npx", "args": ["-y", "mcp-remote", f"{HOSTED}?readonly=true"], "env": ENVIRONMENT}, [*BRIDGE, "--read-only"]),
        ({"command": PROGRAM, "args": [*BRIDGE, "--read-only"], "env": ENVIRONMENT}, [*BRIDGE, "--read-only"]),
        (
            {"command": "/old/posthog-wizard", "args": ["mcp", "serve", "--host", SELF_HOSTED, "--project", "3"], "env": ENVIRONMENT},
            ["mcp", "serve", "--host", SELF_HOSTED, "--project", "3"],
        ),
        ({"command": "python", "args": ["-I", "-m", "posthog_wizard", *BRIDGE], "env": ENVIRONMENT}, BRIDGE),
    ],
)  # fmt: skip
@pytest.mark.parametrize("profile", ["default", "work"])
def test_an_entry_keeps_its_server_and_its_limits(entry: Json, words: list[str], profile: str) -> None:
    text = text_of("cursor", {"posthog": {**entry, "disabled": True}})
    plan = migrate("cursor", text, desired=STORED._replace(key=Stored(profile)))
    named = [] if profile == "default" else ["--profile", "work"]
    assert entries("cursor", after(plan))["posthog"] == {
        "command": PROGRAM,
        "args": [*words, *named],
        "disabled": True,
    }


@pytest.mark.parametrize("named", [["--profile", "old"], ["--profile=old"], ["--profile", "older", "--profile", "old"]])
def test_a_profile_that_was_named_before_is_named_once(named: list[str]) -> None:
    words = [*BRIDGE, *named, "--read-only"]
    text = text_of("cursor", {"posthog": {"command": PROGRAM, "args": words, "env": ENVIRONMENT}})
    plan = migrate("cursor", text, desired=STORED._replace(key=Stored("new")))
    assert entries("cursor", after(plan))["posthog"]["args"] == [*BRIDGE, "--read-only", "--profile", "new"]


MIXED: dict[str, Any] = {
    "posthog": {"url": HOSTED, "headers": BEARER},
    "posthog-eu": {"url": f"{HOSTED}?project_id=7", "headers": BEARER},
    "another key": {"url": HOSTED, "headers": {"Authorization": f"Bearer {OTHER_KEY}"}},
    "mine": {"command": "x", "env": {"A": "b"}},
}


def test_every_entry_with_this_key_loses_it_and_the_others_stay() -> None:
    plan = migrate("cursor", text_of("cursor", MIXED))
    text = plan.steps[-1].change.after or b""
    assert [step.outcome for step in plan.steps] == ["updated", "updated"]
    assert plan.steps[0].change.after == plan.steps[1].change.before
    assert KEY.encode() not in text
    assert {name: entries("cursor", text)[name] for name in ("another key", "mine")} == {
        name: MIXED[name] for name in ("another key", "mine")
    }
    assert entries("cursor", text)["posthog-eu"]["args"] == [*BRIDGE, "--project", "7"]


@pytest.mark.parametrize(
    ("options", "limits", "words"),
    [
        (PlanOptions(moved=Secret(KEY)), Limits(), [*BRIDGE, "--project", "42", "--read-only"]),
        (
            PlanOptions(moved=Secret(OTHER_KEY)),
            Limits(),
            [*BRIDGE, "--project", "42", "--read-only"],
        ),  # the entry's key is not the one that moves
        (PlanOptions(), Limits(project="5"), [*BRIDGE, "--project", "5", "--read-only"]),
    ],
)
@pytest.mark.parametrize("name", ["posthog", "PostHog"])  # or its twin in other letters
def test_add_keeps_limits_while_a_key_moves(options: PlanOptions, limits: Limits, words: list[str], name: str) -> None:
    text = text_of("cursor", {name: {"url": f"{HOSTED}?project_id=42&readonly=true", "headers": BEARER}})
    one: Found = found("cursor", text)
    plan = plan_add([one], STORED._replace(limits=limits), options)
    assert entries("cursor", after(plan)) == {"posthog": {"command": PROGRAM, "args": words}}


def test_a_program_that_will_be_gone_tomorrow_is_not_migrated_to() -> None:
    dies = PlanOptions(launcher_problem=lambda: WizardError("it is in a temporary folder"))
    plan = migrate("cursor", text_of("cursor", MIXED), dies)
    assert plan.steps == ()
    assert [one.outcome for one in plan.resolved] == ["failed", "failed"]


def test_the_shared_launcher_is_a_bare_name() -> None:
    assert SHARED_LAUNCHER == ("posthog-wizard",)
