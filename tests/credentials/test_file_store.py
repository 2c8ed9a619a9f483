"""The key file: one key a profile, for one host, in a file that only its owner can read; and what is refused."""

from __future__ import annotations

import json
import os
import shlex
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from posthog_wizard.credentials import store
from posthog_wizard.credentials.reference import KeyReference, parse_reference
from posthog_wizard.errors import CredentialError, NoStoredKey, StoreUnusable, WrongHost, WrongUsage
from posthog_wizard.install.disk import Disk
from posthog_wizard.install.lock import hold, own_leftovers
from posthog_wizard.model import Machine, Secret
from tests.support.machines import KEY, machine
from tests.support.program import OTHER_KEY
from tests.support.tree import snapshot

US, EU = "https://us.posthog.com", "https://eu.posthog.com"
PLACE, OTHER = KeyReference("file-store", "default"), KeyReference("file-store", "work")
WHOLE = {"version": 1, "keys": {"default": {"host": US, "key": KEY}}}


def kept(root: Path) -> tuple[Machine, Path]:
    """A machine whose key file holds the key of the profile `default`, and that file."""
    here = machine(root)
    store.write(PLACE, US, Secret(KEY), here)
    return here, here.config_directory / "keys.json"


def test_a_key_is_kept_privately_beside_others_and_forgotten(tmp_path: Path) -> None:
    here, path = kept(tmp_path)
    store.write(OTHER, EU, Secret(OTHER_KEY), here)
    assert (store.read(PLACE, US, here), store.read(OTHER, EU, here)) == (Secret(KEY), Secret(OTHER_KEY))
    assert [stat.S_IMODE(one.stat().st_mode) for one in (path, path.parent)] == [0o600, 0o700]
    assert sorted(one.name for one in path.parent.iterdir()) == ["keys.json", "keys.json.lock"]
    store.forget(PLACE, US, here)
    store.forget(PLACE, US, here)
    assert (KEY in path.read_text(), store.read(OTHER, EU, here)) == (False, Secret(OTHER_KEY))
    store.forget(OTHER, EU, here)
    assert not path.exists()


@pytest.mark.parametrize(
    ("reference", "host", "kind", "words"),
    [
        (PLACE, EU, WrongHost, f"is for `{US}`, and was asked for `{EU}`"),
        (PLACE, f"{US}.evil.example", WrongHost, "evil.example"),
        (OTHER, US, NoStoredKey, "holds no key for the profile `work`"),
    ],
)
def test_a_key_is_given_for_its_own_host_alone(
    reference: KeyReference, host: str, kind: type[CredentialError], words: str, tmp_path: Path
) -> None:
    here, _ = kept(tmp_path)
    with pytest.raises(kind) as refusal:
        store.read(reference, host, here)
    assert words in refusal.value.message
    assert "key set" in str(refusal.value.hint)
    assert KEY not in str(refusal.value)


def linked(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


def replaced_by_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def replaced_by_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


def text(content: object) -> Callable[[Path], object]:
    return lambda path: path.write_text(content if isinstance(content, str) else json.dumps(content))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda path: path.chmod(0o640), "can be read by other users of this machine (mode 640)"),
        (lambda path: path.chmod(0o604), "(mode 604)"),
        (linked, "is a symbolic link"),
        (replaced_by_a_folder, "keys.json`"),
        (replaced_by_a_pipe, "is not a regular file"),
        (text(""), "it is not JSON"),
        (lambda path: path.write_text("[" * 100_000), "it is not JSON"),
        (text('{"version": 1, "keys": {'), "it is not JSON"),
        (text("\udc80".encode("utf-8", "surrogateescape").decode("latin-1")), "it is not JSON"),
        (text([]), "it does not say that its version is 1"),
        (text({**WHOLE, "version": 2}), "it does not say that its version is 1"),
        (text({"version": 1, "keys": []}), "it does not have the structure"),
        (text({"version": 1, "keys": {"default": KEY}}), "it does not have the structure"),
        (text({"version": 1, "keys": {"default": {"host": US, "key": ""}}}), "it does not have the structure"),
        (text({"version": 1, "keys": {"default": {"host": US}}}), "it does not have the structure"),
    ],
)
def test_a_file_that_is_not_as_it_should_be(change: Callable[[Path], object], words: str, tmp_path: Path) -> None:
    here, path = kept(tmp_path)
    change(path)
    with pytest.raises(StoreUnusable) as refusal:
        store.read(PLACE, US, here)
    assert words in refusal.value.message
    assert str(path) in refusal.value.message
    assert KEY not in refusal.value.message
    assert refusal.value.hint


def test_the_command_in_the_hint_can_be_pasted(tmp_path: Path) -> None:
    """On macOS our folder is below `Application Support`."""
    (tmp_path / "Application Support").mkdir()
    here, path = kept(tmp_path / "Application Support")
    path.chmod(0o644)
    with pytest.raises(StoreUnusable) as refusal:
        store.read(PLACE, US, here)
    assert shlex.split(str(refusal.value.hint).split("`")[1]) == ["chmod", "600", str(path)]


def test_a_foreign_file_is_never_overwritten(tmp_path: Path) -> None:
    here, path = kept(tmp_path)
    path.write_text('{"somebody": "else"}')
    with pytest.raises(StoreUnusable):
        store.write(PLACE, US, Secret(OTHER_KEY), here)
    assert path.read_text() == '{"somebody": "else"}'


def test_a_link_is_never_followed_when_a_key_is_written(tmp_path: Path) -> None:
    here = machine(tmp_path)
    here.config_directory.mkdir()
    (here.config_directory / "keys.json").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreUnusable, match="symbolic link"):
        store.write(PLACE, US, Secret(KEY), here)
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_others_can_enter_is_closed(tmp_path: Path) -> None:
    here = machine(tmp_path)
    here.config_directory.mkdir(mode=0o755)
    store.write(PLACE, US, Secret(KEY), here)
    assert stat.S_IMODE(here.config_directory.stat().st_mode) == 0o700


def test_where_nothing_can_be_written_it_is_said(tmp_path: Path) -> None:
    here = machine(tmp_path)
    here.config_directory.write_text("a file")
    with pytest.raises(StoreUnusable, match="cannot read") as refusal:
        store.write(PLACE, US, Secret(KEY), here)
    assert "a folder has to be where" in str(refusal.value.hint)


def test_a_run_that_is_killed_while_it_writes_leaves_what_the_next_one_finds(tmp_path: Path) -> None:
    here, path = kept(tmp_path)
    path.with_name(".keys.json.bak").write_text("theirs")
    script = "import os, sys; from pathlib import Path; from posthog_wizard.credentials import private_file as p;"
    script += "os.fsync = lambda _: os.kill(os.getpid(), 9); p.replace_private(Path(sys.argv[1]), b'phx_left')"
    subprocess.run([sys.executable, "-c", script, path], check=False)
    (left,) = own_leftovers(here, Disk())
    assert (left.read_bytes(), stat.S_IMODE(left.stat().st_mode)) == (b"phx_left", 0o600)
    assert store.read(PLACE, US, here) == Secret(KEY)
    with hold(here, Disk(), "key set"):
        assert sorted(one.name for one in path.parent.iterdir()) == [".keys.json.bak", "keys.json", "keys.json.lock"]


def test_a_file_that_was_swept_while_it_was_written_is_written_again(tmp_path: Path) -> None:
    """By a wizard that holds the lock, while we need none."""
    path = tmp_path / "keys.json"
    script = "import os, sys; from pathlib import Path; from posthog_wizard.credentials import private_file as p;"
    script += (
        "once = [1]; os.fsync = lambda _: once and os.unlink(*Path(sys.argv[1]).parent.glob('.*')) or once.clear();"
    )
    script += "p.replace_private(Path(sys.argv[1]), b'new')"
    subprocess.run([sys.executable, "-c", script, path], check=True)
    assert snapshot(tmp_path) == {"keys.json": b"new"}


@pytest.mark.parametrize("reference", ["env:NAME", "file:key.txt", "command:pass show posthog"])
def test_what_is_kept_elsewhere_is_not_ours_to_write_or_forget(reference: str, tmp_path: Path) -> None:
    here, place = machine(tmp_path), parse_reference(reference)
    with pytest.raises(WrongUsage, match="not ours to write to"):
        store.write(place, US, Secret(KEY), here)
    store.forget(place, US, here)
    assert not here.config_directory.exists()
