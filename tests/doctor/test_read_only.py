"""On a file system that takes no writing no repair is offered, and what helps is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from posthog_wizard.clients import CLIENTS
from posthog_wizard.doctor.check import Check, Repair
from posthog_wizard.doctor.runner import without_vain_repair
from posthog_wizard.errors import WriteRefused
from posthog_wizard.install.compare_and_swap import compare_and_swap
from posthog_wizard.install.detect import at_path
from posthog_wizard.install.disk import Disk
from posthog_wizard.model import Change

HELPS = "make the file system writable, or choose other places, with `--config-path` and the XDG variables"


class ReadOnlyDisk(Disk):
    """As a system says it of a read-only mount."""

    def is_read_only(self, path: Path) -> bool:
        return True

    def may_write(self, path: Path, status: object) -> bool:
        return False


@pytest.mark.parametrize(("disk", "fix"), [(ReadOnlyDisk(), HELPS), (Disk(), "chmod")])
@pytest.mark.parametrize("in_file", [True, False])
def test_no_repair_is_offered_that_cannot_be_made(disk: Disk, fix: str, in_file: bool, tmp_path: Path) -> None:
    found = at_path(CLIENTS["cursor"], tmp_path / "mcp.json", "user") if in_file else None
    check = Check("key.exposed", "warn", "x", "y", "chmod", Repair(found, "close it"), {"path": str(tmp_path)})
    told = without_vain_repair(check, disk)
    assert (told.fix, told.fixable) == (fix, fix == "chmod")


def test_a_finding_without_a_repair_stays(tmp_path: Path) -> None:
    check = Check("key.exposed", "ok", "x", data={"path": str(tmp_path)})
    assert without_vain_repair(check, ReadOnlyDisk()) == check


def test_a_write_is_refused_with_what_helps(tmp_path: Path) -> None:
    (tmp_path / "mcp.json").write_bytes(b"{}")
    with pytest.raises(WriteRefused) as refused:
        compare_and_swap(Change(tmp_path / "mcp.json", b"{}", b"[]"), ReadOnlyDisk())
    assert refused.value.hint == HELPS


def test_an_ordinary_file_system_is_not_read_only(tmp_path: Path) -> None:
    assert not Disk().is_read_only(tmp_path / "not/there")
