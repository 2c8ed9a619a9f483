"""Reading a config file."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from posthog_wizard.errors import Unreadable, WriteRefused
from posthog_wizard.install import files
from posthog_wizard.install.compare_and_swap import compare_and_swap
from posthog_wizard.install.disk import Disk
from posthog_wizard.model import Change
from tests.support.disks import failing
from tests.support.tree import mode

Prepare = Callable[[Path], object]

OLD, NEW = b'{"a": 1}\n', b'{"a": 2}\n'


def a_link(path: Path) -> None:
    path.with_name("real.json").write_bytes(OLD)
    path.symlink_to("real.json")


def a_file(path: Path) -> None:
    path.write_bytes(OLD)


def nothing(path: Path) -> None:
    pass


def a_dangling_link(path: Path) -> None:
    path.symlink_to("gone.json")


def a_loop(path: Path) -> None:
    path.symlink_to(path.name)


def a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


def below_a_file(path: Path) -> None:
    path.parent.rmdir()
    path.parent.write_bytes(b"")


@pytest.mark.parametrize(("prepare", "content"), [(nothing, None), (a_file, OLD), (a_link, OLD)])
def test_reads_what_is_there(path: Path, prepare: Prepare, content: bytes | None) -> None:
    prepare(path)
    assert files.read_file(path, Disk()) == content


@pytest.mark.parametrize(
    ("prepare", "said"),
    [
        (Path.mkdir, "this is a directory, not a file"),
        (os.mkfifo, "this is a named pipe, not a file"),
        (a_socket, "this is a socket, not a file"),
        (lambda path: path.symlink_to("/dev/null"), "this is a device, not a file"),
        (a_dangling_link, "gone.json`, which does not exist"),
        (a_loop, "too many levels of symbolic links"),
        (below_a_file, "not a directory"),
    ],
)
def test_refuses_to_read_and_to_write_what_is_no_file(path: Path, prepare: Prepare, said: str) -> None:
    prepare(path)
    with pytest.raises(Unreadable, match=said) as reading:
        files.read_file(path, Disk())
    with pytest.raises(WriteRefused, match=said) as writing:
        compare_and_swap(Change(path, None, NEW), Disk())
    assert (reading.value.path, writing.value.path) == (str(path), str(path))


@pytest.mark.parametrize(
    ("operation", "number", "said"),
    [
        ("open", errno.EACCES, "permission denied"),
        ("read", errno.EIO, "input/output error"),
        ("stat", errno.EACCES, "permission denied"),
    ],
)
def test_says_why_a_file_cannot_be_read(path: Path, operation: str, number: int, said: str) -> None:
    path.write_bytes(OLD)
    with pytest.raises(Unreadable, match=said):
        files.read_file(path, failing(operation, number))


@pytest.mark.parametrize(("prepare", "bits"), [(nothing, 0o700), (lambda path: path.mkdir(0o755), 0o700)])
def test_keeps_our_own_folder_to_ourselves(path: Path, prepare: Prepare, bits: int) -> None:
    prepare(path)
    files.own_directory(path, Disk())
    assert mode(path) == bits
