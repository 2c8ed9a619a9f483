"""Who can read a file beside its owner, and that a new file in its place lets nobody in."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from posthog_wizard.errors import WriteRefused
from posthog_wizard.install.access import open_to_others
from posthog_wizard.install.compare_and_swap import Terms, compare_and_swap
from posthog_wizard.install.disk import Disk, MacDisk, WindowsDisk
from posthog_wizard.model import Change
from tests.support.access import GROUP, INHERITED, NAME, OWN_GROUP, STRANGER, USER, access_list, allow, can_read, rights
from tests.support.disks import MeddledDisk, failing
from tests.support.tree import mode, snapshot

OLD, NEW = b'{"a": 1}\n', b'{"a": 2}\n'
CIRCLE = 4242  # a group with members, of which the stranger is one
Seed = Callable[[Path, Path], object]


def bits(folder: int, file: int, *, circle: bool = False) -> Seed:
    """Those modes, of a group with members, or of root's own."""

    def seed(parent: Path, path: Path) -> None:
        for one, mode_bits in ((parent, folder), (path, file)):
            os.chown(one, -1, CIRCLE if circle else 0)
            one.chmod(mode_bits)

    return seed


def both(*seeds: Seed) -> Seed:
    return lambda parent, path: [seed(parent, path) for seed in seeds]


READABLE: dict[str, tuple[Seed, bool]] = {
    "a closed file": (bits(0o755, 0o600), False),
    "open to everybody": (bits(0o755, 0o644), True),
    "open to everybody but the group": (bits(0o755, 0o604), True),
    "open to the group": (bits(0o755, 0o640, circle=True), True),
    "a closed folder": (bits(0o700, 0o644), False),
    "a folder that can be entered, not listed": (bits(0o711, 0o644), True),
    "a folder that can be listed, not entered": (bits(0o744, 0o644), False),
    "a folder that the group can enter": (bits(0o750, 0o644, circle=True), True),
    "a folder that its owner's own group can enter": (bits(0o750, 0o644), False),
    "write only": (bits(0o777, 0o622), False),
    "an access list for one user": (both(bits(0o755, 0o600), lambda _, path: allow(path)), True),
    "an access list for root": (both(bits(0o755, 0o600), lambda _, path: allow(path, user=0)), False),
    "an access list that lets nobody read": (both(bits(0o755, 0o600), lambda _, path: allow(path, 2)), False),
    "an access list behind a mask": (
        both(
            bits(0o755, 0o600), lambda _, path: os.setxattr(path, NAME, access_list(0o600, (USER, 7, STRANGER), mask=0))
        ),
        False,
    ),
    "an access list for a group": (
        both(bits(0o755, 0o600), lambda _, path: os.setxattr(path, NAME, access_list(0o600, (GROUP, 4, CIRCLE)))),
        True,
    ),
    "a folder's access list": (both(bits(0o700, 0o644), lambda parent, _: allow(parent, 1, mode=0o700)), True),
    "a folder's access list that lets nobody in": (
        both(bits(0o700, 0o644), lambda parent, _: allow(parent, 6, mode=0o700)),
        False,
    ),
}


@pytest.mark.parametrize("name", READABLE)
def test_others_can_read_it_when_the_system_lets_them(public: Path, name: str) -> None:
    seed, readable = READABLE[name]
    path = public / "a/mcp.json"
    path.parent.mkdir()
    path.write_bytes(OLD)
    seed(path.parent, path)
    assert (open_to_others(path, Disk()), can_read(path, STRANGER, CIRCLE)) == (readable, readable)


def test_a_link_is_as_open_as_what_it_leads_to(public: Path, tmp_path: Path) -> None:
    (tmp_path / "real.json").write_bytes(OLD)
    (public / "mcp.json").symlink_to(tmp_path / "real.json")
    assert (open_to_others(public / "mcp.json", Disk()), can_read(public / "mcp.json")) == (False, False)


def test_a_files_own_group_counts_whoever_is_in_it_today(public: Path) -> None:
    (public / "mcp.json").write_bytes(OLD)
    (public / "mcp.json").chmod(0o640)
    assert open_to_others(public / "mcp.json", Disk())


@pytest.mark.parametrize("garbage", [b"", b"\x03\x00\x00\x00", b"\x02\x00\x00\x00\x01"])
def test_an_access_list_that_nobody_understands_is_judged_by_the_mode(public: Path, garbage: bytes) -> None:
    class Odd(Disk):
        def access_list(self, path: Path) -> bytes | None:
            return garbage

    (public / "mcp.json").write_bytes(OLD)
    (public / "mcp.json").chmod(0o644)
    assert open_to_others(public / "mcp.json", Odd())


def test_modes_say_nothing_on_windows(public: Path) -> None:
    (public / "mcp.json").write_bytes(OLD)
    (public / "mcp.json").chmod(0o666)
    assert not open_to_others(public / "mcp.json", WindowsDisk())


# ------------------------------------------------------------------ a new file in an old one's place

GRANTS = {
    "a user": access_list(0o640, (USER, 4, STRANGER)),
    "a group that may more than the file's own": access_list(0o600, (GROUP, 6, CIRCLE), (USER, 0, STRANGER), mask=6),
    "a mask that takes everything": access_list(0o660, (USER, 7, STRANGER), mask=0),
}


@pytest.mark.parametrize("name", GRANTS)
def test_an_access_list_is_kept_to_the_byte(path: Path, name: str) -> None:
    path.write_bytes(OLD)
    os.setxattr(path, NAME, GRANTS[name])
    was = rights(path)
    assert compare_and_swap(Change(path, OLD, NEW), Disk()) == ()
    assert (path.read_bytes(), rights(path)) == (NEW, was)


@pytest.mark.parametrize("name", GRANTS)
def test_a_file_is_closed_with_its_access_list_and_opened_again(path: Path, name: str) -> None:
    path.write_bytes(OLD)
    os.setxattr(path, NAME, GRANTS[name])
    was = rights(path)
    compare_and_swap(Change(path, OLD, NEW), Disk(), Terms(mode=0o600))
    assert (mode(path), can_read(path)) == (0o600, False)
    compare_and_swap(Change(path, NEW, OLD), Disk(), Terms(mode=was[0]))
    assert rights(path) == was


@pytest.mark.parametrize("attribute", ["user.note", "user.com.example.tag"])
def test_attributes_are_kept(path: Path, attribute: str) -> None:
    """Those of other name spaces take rights that containers do not give."""
    path.write_bytes(OLD)
    os.setxattr(path, attribute, b"mine\0")
    assert compare_and_swap(Change(path, OLD, NEW), Disk()) == ()
    assert os.getxattr(path, attribute) == b"mine\0"


@pytest.mark.parametrize("before", [0o600, 0o640, 0o644])
def test_what_a_folder_hands_down_lets_nobody_in(path: Path, before: int) -> None:
    path.write_bytes(OLD)
    path.chmod(before)
    was = rights(path)
    allow(path.parent, 7, mode=0o700, name=INHERITED)
    compare_and_swap(Change(path, OLD, NEW), Disk())
    assert rights(path) == was


class OtherGroupDisk(Disk):
    """The file belongs to a group that we are not in: it cannot be given to it again."""

    def __init__(self, user: int = 0) -> None:
        self.user = user

    def stat(self, path: Path) -> os.stat_result:
        return self._others(super().stat(path))

    def _others(self, status: os.stat_result) -> os.stat_result:
        return os.stat_result((*status[:4], self.user, CIRCLE, *status[6:]), dict(_times(status)))

    def fchown(self, descriptor: int, user: int, group: int) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))


def _times(status: os.stat_result) -> list[tuple[str, Any]]:
    return [(name, getattr(status, name)) for name in ("st_mtime_ns", "st_ctime_ns", "st_atime_ns")]


@pytest.mark.parametrize(
    ("before", "after"),
    [(0o660, 0o600), (0o640, 0o600), (0o644, 0o644), (0o664, 0o644), (0o604, 0o600), (0o2755, 0o755), (0o600, 0o600)],
)
def test_a_group_that_cannot_be_kept_gives_nobody_a_right(path: Path, before: int, after: int) -> None:
    path.write_bytes(OLD)
    path.chmod(before)
    (said,) = compare_and_swap(Change(path, OLD, NEW), OtherGroupDisk())
    assert (path.read_bytes(), mode(path)) == (NEW, after)
    assert "its group could not be kept" in said


@pytest.mark.parametrize(
    ("disk", "seed", "said", "hint"),
    [
        (OtherGroupDisk(), allow, "an access list for a group that you are not in", "chgrp"),
        (OtherGroupDisk(user=4242), Path.touch, "belongs to another user", "sudo chown"),
        (
            failing("set_attribute", errno.EOPNOTSUPP),
            allow,
            "access list could not be kept: operation not",
            "setfacl -b",
        ),
        (failing("attributes", errno.EIO), Path.touch, "cannot write the file: input/output error", None),
    ],
)
def test_what_cannot_be_kept_and_protects_is_a_refusal(
    path: Path, disk: Disk, seed: Callable[[Path], object], said: str, hint: str | None
) -> None:
    path.write_bytes(OLD)
    seed(path)
    was = rights(path)
    with pytest.raises(WriteRefused, match=said) as refusal:
        compare_and_swap(Change(path, OLD, NEW), disk)
    assert (hint or "") in (refusal.value.hint or "")
    assert (snapshot(path.parent), rights(path)) == ({"mcp.json": OLD}, was)


def test_what_cannot_be_kept_and_protects_nothing_is_said(path: Path) -> None:
    path.write_bytes(OLD)
    os.setxattr(path, "user.note", b"mine")
    assert compare_and_swap(Change(path, OLD, NEW), failing("set_attribute", errno.ENOSPC)) == (
        "its extended attribute 'user.note' could not be kept",
    )
    assert path.read_bytes() == NEW


def test_sums_of_the_old_content_are_not_carried_along(path: Path) -> None:
    class Measured(Disk):
        def attributes(self, file: Path | int) -> dict[str, bytes]:
            return {"security.ima": b"sum of the old content"} if isinstance(file, Path) else {}

    path.write_bytes(OLD)
    assert compare_and_swap(Change(path, OLD, NEW), Measured()) == ()


@pytest.mark.parametrize("number", [errno.ENOTSUP, errno.ENOSYS])
def test_a_file_system_without_attributes_has_none(number: int, path: Path) -> None:
    class Poor(Disk):
        def names_of_attributes(self, file: Path | int) -> list[str]:
            raise OSError(number, os.strerror(number))

    path.write_bytes(OLD)
    assert (Poor().attributes(path), compare_and_swap(Change(path, OLD, NEW), Poor())) == ({}, ())


def modeless(path: Path, refuses: bool) -> MeddledDisk:
    """FAT and its like: a mode cannot be set, which some say and others do not."""

    class Modeless(MeddledDisk):
        def fchmod(self, descriptor: int, mode: int) -> None:
            if refuses:
                raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))
            os.fchmod(descriptor, 0o777)

    return Modeless(lambda *_: None)


@pytest.mark.parametrize("refuses", [True, False])
def test_a_mode_that_cannot_be_set_is_said(path: Path, refuses: bool) -> None:
    path.write_bytes(OLD)
    path.chmod(0o777)
    (said,) = compare_and_swap(Change(path, OLD, NEW), modeless(path, refuses), Terms(mode=0o600))
    assert "its mode could not be changed" in said
    assert "`--secret store`" in said


class CopyLibrary:
    """macOS' fcopyfile, which copies what it is told."""

    def __init__(self, answer: int = 0) -> None:
        self.answer = answer
        self.calls: list[tuple[bytes, int]] = []

    def fcopyfile(self, source: int, target: int, state: None, flags: int) -> int:
        self.calls.append((os.read(source, 100), flags))
        return self.answer


def test_macos_copies_access_list_and_attributes(path: Path) -> None:
    path.write_bytes(OLD)
    library = CopyLibrary()
    compare_and_swap(Change(path, OLD, NEW), MacDisk(library))
    assert (library.calls, path.read_bytes()) == ([(OLD, 0b101)], NEW)


def test_macos_refuses_where_that_fails(path: Path) -> None:
    path.write_bytes(OLD)
    with pytest.raises(WriteRefused):
        compare_and_swap(Change(path, OLD, NEW), MacDisk(CopyLibrary(-1)))
    assert snapshot(path.parent) == {"mcp.json": OLD}


def test_own_group_is_a_tag_of_the_list() -> None:
    assert access_list(0o640)[12:14] == OWN_GROUP.to_bytes(2, "little")
