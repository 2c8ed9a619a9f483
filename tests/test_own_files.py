"""Files and folders of ours: what temporary ones are called, and who may use them under any umask."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PosixPath

import pytest

from posthog_wizard import own_files
from posthog_wizard.credentials import file_store, profiles
from posthog_wizard.credentials.profiles import Profile
from posthog_wizard.install import journal
from posthog_wizard.install.apply import apply
from posthog_wizard.install.disk import CREATE, LOCK, Disk
from posthog_wizard.model import Secret
from tests.support.machines import KEY, machine
from tests.support.plans import add
from tests.support.tree import mode

UMASKS = (0o000, 0o022, 0o077, 0o777)


@contextmanager
def umask(bits: int) -> Iterator[None]:
    """As a shell or a service may have set it."""
    before = os.umask(bits)
    try:
        yield
    finally:
        os.umask(before)


@pytest.mark.parametrize("bits", UMASKS)
def test_what_holds_keys_is_its_owners_alone(tmp_path: Path, bits: int) -> None:
    here = machine(tmp_path)
    client = tmp_path / "c/d/mcp.json"
    with umask(bits):
        file_store.write("default", "https://us.posthog.com", Secret(KEY), here)
        profiles.save(here, Profile(host="https://us.posthog.com"))
        apply(add(client), here, command="mcp add")
    folders = (here.state_directory, journal.folder(here), here.config_directory)
    files = [path for folder in folders for path in folder.iterdir() if path.is_file()]
    assert {path.name.rpartition(".")[2] for path in files} == {"lock", "jsonl", "json", "toml"}
    assert {mode(path) for path in (*files, client)} == {0o600}
    assert {mode(path) for path in folders} == {0o700}


@pytest.mark.parametrize(("bits", "parents"), [*zip(UMASKS, (0o755, 0o755, 0o700, 0o700), strict=True)])
def test_folders_above_are_shared_with_nobody_who_could_write(tmp_path: Path, bits: int, parents: int) -> None:
    here = machine(tmp_path)
    with umask(bits):
        own_files.own_folder(tmp_path / "a/b/ours")
        apply(add(tmp_path / "c/d/mcp.json"), here, command="mcp add")
    made = [tmp_path / name for name in ("a", "a/b", "c", "c/d")]
    assert {mode(path) for path in made} == {parents}


@pytest.mark.parametrize(("bits", "shared"), [*zip(UMASKS, (0o644, 0o644, 0o600, 0o600), strict=True)])
def test_a_new_file_can_always_be_used_by_its_owner(tmp_path: Path, bits: int, shared: int) -> None:
    disk = Disk()
    with umask(bits):
        disk.close(disk.open(tmp_path / "new", CREATE, own_files.SHARED))
        disk.close(disk.open(tmp_path / "lock", LOCK, own_files.PRIVATE))
        own_files.touch(tmp_path / "log")
    assert [mode(tmp_path / name) for name in ("new", "lock", "log")] == [shared, 0o600, 0o600]


def test_a_file_that_is_there_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("old")
    (tmp_path / "log").chmod(0o640)
    own_files.touch(tmp_path / "log")
    assert ((tmp_path / "log").read_text(), mode(tmp_path / "log")) == ("old", 0o640)


def test_a_file_in_the_place_of_a_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    with pytest.raises(OSError, match="File exists"):
        own_files.own_folder(tmp_path / "a")


@pytest.mark.parametrize("name", ["mcp.json", ".claude.json", "a.0123456789abcdef", "ü"])
def test_a_temporary_name_tells_its_file(name: str) -> None:
    temporary = own_files.temporary_name(name)
    assert (own_files.is_temporary_name(temporary, name), own_files.temporary_of(temporary)) == (True, name)


@pytest.mark.parametrize(
    "name", ["mcp.json", ".mcp.json.posthog-wizard", ".mcp.json.0123456789abcdeg.posthog-wizard", ".posthog-wizard", ""]
)
def test_what_is_no_temporary_name(name: str) -> None:
    assert own_files.temporary_of(name) is None


class OthersPath(PosixPath):
    """A path that is somebody else's, as all above it."""

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        return os.stat_result((0, 0, 0, 0, os.getuid() + 4242, 0, 0, 0, 0, 0))


@pytest.mark.parametrize(
    ("number", "hint"),
    [
        (errno.EACCES, "it belongs to another user: make it yours with `sudo chown -R $USER '/x y/state'`"),
        (errno.EPERM, "it belongs to another user: make it yours with `sudo chown -R $USER '/x y/state'`"),
        (errno.ENOSPC, "free some space on that disk, then run the command again"),
        (errno.EDQUOT, "free some of your disk quota, then run the command again"),
        (errno.EIO, None),
    ],
)
def test_a_refusal_tells_what_the_user_may_do(number: int, hint: str | None) -> None:
    assert own_files.refusal_hint(OSError(number, "no"), OthersPath("/x y/state")) == hint


@pytest.mark.parametrize("name", ["taken", "taken/journal", "taken/a/b/journal"])
def test_a_file_where_a_folder_has_to_be_is_named(name: str, tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    told = own_files.refusal_hint(OSError(errno.ENOTDIR, "not a directory"), tmp_path / name)
    assert told == f"a folder has to be where `{tmp_path / 'taken'}` is: move that away, then run the command again"


def test_a_device_is_not_to_be_moved() -> None:
    """HOME is `/dev/null` for some services."""
    assert own_files.refusal_hint(OSError(errno.ENOTDIR, "not a directory"), Path("/dev/null/.config")) is None


def test_all_that_is_another_users_below_the_home_is_asked_back_at_once() -> None:
    hint = own_files.others_hint(OthersPath(Path.home() / ".local/state/posthog-wizard/lock"))
    assert hint == f"it belongs to another user: make it yours with `sudo chown -R $USER {Path.home() / '.local'}`"
    assert own_files.others_hint(Path.home() / "x") is None
