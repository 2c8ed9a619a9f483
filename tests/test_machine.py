"""How this machine is seen."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from posthog_wizard.machine import find_program, operating_system, own_directories, temporary_directories
from posthog_wizard.model import OperatingSystem
from tests.support.machines import lay, machine

ASK = """
import json, platformdirs
paths = (platformdirs.user_state_path, platformdirs.user_config_path, platformdirs.user_data_path)
print(json.dumps([str(path("posthog-wizard", appauthor=False)) for path in paths]))
"""


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"XDG_STATE_HOME": "/var/state"},
        {"XDG_STATE_HOME": "/s", "XDG_CONFIG_HOME": "/c", "XDG_DATA_HOME": "/d"},
        {"XDG_STATE_HOME": ""},
    ],
)
def test_our_directories_are_those_that_platformdirs_names(tmp_path: Path, environment: dict[str, str]) -> None:
    home = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    said = subprocess.run([sys.executable, "-c", ASK], env={**home, **environment}, capture_output=True, check=True)
    assert [str(path) for path in own_directories("linux", tmp_path, environment)] == json.loads(said.stdout)


def test_elsewhere_platformdirs_is_asked(tmp_path: Path) -> None:
    assert {path.name for path in own_directories("mac", tmp_path, {})} == {"posthog-wizard"}


@pytest.mark.parametrize(
    ("platform", "system"), [("darwin", "mac"), ("win32", "windows"), ("linux", "linux"), ("freebsd14", "linux")]
)
def test_systems(platform: str, system: OperatingSystem) -> None:
    assert operating_system(platform) == system


@pytest.mark.parametrize(
    ("system", "environment", "path"),
    [
        ("linux", {}, "/tmp"),
        ("linux", {"TMPDIR": "/elsewhere"}, "/tmp"),
        ("linux", {}, "/var/tmp"),
        ("linux", {}, "/dev/shm"),
        ("mac", {"TMPDIR": "/private/x"}, "/private/x"),
        ("mac", {"TMPDIR": "/private/x"}, "/var/folders"),
        ("windows", {"TEMP": "C:/T"}, "C:/T"),
        ("windows", {}, "C:/Windows/Temp"),
    ],
)
def test_temporary_directories(system: OperatingSystem, environment: dict[str, str], path: str) -> None:
    assert Path(path) in temporary_directories(system, environment)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("{root}/bin", "bin/tool"),
        ("{root}/none:{root}/bin", "bin/tool"),
        ("", None),
        (":", None),
        ("{root}/none:", None),
        (":{root}/bin", "bin/tool"),
        ("{root}/none::{root}/bin:", "bin/tool"),
    ],
)
def test_an_empty_part_of_the_path_is_not_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, found: str | None
) -> None:
    """POSIX has it mean the current folder, which is the open project: anybody may have put a program there."""
    lay(tmp_path, "bin/tool!", "project/tool!")
    monkeypatch.chdir(tmp_path / "project")
    looked_at = machine(tmp_path, environment={"PATH": path})
    assert find_program(looked_at, "tool") == (tmp_path / found if found else None)
