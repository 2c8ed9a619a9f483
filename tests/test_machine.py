"""How this machine is seen."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from posthog_wizard.machine import (
    cache_directory,
    find_program,
    find_session_bus,
    operating_system,
    own_directories,
    temporary_directories,
)
from posthog_wizard.model import OperatingSystem
from tests.support.machines import lay, machine

UNINSTALLING = (Path(__file__).parents[1] / "docs/uninstalling.md").read_text(encoding="utf-8")
ASK = """
import json, platformdirs
said = platformdirs
paths = (said.user_state_path, said.user_config_path, said.user_data_path, said.user_cache_path)
print(json.dumps([str(path("posthog-wizard", appauthor=False)) for path in paths]))
"""


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"XDG_STATE_HOME": "/var/state"},
        {"XDG_STATE_HOME": "/s", "XDG_CONFIG_HOME": "/c", "XDG_DATA_HOME": "/d", "XDG_CACHE_HOME": "/k"},
        {"XDG_STATE_HOME": ""},
    ],
)
def test_our_directories_are_those_that_platformdirs_names(tmp_path: Path, environment: dict[str, str]) -> None:
    place = machine(tmp_path, environment=environment)
    home = {"HOME": str(place.home), "PATH": "/usr/bin:/bin"}
    said = subprocess.run([sys.executable, "-c", ASK], env={**home, **environment}, capture_output=True, check=True)
    ours = (*own_directories("linux", place.home, environment), cache_directory(place))
    assert [str(path) for path in ours] == json.loads(said.stdout)


@pytest.mark.parametrize(
    ("system", "written"),
    [
        ("linux", "~/.cache/posthog-wizard"),
        ("mac", "~/Library/Caches/posthog-wizard"),
        ("windows", "%LOCALAPPDATA%\\posthog-wizard"),
    ],
)
def test_who_uninstalls_is_told_of_the_cache(system: OperatingSystem, written: str, tmp_path: Path) -> None:
    place, below = machine(tmp_path, system), written.replace("%LOCALAPPDATA%\\", "~/AppData/Local/")
    assert cache_directory(place).is_relative_to(place.home / below.removeprefix("~/"))
    assert f"`{written}`" in UNINSTALLING


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


@pytest.mark.system("linux")
@pytest.mark.parametrize(
    ("named", "then"),
    [
        ("unix:path={bus}", "unix:path={bus}"),
        ("unix:path={bus},guid=1", "unix:path={bus},guid=1"),
        ("unix:path={escaped}", "unix:path={escaped}"),
        ("unix:path=/nowhere", "unix:path={usual}"),
        ("unix:path=/" + "x" * 300, "unix:path={usual}"),  # fails as a folder of somebody else does, after `su`
        ("${{DBUS_SESSION_BUS_ADDRESS}}", "unix:path={usual}"),
    ],
)
def test_the_usual_session_bus_is_taken_where_the_named_one_is_not_there(
    named: str, then: str, public: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus, usual = public / "a b", public / "bus"
    with socket.socket(socket.AF_UNIX) as one, socket.socket(socket.AF_UNIX) as other:
        one.bind(str(bus))
        other.bind(str(usual))
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(public))
        paths = {"bus": bus, "escaped": str(bus).replace(" ", "%20"), "usual": usual}
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", named.format(**paths))
        assert find_session_bus()
        assert os.environ["DBUS_SESSION_BUS_ADDRESS"] == then.format(**paths)
