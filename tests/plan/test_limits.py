"""Rights never widen silently: a limit that is there stays, whatever spells it and wherever the key goes."""

from __future__ import annotations

from typing import Any

import pytest

from posthog_wizard.clients import CLIENTS
from posthog_wizard.clients.entries import HEADERS as HEADERS_OF
from posthog_wizard.clients.entries import EntryFields, read_entry, render_entry
from posthog_wizard.errors import WrongUsage
from posthog_wizard.model import Json, Limits, LimitsChange, Remote, Secret
from posthog_wizard.plan import PlanOptions
from posthog_wizard.plan.limits import joined_limits, limits_in
from tests.support.founds import ALONE, EVERY, INLINE, add, after, entries, step, text_of
from tests.support.golden import HOSTED, SELF_HOSTED, WISHES
from tests.support.machines import KEY, LAUNCHER

ALL_SIX = Limits("abc", "1", ("flags", "sql"), ("query-run",), True, "tools")
QUERY = "organization_id=abc&project_id=1&features=flags,sql&tools=query-run&readonly=true&mode=tools"
HEADERS = {
    "X-PostHog-Organization-Id": "abc",
    "x-posthog-project-id": "1",
    "x-posthog-features": "flags,sql",
    "x-posthog-tools": "query-run",
    "x-posthog-read-only": "true",
    "X-POSTHOG-MCP-MODE": "tools",
}
SPELLED = tuple(word for name, value in HEADERS.items() for word in ("--header", f"{name}: {value}"))
FLAGS = ("--organization", "abc", "--project=1", "--features", "flags,sql", "--tools", "query-run", "--read-only")
PINNED = Limits("abc", "1")
READS = Limits(None, "1", read_only=True)


@pytest.mark.parametrize(
    ("entry", "limits"),
    [
        (EntryFields(f"{HOSTED}?{QUERY}"), ALL_SIX),
        (EntryFields(HOSTED, HEADERS), ALL_SIX),
        (EntryFields(f"{HOSTED}?project_id=2&readonly=true", {"x-posthog-project-id": "1"}), READS),
        (EntryFields(f"{HOSTED}?project_id=1&project_id=2"), Limits(None, "1")),
        (EntryFields(command="npx", arguments=["-y", "mcp-remote@latest", f"{HOSTED}?{QUERY}"]), ALL_SIX),
        (EntryFields(command="npx", arguments=["-y", "mcp-remote@latest", HOSTED, *SPELLED]), ALL_SIX),
        (EntryFields(command="npx", arguments=["mcp-remote", HOSTED, "--header=x-posthog-project-id:1"]), Limits(None, "1")),
        (
            EntryFields(
                command="npx",
                arguments=["mcp-remote", HOSTED, "--header", "x-posthog-project-id:${PROJECT}"],
                environment={"PROJECT": "1"},
            ),
            Limits(None, "1"),
        ),
        (
            EntryFields(command="bash", arguments=["-lc", f"npx mcp-remote '{HOSTED}?readonly=true' -H 'x-posthog-project-id: 1'"]),
            READS,
        ),
        (EntryFields(command="/x/posthog-wizard", arguments=["mcp", "bridge", *FLAGS, "--mode", "tools"]), ALL_SIX),
        (EntryFields(command="/x/posthog-wizard", arguments=["mcp", "bridge", "--url", f"{HOSTED}?{QUERY}"]), ALL_SIX),
        (EntryFields(command="/x/posthog-wizard", arguments=["mcp", "serve", *FLAGS]), ALL_SIX._replace(mode=None)),
        (
            EntryFields(
                command="/x/posthog-wizard",
                arguments=["mcp", "serve"],
                environment={"POSTHOG_ORGANIZATION_ID": "abc", "POSTHOG_PROJECT_ID": "1"},
            ),
            PINNED,
        ),
        (EntryFields(HOSTED, {"x-posthog-read-only": "false"}), Limits()),
        (EntryFields(HOSTED, {"X-PostHog-Readonly": "1", "x-posthog-project-id": "1"}), READS),
        (EntryFields(), Limits()),
        (EntryFields("http://[::1"), Limits()),
    ],
)  # fmt: skip
def test_every_way_to_spell_a_limit_is_read(entry: EntryFields, limits: Limits) -> None:
    assert limits_in(entry) == limits


@pytest.mark.parametrize(
    ("said", "joined"),
    [
        (Limits(), ALL_SIX),
        (Limits(project="5"), ALL_SIX._replace(project="5")),
        (Limits(read_only=True), ALL_SIX),
        (Limits(features=("surveys",)), ALL_SIX._replace(features=("surveys",), tools=(), mode=None)),
        (Limits(mode="cli"), ALL_SIX._replace(mode="cli")),
    ],
)
def test_a_flag_replaces_what_it_speaks_of_and_nothing_else(said: Limits, joined: Limits) -> None:
    assert joined_limits(said, ALL_SIX) == joined
    assert joined_limits(said, ALL_SIX, frozenset()) == said


def headed(client: str, place: int) -> Json:
    """An entry of that client with its limits in headers, or, where it only starts programs, in mcp-remote's."""
    schema = CLIENTS[client].places[place].schema
    npx = {"command": "npx", "args": ["-y", "mcp-remote", HOSTED, *SPELLED]}
    if schema.remote is None:
        return npx
    entry = render_entry(schema, Remote(HOSTED, Secret(KEY)))
    return beside(entry, next(name for name, value in schema.remote.items() if value == HEADERS_OF))


def beside(entry: Any, path: str) -> Json:
    """The entry with those headers beside what it has at that path, whose parts are divided by dots."""
    first, _, rest = path.partition(".")
    return {**entry, first: beside(entry[first], rest)} if first else {**entry, **HEADERS}


@pytest.mark.parametrize("desired", ["hosted-inline", "hosted-store"])
@pytest.mark.parametrize(("client", "place"), EVERY)
def test_a_second_add_keeps_them_in_every_client(client: str, place: int, desired: str) -> None:
    plan = add(client, text_of(client, {"posthog": headed(client, place)}, place), WISHES[desired], place=place)
    schema = CLIENTS[client].places[place].schema
    assert limits_in(read_entry(schema, entries(client, after(plan), place)["posthog"])) == ALL_SIX
    assert step(plan).limits == LimitsChange(ALL_SIX, ALL_SIX)


@pytest.mark.parametrize(
    ("options", "said", "left"),
    [
        (PlanOptions(kept_limits=frozenset()), Limits(), Limits()),
        (PlanOptions(kept_limits=frozenset({"project"})), Limits(), Limits(None, "1")),
        (ALONE, Limits(project="5"), Limits("abc", "5", read_only=True)),
    ],
)
def test_what_changes_is_told(options: PlanOptions, said: Limits, left: Limits) -> None:
    there = {"url": f"{HOSTED}?organization_id=abc&project_id=1&readonly=true"}
    only = step(add("cursor", text_of("cursor", {"posthog": there}), INLINE._replace(limits=said), options))
    assert only.limits == LimitsChange(Limits("abc", "1", read_only=True), left)
    assert "its limits were: read-only; organization abc; project 1; now: " in (only.reason or "")


def test_a_project_of_another_posthog_is_no_limit_there_but_read_only_is() -> None:
    there = {
        "command": LAUNCHER[0],
        "args": ["mcp", "serve", "--host", "https://other.example", "--project", "1", "--read-only"],
    }
    only = step(add("cursor", text_of("cursor", {"posthog": there}), WISHES["local-inline"]))
    assert only.limits.after == Limits(read_only=True)
    again = {**there, "args": ["mcp", "serve", "--host", SELF_HOSTED, "--project", "1"]}
    assert step(add("cursor", text_of("cursor", {"posthog": again}), WISHES["local-inline"])).limits.after == Limits(
        None, "1"
    )


def test_limits_with_which_the_program_would_not_start_are_not_kept() -> None:
    def refuse(limits: Limits) -> None:
        raise WrongUsage(f"no `{limits.features[0]}`", "`--no-limits` drops them")

    text = text_of("cursor", {"posthog": {"url": f"{HOSTED}?features=sql"}})
    (refused,) = add("cursor", text, WISHES["local-inline"], PlanOptions(check_limits=refuse)).resolved
    assert (refused.outcome, refused.reason, refused.hint) == ("failed", "no `sql`", "`--no-limits` drops them")
