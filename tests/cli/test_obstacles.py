"""Files that stand in the way, and what undo does when a file has moved on."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.support.commands import BEARER, FOREIGN, HOSTED, MINE, add, launcher, mcp, states
from tests.support.homes import ALL, FILES, contents, entry, home
from tests.support.machines import KEY


def broken(place: Path) -> dict[str, str]:
    """Five ways in which a file cannot be used, by client; the others' are fine. Gives pieces of the reasons."""
    (place / FILES["claude-code"]).write_text('{\n  // no\n  "mcpServers": {}\n}\n')
    (place / FILES["claude-desktop"]).mkdir()
    (place / FILES["cursor"]).write_text('{"mcpServers": {\n')
    (place / FILES["vscode"]).symlink_to(place / "nowhere.json")
    (place / FILES["windsurf"]).write_text(FOREIGN)
    return {
        "claude-code": f"{place / FILES['claude-code']}:2:3: ",
        "claude-desktop": f"{place / FILES['claude-desktop']}: this is a directory",
        "cursor": f"{place / FILES['cursor']}:2:1: ",
        "vscode": f"{place / FILES['vscode']}: the symbolic link leads to `{place / 'nowhere.json'}`",
        "windsurf": f"{place / FILES['windsurf']}: the entry `posthog` is not PostHog's",
    }


@pytest.mark.parametrize("command", ["add", "dry run", "remove"])
def test_each_file_that_cannot_be_used_is_told_and_the_others_are_done(command: str, tmp_path: Path) -> None:
    place = home(tmp_path, *ALL)
    reasons = broken(place)
    before = contents(place)
    done = {"add": "added", "dry run": "added", "remove": "unchanged"}[command]
    result = mcp(place, "remove") if command == "remove" else add(place, *["--dry-run"] * (command == "dry run"))
    told = {client: row["reason"] for client, row in result.rows.items() if row["outcome"] == "failed"}
    assert result.code == 1
    fine = ("codex", "gemini-cli", "lm-studio", "zed")
    assert result.outcomes == {**dict.fromkeys(reasons, "failed"), **dict.fromkeys(fine, done)}
    assert {client: told[client][: len(reason)] for client, reason in reasons.items()} == reasons
    assert {name: text for name, text in contents(place).items() if name not in map(FILES.get, fine)} == before
    assert (place / FILES["zed"]).exists() == (command == "add")
    assert {client: state for client, (here, state) in states(place).items() if here} == {
        **dict.fromkeys(reasons, "unreadable"),
        "windsurf": "foreign",
        **dict.fromkeys(fine, "current" if command == "add" else "none"),
    }


@pytest.mark.parametrize("mode", [0o444, 0o400])
def test_a_read_only_file_is_left_alone(mode: int, tmp_path: Path) -> None:
    place = home(tmp_path, "zed", cursor=MINE)
    (place / FILES["cursor"]).chmod(mode)
    result = add(place)
    assert (result.code, result.outcomes) == (1, {"cursor": "failed", "zed": "added"})
    assert str(place / FILES["cursor"]) in result.rows["cursor"]["reason"]
    assert (place / FILES["cursor"]).read_text() == MINE


def test_force_takes_what_is_foreign(tmp_path: Path) -> None:
    place = home(tmp_path, cursor=FOREIGN)
    assert mcp(place, "remove", "--force", "--dry-run").outcomes == {"cursor": "removed"}
    assert add(place, "--force").outcomes == {"cursor": "updated"}
    assert entry(place, "cursor") == {"url": HOSTED, "headers": BEARER}
    mcp(place, "undo")
    assert (place / FILES["cursor"]).read_text() == FOREIGN
    assert mcp(place, "remove", "--force").outcomes == {"cursor": "removed"}


def test_a_short_lived_program_is_not_written_down(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor", "claude-desktop")
    cache = str(Path(launcher()[0]).parent)
    result = add(place, UV_CACHE_DIR=cache)
    assert (result.code, result.outcomes) == (1, {"claude-desktop": "failed", "cursor": "added"})
    assert "temporary" in result.rows["claude-desktop"]["reason"]
    assert "uv tool install" in result.rows["claude-desktop"]["hint"]
    assert add(place, "--force", UV_CACHE_DIR=cache).outcomes["claude-desktop"] == "added"


def test_links_are_followed_and_modes_kept(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    target = place / "dotfiles.json"
    target.write_text("{}\n")
    target.chmod(0o640)
    (place / FILES["cursor"]).symlink_to(target)
    assert add(place, holds=(target,)).outcomes == {"cursor": "added"}
    assert (place / FILES["cursor"]).is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert KEY in target.read_text()


def test_undo_of_one_client_and_of_a_file_that_moved_on(tmp_path: Path) -> None:
    place = home(tmp_path, "zed", cursor=MINE)
    change = add(place).document["change_id"]
    assert mcp(place, "undo", change, "--client", "Zed Editor", "--dry-run").outcomes == {"zed": "restored"}
    assert mcp(place, "undo", change, "--client", "zed").outcomes == {"zed": "restored"}
    assert not (place / FILES["zed"]).exists()
    moved = (place / FILES["cursor"]).read_text().replace('"ü": 1.0', '"ü": 2.0')
    (place / FILES["cursor"]).write_text(moved)
    assert mcp(place, "undo", change).outcomes == {"cursor": "restored", "zed": "unchanged"}
    assert (place / FILES["cursor"]).read_text() == MINE.replace("1.0", "2.0")
    assert mcp(place, "undo", "9999-xyz").code == 1


def test_undo_refuses_an_entry_that_somebody_changed(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    add(place)
    theirs = (place / FILES["cursor"]).read_text().replace(HOSTED, f"{HOSTED}?mine")
    (place / FILES["cursor"]).write_text(theirs)
    result = mcp(place, "undo")
    assert (result.code, result.outcomes) == (1, {"cursor": "failed"})
    assert "changed since" in result.rows["cursor"]["reason"]
    assert (place / FILES["cursor"]).read_text() == theirs
