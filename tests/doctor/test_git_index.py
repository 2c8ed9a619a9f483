"""Which files git tracks, read from indexes that git itself wrote, and from ours."""

from __future__ import annotations

import base64
import os
import sys
from pathlib import Path

import pytest

from posthog_wizard.doctor.client_files.git_index import is_tracked, tracked_paths
from tests.support.git_index import track

# Of a repository with `.mcp.json`, `a/one.json` and `a/two.json`, by git 2.39; the third has `git add -N a/three`, too.
VERSION_2 = "RElSQwAAAAIAAAADawORYzbhuM5rA5FjNuG4zgAA/gAAK0BlAACBpAAAAAAAAAAAAAAAAraAJTRdUwGrrU2eyRZvRVJDoNdGAAkubWNwLmpzb24AawORYzbhuM5rA5FjNuG4zgAA/gAAK0BjAACBpAAAAAAAAAAAAAAAAlh75rTD+T+TxInAERu6VZYUeibLAAphL29uZS5qc29uAAAAAAAAAABrA5FjNuG4zmsDkWM24bjOAAD+AAArQGQAAIGkAAAAAAAAAAAAAAACl1++yCVtPoo3l+ejYROA8nxJ9KwACmEvdHdvLmpzb24AAAAAAAAAALmAU+FlDbl5UuJX6q6Q1hDTX0l1"
VERSION_4 = "RElSQwAAAAQAAAADawORYzbhuM5rA5FjNuG4zgAA/gAAK0BlAACBpAAAAAAAAAAAAAAAAraAJTRdUwGrrU2eyRZvRVJDoNdGAAkALm1jcC5qc29uAGsDkWM24bjOawORYzbhuM4AAP4AACtAYwAAgaQAAAAAAAAAAAAAAAJYe+a0w/k/k8SJwBEbulWWFHomywAKCWEvb25lLmpzb24AawORYzbhuM5rA5FjNuG4zgAA/gAAK0BkAACBpAAAAAAAAAAAAAAAApdfvsglbT6KN5fno2ETgPJ8SfSsAAoIdHdvLmpzb24A+gKHkEMDH+RrmrmNll02gCq3BfM="
VERSION_3 = "RElSQwAAAAMAAAAEawORYzbhuM5rA5FjNuG4zgAA/gAAK0BlAACBpAAAAAAAAAAAAAAAAraAJTRdUwGrrU2eyRZvRVJDoNdGAAkubWNwLmpzb24AawORYzbhuM5rA5FjNuG4zgAA/gAAK0BjAACBpAAAAAAAAAAAAAAAAlh75rTD+T+TxInAERu6VZYUeibLAAphL29uZS5qc29uAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIGkAAAAAAAAAAAAAAAA5p3im7LR1kNLiymud1rYwuSMU5FAByAAYS90aHJlZQBrA5FjNuG4zmsDkWM24bjOAAD+AAArQGQAAIGkAAAAAAAAAAAAAAACl1++yCVtPoo3l+ejYROA8nxJ9KwACmEvdHdvLmpzb24AAAAAAAAAAMcL517+zuqUIarUigTghPBNRyfC"
TWO = [b".mcp.json", b"a/one.json", b"a/two.json"]


@pytest.mark.parametrize(
    ("index", "expected"),
    [(VERSION_2, TWO), (VERSION_4, TWO), (VERSION_3, [*TWO[:2], b"a/three", TWO[2]])],
    ids=["version 2", "version 4", "version 3"],
)
def test_an_index_of_git(index: str, expected: list[bytes]) -> None:
    assert list(tracked_paths(base64.b64decode(index))) == expected


def test_a_long_common_beginning_takes_two_bytes() -> None:
    """Version 4 says how much of the last name is cut off; from 128 on in two bytes."""
    fixed = bytes(62)
    index = (
        b"DIRC" + bytes([0, 0, 0, 4, 0, 0, 0, 2]) + fixed + b"\0" + b"a" * 200 + b"\0" + fixed + b"\x80\x48" + b"b\0"
    )
    assert [len(name) for name in tracked_paths(index)] == [200, 1]


def test_names_do_not_grow_without_end() -> None:
    """In version 4 each name builds on the one before: a few bytes more for a name that is a little longer."""
    grown = (bytes(62) + b"\0" + b"a" * 1000 + b"\0") * 100
    with pytest.raises(ValueError, match="no path is so long"):
        list(tracked_paths(b"DIRC" + bytes([0, 0, 0, 4, 0, 0, 0, 100]) + grown))


@pytest.mark.parametrize(
    ("tracked", "path", "expected"),
    [
        ((".mcp.json",), ".mcp.json", True),
        (("README.md", "a/b/.mcp.json"), "a/b/.mcp.json", True),
        (("a/.mcp.json",), ".mcp.json", False),
        ((), ".mcp.json", False),
    ],
)
def test_a_file_below_a_repository(tracked: tuple[str, ...], path: str, expected: bool, tmp_path: Path) -> None:
    track(tmp_path, *tracked)
    assert is_tracked(tmp_path / path) == expected


@pytest.mark.parametrize("absolute", [True, False])
def test_a_worktree_names_its_directory(absolute: bool, tmp_path: Path) -> None:
    (tmp_path / "main").mkdir()
    track(tmp_path / "main", ".mcp.json")
    (tmp_path / "tree").mkdir()
    named = str(tmp_path / "main/.git") if absolute else "../main/.git"
    (tmp_path / "tree/.git").write_text(f"gitdir: {named}\n")
    assert is_tracked(tmp_path / "tree/.mcp.json")


@pytest.mark.parametrize("repository", [".cfg", ".dotfiles", ".local/share/yadm/repo.git"])
def test_a_bare_repository_of_dotfiles_has_the_home_for_its_tree(repository: str, tmp_path: Path) -> None:
    track(tmp_path, ".cursor/mcp.json")
    (tmp_path / repository).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / ".git").rename(tmp_path / repository)
    assert is_tracked(tmp_path / ".cursor/mcp.json")
    assert not is_tracked(tmp_path / ".claude.json")


@pytest.mark.skipif(sys.platform != "linux", reason="names of other systems are text")
def test_a_name_that_is_no_text_is_looked_up_as_it_is(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9/mcp.json")
    assert not is_tracked(tmp_path / name)
    track(tmp_path, name)
    assert is_tracked(tmp_path / name)


def test_a_folder_of_dotfiles_is_no_repository_of_the_home(tmp_path: Path) -> None:
    (tmp_path / ".dotfiles").mkdir()
    track(tmp_path / ".dotfiles", ".cursor/mcp.json")
    assert not is_tracked(tmp_path / ".cursor/mcp.json")


@pytest.mark.parametrize("index", [b"", b"garbage", b"DIRC" + bytes(8), b"DIRC" + bytes([0, 0, 0, 2, 0, 0, 0, 9])])
def test_an_index_that_cannot_be_read_tracks_nothing(index: bytes, tmp_path: Path) -> None:
    track(tmp_path)
    (tmp_path / ".git/index").write_bytes(index)
    assert not is_tracked(tmp_path / ".mcp.json")


def test_no_repository_tracks_nothing(tmp_path: Path) -> None:
    assert not is_tracked(tmp_path / ".mcp.json")
