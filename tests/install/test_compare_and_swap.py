"""Replacing a file in one step."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path

import pytest

from posthog_wizard.errors import ChangedMeanwhile, WriteRefused
from posthog_wizard.install import files
from posthog_wizard.install.compare_and_swap import Terms, compare_and_swap, remove_empty
from posthog_wizard.install.disk import Disk
from posthog_wizard.install.lock import leftovers, sweep
from posthog_wizard.model import Change
from tests.support.disks import before_call, failing
from tests.support.machines import lay
from tests.support.tree import contents, mode, snapshot

Prepare = Callable[[Path], object]

OLD, NEW = b'{"a": 1}\n', b'{"a": 2}\n'


def nothing(path: Path) -> None:
    pass


@pytest.mark.parametrize("private", [True, False])
@pytest.mark.parametrize("bits", [0o644, 0o600, 0o666, 0o640, 0o755])
def test_keeps_the_mode_of_a_file(path: Path, private: bool, bits: int) -> None:
    path.write_bytes(OLD)
    path.chmod(bits)
    compare_and_swap(Change(path, OLD, NEW), Disk(), Terms(private=private))
    assert (path.read_bytes(), mode(path), contents(path.parent)) == (NEW, bits, ["mcp.json"])


@pytest.mark.parametrize(("private", "bits"), [(True, 0o600), (False, 0o640)])
def test_gives_a_new_file_to_its_owner_alone_when_it_holds_a_key(path: Path, private: bool, bits: int) -> None:
    umask = os.umask(0o026)
    compare_and_swap(Change(path, None, NEW), Disk(), Terms(private=private))
    os.umask(umask)
    assert (path.read_bytes(), mode(path), contents(path.parent)) == (NEW, bits, ["mcp.json"])


def test_follows_a_link_and_keeps_it(path: Path, tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    (tmp_path / "dotfiles/real.json").write_bytes(OLD)
    path.symlink_to("../dotfiles/real.json")
    compare_and_swap(Change(path, OLD, NEW), Disk())
    assert path.is_symlink()
    assert (tmp_path / "dotfiles/real.json").read_bytes() == NEW
    assert contents(tmp_path) == ["dotfiles", "dotfiles/real.json", "f", "f/mcp.json"]


def test_makes_the_directories_that_are_missing(tmp_path: Path) -> None:
    path = tmp_path / "a/b/mcp.json"
    assert files.missing_directories(path, Disk()) == (tmp_path / "a", tmp_path / "a/b")
    compare_and_swap(Change(path, None, NEW), Disk())
    assert path.read_bytes() == NEW


def test_makes_no_directory_behind_a_dangling_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("gone")
    with pytest.raises(WriteRefused, match="which does not exist"):
        compare_and_swap(Change(tmp_path / "link/mcp.json", None, NEW), Disk())
    assert contents(tmp_path) == ["link"]


def test_deletes_a_file_that_still_holds_what_was_seen(path: Path) -> None:
    path.write_bytes(OLD)
    compare_and_swap(Change(path, OLD, None), Disk())
    assert contents(path.parent) == []


def theirs(path: Path) -> None:
    path.write_bytes(b"theirs")


@pytest.mark.parametrize(
    ("prepare", "before", "after"),
    [(theirs, OLD, NEW), (theirs, OLD, None), (theirs, None, NEW), (nothing, OLD, NEW), (nothing, OLD, None)],
)
def test_writes_nothing_when_the_file_holds_something_else(
    path: Path, prepare: Prepare, before: bytes | None, after: bytes | None
) -> None:
    prepare(path)
    was = snapshot(path.parent)
    with pytest.raises(ChangedMeanwhile) as error:
        compare_and_swap(Change(path, before, after), Disk())
    assert (snapshot(path.parent), error.value.path) == (was, str(path))


@pytest.mark.parametrize(
    ("operation", "nth", "text"),
    [
        ("write", 1, b"theirs"),  # while we fill the temporary file
        ("read", 1, b"theirs"),  # just before the last look
        ("close", 2, b"theirs"),  # just after it
        ("close", 2, OLD),  # the same bytes, but not the file that we looked at
    ],
)
def test_notices_another_program_up_to_the_last_moment(path: Path, operation: str, nth: int, text: bytes) -> None:
    path.write_bytes(OLD)

    def rewrite() -> None:
        path.with_name("new").write_bytes(text)
        path.with_name("new").replace(path)

    disk = before_call(operation, rewrite, nth=nth)
    with pytest.raises(ChangedMeanwhile):
        compare_and_swap(Change(path, OLD, NEW), disk)
    assert snapshot(path.parent) == {"mcp.json": text}


def test_a_temporary_file_that_vanished_is_a_lost_race(path: Path) -> None:
    path.write_bytes(OLD)

    def sweep() -> None:
        next(path.parent.glob(".mcp.json.*")).unlink()

    with pytest.raises(ChangedMeanwhile):
        compare_and_swap(Change(path, OLD, NEW), before_call("replace", sweep))
    assert snapshot(path.parent) == {"mcp.json": OLD}


def read_only_file(path: Path) -> None:
    path.write_bytes(OLD)
    path.chmod(0o444)


def read_only_folder(path: Path) -> None:
    path.write_bytes(OLD)
    path.parent.chmod(0o555)


@pytest.mark.parametrize("after", [NEW, None])
@pytest.mark.parametrize(
    ("prepare", "said"),
    [(read_only_file, r"the file `.*mcp.json` is read-only"), (read_only_folder, r"the folder `.*f` is read-only")],
)
def test_respects_mode_bits_also_as_root(path: Path, prepare: Prepare, said: str, after: bytes | None) -> None:
    prepare(path)
    with pytest.raises(WriteRefused, match=said):
        compare_and_swap(Change(path, OLD, after), Disk())
    assert snapshot(path.parent) == {"mcp.json": OLD}


def test_what_another_user_has_is_asked_back(path: Path) -> None:
    read_only_file(path)
    os.chown(path, 4242, -1)  # as after `sudo`
    with pytest.raises(WriteRefused) as refused:
        compare_and_swap(Change(path, OLD, NEW), Disk())
    assert f"`sudo chown -R $USER {path}`" in str(refused.value.hint)


def test_makes_no_file_in_a_read_only_folder(path: Path) -> None:
    path.parent.chmod(0o555)
    with pytest.raises(WriteRefused, match=r"the folder `.*f` is read-only"):
        compare_and_swap(Change(path.parent / "sub/mcp.json", None, NEW), Disk())
    assert contents(path.parent) == []


FAILURES = [
    ("open", errno.ENOSPC, "no space left on device", "free some space"),
    ("write", errno.ENOSPC, "no space left on device", "free some space"),
    ("write", errno.EDQUOT, "disk quota exceeded", "free some of your disk quota"),
    ("write", errno.EIO, "input/output error", None),
    ("fsync", errno.ENOSPC, "no space left on device", "free some space"),
    ("replace", errno.EROFS, "read-only file system", "make the file system writable"),
    ("replace", errno.EPERM, "operation not permitted", "give yourself access"),
    ("replace", errno.EBUSY, "device or resource busy", "the file is a mount of its own: mount its folder instead"),
]


@pytest.mark.parametrize(("operation", "number", "said", "hint"), FAILURES)
def test_a_refusal_leaves_the_file_and_says_why(
    path: Path, operation: str, number: int, said: str, hint: str | None
) -> None:
    path.write_bytes(OLD)
    with pytest.raises(WriteRefused, match=f"cannot write the file: {said}") as error:
        compare_and_swap(Change(path, OLD, NEW), failing(operation, number))
    assert snapshot(path.parent) == {"mcp.json": OLD}
    assert (error.value.path, (error.value.hint or "").startswith(hint or "")) == (str(path), True)


@pytest.mark.parametrize(
    ("operation", "number", "said", "hint"), [*FAILURES, ("make_directory", errno.EROFS, "read-only file system", None)]
)
def test_a_refusal_leaves_no_new_folder(
    tmp_path: Path, operation: str, number: int, said: str, hint: str | None
) -> None:
    with pytest.raises(WriteRefused, match=said):
        compare_and_swap(Change(tmp_path / "a/b/mcp.json", None, NEW), failing(operation, number))
    assert contents(tmp_path) == []


def test_a_mount_of_its_own_is_not_deleted_either(path: Path) -> None:
    """As containers get single files."""
    path.write_bytes(OLD)
    with pytest.raises(WriteRefused, match="busy") as error:
        compare_and_swap(Change(path, OLD, None), failing("remove", errno.EBUSY))
    assert "mount its folder instead" in (error.value.hint or "")


def one_more_name(path: Path) -> None:
    os.link(path, path.with_name("other"))


def two_more_names(path: Path) -> None:
    one_more_name(path)
    os.link(path, path.with_name("third"))


@pytest.mark.parametrize("after", [NEW, None])
@pytest.mark.parametrize(
    ("prepare", "others", "said"),
    [
        (nothing, [], ""),
        (one_more_name, ["other"], "another name"),
        (two_more_names, ["other", "third"], "2 other names"),
    ],
)
def test_other_names_of_a_file_keep_the_old_text_and_are_said(
    path: Path, prepare: Prepare, others: list[str], said: str, after: bytes | None
) -> None:
    path.write_bytes(OLD)
    prepare(path)
    told = "".join(compare_and_swap(Change(path, OLD, after), Disk()))
    path.unlink(missing_ok=True)
    assert snapshot(path.parent) == dict.fromkeys(others, OLD)
    assert (said in told, bool(told)) == (True, bool(others))


LINKS: dict[str, tuple[str, str, str, bool]] = {
    "the file itself": ("p/.cursor/mcp.json", "../../mine.json", "mine.json", False),
    "its folder": ("p/.cursor", "../outside", "outside/mcp.json", False),
    "its folder, by an absolute path": ("p/.cursor", "{root}/outside", "outside/mcp.json", False),
    "a look-alike of the project": ("p/.cursor", "../p-evil", "p-evil/mcp.json", False),
    "out and in again": ("p/.cursor", "../../{name}/p/inside", "p/inside/mcp.json", True),
    "inside": ("p/.cursor", "inside", "p/inside/mcp.json", True),
    "the file, inside": ("p/.cursor/mcp.json", "../mcp.json", "p/mcp.json", True),
}


@pytest.mark.parametrize("name", LINKS)
@pytest.mark.parametrize("root", ["p", "q"])  # the project itself, and a link to it
def test_a_link_that_leads_out_of_the_project_is_refused(tmp_path: Path, name: str, root: str) -> None:
    link, target, real, fine = LINKS[name]
    lay(tmp_path, "p/", "outside/", "p-evil/", "p/inside/", str(Path(link).parent) + "/", f"{real}={OLD.decode()}")
    (tmp_path / "q").symlink_to("p")
    (tmp_path / link).symlink_to(target.format(root=tmp_path, name=tmp_path.name))
    with expectation(fine):
        compare_and_swap(Change(tmp_path / root / ".cursor/mcp.json", OLD, NEW), Disk(), Terms(within=tmp_path / root))
    assert (tmp_path / real).read_bytes() == (NEW if fine else OLD)


def expectation(fine: bool) -> AbstractContextManager[object]:
    return nullcontext() if fine else pytest.raises(WriteRefused, match="a link leads out of the project")


@pytest.mark.parametrize("operation", ["make_directory", "write", "read"])
def test_a_link_that_is_turned_around_meanwhile_leads_nowhere(tmp_path: Path, operation: str) -> None:
    lay(tmp_path, f"p/a/mcp.json={OLD.decode()}", f"outside/mcp.json={OLD.decode()}")
    path = tmp_path / "p/.cursor/mcp.json"
    path.parent.symlink_to("a")

    def turn() -> None:
        path.parent.unlink()
        path.parent.symlink_to("../outside")

    with suppress(ChangedMeanwhile):
        compare_and_swap(Change(path, OLD, NEW), before_call(operation, turn), Terms(within=tmp_path / "p"))
    assert snapshot(tmp_path / "outside") == {"mcp.json": OLD}


def test_access_that_changes_meanwhile_is_noticed(path: Path) -> None:
    path.write_bytes(OLD)
    path.chmod(0o644)
    with pytest.raises(ChangedMeanwhile):
        compare_and_swap(Change(path, OLD, NEW), before_call("write", lambda: path.chmod(0o600)))
    assert (snapshot(path.parent), mode(path)) == ({"mcp.json": OLD}, 0o600)


def test_a_mode_that_cannot_be_kept_is_a_refusal(path: Path) -> None:
    path.write_bytes(OLD)
    with pytest.raises(WriteRefused, match="operation not permitted"):
        compare_and_swap(Change(path, OLD, NEW), failing("fchmod", errno.EPERM))
    assert snapshot(path.parent) == {"mcp.json": OLD}


class ForeignDisk(Disk):
    """Every file belongs to somebody else; only root could give one away, so that is noted down."""

    def __init__(self) -> None:
        self.given: list[tuple[int, int]] = []

    def stat(self, path: Path) -> os.stat_result:
        status = list(super().stat(path))
        status[stat.ST_UID], status[stat.ST_GID] = 4242, 2424
        return os.stat_result(status)

    def fchown(self, descriptor: int, user: int, group: int) -> None:
        self.given.append((user, group))


def test_keeps_the_owner(path: Path) -> None:
    path.write_bytes(OLD)
    disk = ForeignDisk()
    compare_and_swap(Change(path, OLD, NEW), disk)
    assert (disk.given, path.read_bytes()) == ([(4242, 2424)], NEW)


def test_sweeps_away_what_a_killed_run_left(path: Path) -> None:
    kept = (
        "mcp.json",
        ".mcp.json.posthog-wizard",
        ".mcp.json.0123456789abcdeg.posthog-wizard",
        ".x.json.0123456789abcdef.posthog-wizard",
    )
    lay(path.parent, *kept, ".mcp.json.0123456789abcdef.posthog-wizard")
    sweep(leftovers(path, Disk()), Disk())
    assert contents(path.parent) == sorted(kept)


def test_what_cannot_be_swept_away_is_left(path: Path) -> None:
    path.with_name(".mcp.json.0123456789abcdef.posthog-wizard").mkdir()
    sweep(leftovers(path, Disk()), Disk())
    assert leftovers(path, Disk()) == (path.with_name(".mcp.json.0123456789abcdef.posthog-wizard"),)


def test_there_is_nothing_to_sweep_where_there_is_no_folder(tmp_path: Path) -> None:
    assert leftovers(tmp_path / "a/b/mcp.json", Disk()) == ()


def test_an_interrupt_leaves_the_old_file(path: Path) -> None:
    path.write_bytes(OLD)

    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare_and_swap(Change(path, OLD, NEW), before_call("replace", interrupt))
    assert snapshot(path.parent) == {"mcp.json": OLD}


def test_removes_directories_as_far_as_they_are_empty(tmp_path: Path) -> None:
    (tmp_path / "a/b/c").mkdir(parents=True)
    (tmp_path / "a/theirs").touch()
    remove_empty((tmp_path / "a", tmp_path / "a/b", tmp_path / "a/b/c"), Disk())
    assert contents(tmp_path) == ["a", "a/theirs"]
