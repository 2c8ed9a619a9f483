"""The wizard on a terminal: checklist, hidden key, what PostHog says, diff, one confirmation, outcomes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.homes import ALL, FILES, contents, entry, home
from tests.support.machines import KEY
from tests.support.posthog import PostHog, Reply, SandboxKey
from tests.support.posthog_core import posthog
from tests.support.program import OTHER_KEY, run
from tests.support.terminal import CONTROL_C, CONTROL_D, DOWN, ENTER, SPACE, Terminal

LIST, WAY, PROMPT, ACCESS, CONFIRM = (
    "Which clients",
    "How should PostHog know you?",
    "PostHog personal API key:",
    "What may agents do",
    "Change ",
)
PASTE = (WAY, f"{DOWN}{ENTER}")
ADD = ["mcp", "add", "--no-verify"]
HOSTED_READ_ONLY = "https://mcp.posthog.com/mcp?readonly=true"
SCOPES = ("user:read", "organization:read", "project:read")


def test_the_whole_way(tmp_path: Path) -> None:
    """Zed is unticked, the first key is refused and the second accepted, agents may only read."""
    old = json.dumps({"mcpServers": {"posthog": {"url": "https://mcp.posthog.com/sse"}}})
    place = home(tmp_path, "claude-code", "zed", cursor=old)
    with posthog(SandboxKey(KEY, SCOPES)) as server, Terminal(["mcp", "add", "--host", server.url], place) as person:
        person.reads(LIST).reads("Cursor").reads("(outdated)").reads("Zed").types(DOWN, DOWN, SPACE, ENTER)
        person.reads(WAY).types(DOWN, ENTER)
        person.reads(f"{server.url}/settings/user-api-keys").reads(PROMPT).types(OTHER_KEY, ENTER)
        person.reads("error: ").reads(PROMPT).types(KEY, ENTER)
        person.reads("max@example.com").reads(ACCESS).types(DOWN, ENTER)
        person.reads("+ Claude Code  `posthog` ~/.claude.json").reads(CONFIRM).types("d", ENTER)
        person.reads("Bearer phx_…Jt0B").reads(CONFIRM).types("y", ENTER)
        person.reads("added").reads("next: start a new Claude Code session").reads("updated").reads("mcp undo")
    assert person.code == 0
    assert "*" * len(KEY) in person.text
    assert {client for client in ALL if (place / FILES[client]).exists()} == {"claude-code", "cursor"}
    assert entry(place, "claude-code")["args"][-1] == "--read-only"


def test_the_list_shows_the_entry_of_that_name_and_knows_it_though_it_has_drifted(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor", "zed")
    run([*ADD, "cursor", "--name", "ph", "--api-key-stdin"], place, KEY)
    (place / FILES["cursor"]).write_text('{"mcpServers": {"ph": {"url": "https://elsewhere.example/mcp"}}}')
    with Terminal([*ADD, "--name", "ph"], place) as person:
        person.reads(LIST).reads("Cursor (current)").types(CONTROL_C)
    assert person.code == 130


@pytest.mark.parametrize(
    ("steps", "keys"),
    [
        ((), (CONTROL_C,)),
        ((), ("a", ENTER)),  # nothing is ticked any more
        (((LIST, ENTER),), (CONTROL_C,)),
        (((LIST, ENTER), PASTE), (CONTROL_D,)),
        (((LIST, ENTER), PASTE), (CONTROL_C,)),
        (((LIST, ENTER), PASTE, (PROMPT, f"{KEY}{ENTER}")), (CONTROL_C,)),
        (((LIST, ENTER), PASTE, (PROMPT, f"{KEY}{ENTER}"), (ACCESS, ENTER)), ("n", ENTER)),
        (((LIST, ENTER), PASTE, (PROMPT, f"{KEY}{ENTER}"), (ACCESS, ENTER)), (CONTROL_C,)),
    ],
)
def test_a_no_at_any_question_changes_nothing(
    steps: tuple[tuple[str, str], ...], keys: tuple[str, ...], tmp_path: Path
) -> None:
    place = home(tmp_path, "cursor", zed="// mine\n{}\n")
    before = contents(place)
    with Terminal(ADD, place) as person:
        person.answers(*steps).reads((LIST, WAY, PROMPT, ACCESS, CONFIRM)[len(steps)]).types(*keys)
    assert person.code == 130
    assert "nothing was changed" in person.text
    assert {name: data for name, data in contents(place).items() if name != ".started"} == before  # our own `--version`
    assert not (place / ".local/state").exists()


def test_three_wrong_keys_are_enough(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    with Terminal(["mcp", "add", "--region", "us"], place) as person:
        person.answers(PASTE).reads(PROMPT).types("phc_nonsense", ENTER)
        person.reads("project API key").reads(PROMPT).types("phx_...abc", ENTER)
        person.reads("shortened").reads(PROMPT).types(ENTER)
        person.reads("error: ")
    assert person.code == 1
    assert set(contents(place)) <= {".started"}  # our own `--version`


def test_control_c_while_posthog_is_asked(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    with (
        PostHog(always=Reply(stall=20, cut=1, body={})) as server,
        Terminal(["mcp", "add", "--host", server.url], place, POSTHOG_PERSONAL_API_KEY=KEY) as person,
    ):
        person.reads("asking PostHog").types(CONTROL_C)
    assert person.code == 130
    assert contents(place) == {}


def test_remove_and_undo_show_the_change_and_ask(tmp_path: Path) -> None:
    place = home(tmp_path, cursor='{"mcpServers": {}}')
    run([*ADD, "--api-key-stdin"], place, KEY)
    added = contents(place)
    with Terminal(["mcp", "remove"], place) as person:
        person.reads("-{").reads("Bearer phx_…Jt0B").reads(CONFIRM).types("n", ENTER)
    assert (person.code, contents(place)) == (130, added)
    with Terminal(["mcp", "remove"], place) as person:
        person.reads(CONFIRM).types(ENTER).reads("removed")
    assert (person.code, contents(place)) == (0, {".cursor/mcp.json": b'{"mcpServers": {}}'})
    with Terminal(["mcp", "undo"], place) as person:
        person.reads("+{").reads(CONFIRM).types("y").reads("restored")
    assert (person.code, contents(place)) == (0, added)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["mcp", "remove", "--yes"], 0, "removed"),
        (["mcp", "undo", "-y"], 0, "restored"),
        (["mcp", "remove", "--no-input"], 0, "removed"),
        (["mcp", "remove", "--json"], 0, '"outcome": "removed"'),
        ([*ADD, "--no-input", "--oauth"], 0, "updated"),
        ([*ADD, "cursor", "--yes", "--oauth"], 0, "updated"),
        ([*ADD, "--no-input"], 2, "no PostHog personal API key"),
        ([*ADD, "--json"], 2, '"missing_input"'),
        (["mcp", "remove", "--dry-run"], 0, "would be removed"),
        (["mcp", "remove", "--name", "other"], 0, "unchanged"),
    ],
)
def test_nothing_is_asked(arguments: list[str], code: int, words: str, tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    run([*ADD, "--api-key-stdin"], place, KEY)
    with Terminal(arguments, place) as person:
        person.reads(words)
    assert person.code == code
    assert "?" not in person.text.replace("`", "")


@pytest.mark.parametrize(
    ("environment", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_colours(environment: dict[str, Any], coloured: bool, tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    with Terminal([*ADD, "--oauth", "--dry-run", "--all", "--no-input"], place, **environment) as person:
        person.reads("would be added")
    assert ("\x1b[32m" in person.raw) == coloured
    assert ("\x1b" in person.raw) == coloured


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"ACCESSIBLE": "1", "NO_COLOR": "1"}])
def test_questions_line_by_line(environment: dict[str, Any], tmp_path: Path) -> None:
    place = home(tmp_path, "zed", cursor=json.dumps({"mcpServers": {"posthog": {"url": HOSTED_READ_ONLY}}}))
    with Terminal(ADD, place, **environment) as person:
        person.reads(LIST).reads("1. Cursor").reads("2. Zed").reads("> ").types("7", ENTER)
        person.reads(LIST).reads("> ").types(ENTER)
        person.reads(WAY).reads("2. Paste a key").reads("> ").types("2", ENTER)
        person.reads(PROMPT).types(KEY, ENTER)
        person.reads(ACCESS).reads("1. As it is now: read-only").reads("> ").types("1", ENTER)
        person.reads("Change 2 files?").reads("> ").types("y", ENTER).reads("added")
    assert (person.code, "\x1b" in person.raw, KEY in person.raw) == (0, False, False)
    assert "readonly=true" in entry(place, "cursor")["url"]


@pytest.mark.parametrize("program", ["serve", "bridge"])
def test_a_server_that_is_typed_says_for_whom_it_is(program: str, tmp_path: Path) -> None:
    with Terminal(["mcp", program], home(tmp_path)) as person:
        person.reads(f"`mcp {program}` is for an AI client").reads("mcp add").types(CONTROL_C, CONTROL_D)


@pytest.mark.parametrize(("answer", "code"), [(ENTER, 130), ("y", 0)])
def test_what_cannot_be_taken_back_is_not_done_by_enter(answer: str, code: int, tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    run(["key", "set", "--store", "file", "--no-verify", "--region", "us", "--api-key-stdin"], place, KEY)
    with Terminal(["key", "forget", "--all"], place) as person:
        person.reads("Forget the profile `default`").types(answer)
    assert person.code == code
