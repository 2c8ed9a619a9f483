"""`--sandbox` in the commands that write entries: what is written, shown, recognised, replaced and taken back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import launcher, mcp
from tests.support.homes import ALL, contents, entry, home
from tests.support.program import Result, run
from tests.support.sandboxes import lay_data

WORDS = ["mcp", "serve", "--sandbox"]


def sandbox(place: Path, *arguments: str, **environment: Any) -> Result:
    return run(["mcp", "add", "--sandbox", *arguments], place, **environment)


def prepared(root: Path, *clients: str, **texts: str) -> Path:
    """A home in which the events were made already."""
    place = home(root, *clients, **texts)
    lay_data(place)
    return place


def words(place: Path, client: str) -> list[str]:
    found = entry(place, client)
    return [found["command"], *found["args"]]


@pytest.mark.parametrize("client", ALL)
def test_the_entry_starts_our_server_and_holds_no_key(client: str, tmp_path: Path) -> None:
    place = prepared(tmp_path, client)
    assert sandbox(place, client, "--json").outcomes == {client: "added"}
    assert words(place, client) == [*launcher(), *WORDS]
    assert "env" not in entry(place, client)
    assert mcp(place, "list").rows[client]["entry"] == "current"
    assert (mcp(place, "list").rows[client]["transport"], mcp(place, "list").rows[client]["secret"]) == (
        "stdio",
        "none",
    )
    assert sandbox(place, client, "--json").outcomes == {client: "unchanged"}


def test_the_key_of_the_document(tmp_path: Path) -> None:
    key = sandbox(prepared(tmp_path, "cursor"), "--json").document["key"]
    assert (key["state"], key["source"], key["region"], key["user"]) == (
        "valid",
        "sandbox",
        "sandbox",
        "robin@leafline.example",
    )
    assert key["project"] == {"id": 1, "name": "Leafline app"}


def test_limits_are_words_of_the_entry(tmp_path: Path) -> None:
    place = prepared(tmp_path, "cursor")
    document = sandbox(place, "--read-only", "--project", "2", "--features", "flags", "--json").document
    assert words(place, "cursor") == [*launcher(), *WORDS, "--project", "2", "--features", "flags", "--read-only"]
    assert document["key"]["project"]["id"] == 2


def test_a_dry_run_makes_nothing(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    before = contents(place)
    assert "--sandbox" in sandbox(place, "--dry-run").out
    assert contents(place) == before
    assert not (place / ".local/share/posthog-wizard").exists()


def test_what_it_needs_is_made_at_once(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    sandbox(place)
    assert {path.suffix for path in (place / ".local/share/posthog-wizard/sandbox").iterdir()} > {".parquet", ".sqlite"}


def test_without_a_client_it_shows_what_it_would_do(tmp_path: Path) -> None:
    place = prepared(tmp_path)
    shown = sandbox(place)
    command, *rest = launcher()
    assert shown.code == 0
    assert json.loads(shown.out) == {
        "mcpServers": {"posthog": {"type": "stdio", "command": command, "args": [*rest, *WORDS]}}
    }
    assert "mcp print CLIENT --sandbox" in shown.err
    assert sandbox(place, "--json").document["clients"] == []


def test_a_real_one_takes_its_place_and_undo_brings_it_back(tmp_path: Path) -> None:
    place = prepared(tmp_path, "cursor")
    sandbox(place)
    with_sandbox = contents(place)
    assert mcp(place, "add", "cursor", "--oauth").outcomes == {"cursor": "updated"}
    assert entry(place, "cursor") == {"url": "https://mcp.posthog.com/mcp"}
    assert mcp(place, "undo").outcomes == {"cursor": "restored"}
    assert contents(place) == with_sandbox
    assert mcp(place, "remove").outcomes == {"cursor": "removed"}
    assert entry(place, "cursor") is None


def test_a_real_one_of_another_name_is_left_alone(tmp_path: Path) -> None:
    place = prepared(tmp_path, cursor='{"mcpServers": {"work": {"url": "https://mcp.posthog.com/mcp"}}}')
    assert sandbox(place, "--json").outcomes == {"cursor": "added"}
    assert entry(place, "cursor", "work") == {"url": "https://mcp.posthog.com/mcp"}


def test_printed_to_paste(tmp_path: Path) -> None:
    command, *rest = launcher()
    printed = run(["mcp", "print", "cursor", "--sandbox", "--json"], home(tmp_path))
    assert printed.document["entry"] == {"command": command, "args": [*rest, *WORDS]}


def test_a_folder_that_cannot_be_written_stops_everything(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    (place / "data").write_text("a file")
    refused = sandbox(place, "--json", XDG_DATA_HOME=str(place / "data"))
    assert refused.code == 1
    assert "cannot be kept" in refused.document["error"]["message"]
    assert entry(place, "cursor") is None


def test_a_damaged_file_is_told_of(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    folder = place / ".local/share/posthog-wizard/sandbox"
    folder.mkdir(parents=True)
    (folder / "posthog.sqlite").write_text("no database at all" * 100)
    refused = sandbox(place, "--json")
    assert f"`{folder}` cannot be read: file is not a database" in refused.document["error"]["message"]
    assert "move that folder away" in refused.document["error"]["hint"]
