"""The only code that looks at the operating system, the home directory, the environment and the PATH."""

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from posthog_wizard.errors import Unreadable
from posthog_wizard.launcher import PROGRAM, launchers
from posthog_wizard.model import Machine, OperatingSystem

# https://specifications.freedesktop.org/basedir-spec/latest/
_TEMPORARY: Mapping[OperatingSystem, tuple[str, ...]] = {
    "mac": ("/tmp", "/var/tmp", "/var/folders"),  # noqa: S108 - named, not used
    "linux": ("/tmp", "/var/tmp", "/dev/shm", "/run/user"),  # noqa: S108 - as above
    "windows": ("C:/Windows/Temp",),
}
_MOUNTS = Path("/proc/self/mountinfo")  # which file systems there are, where the system is Linux
_BUS = "DBUS_SESSION_BUS_ADDRESS"
_XDG = (("XDG_STATE_HOME", ".local/state"), ("XDG_CONFIG_HOME", ".config"), ("XDG_DATA_HOME", ".local/share"))


def this_machine() -> Machine:
    """The machine that this process runs on. Raises Unreadable when its current folder is gone."""
    system, environment = operating_system(sys.platform), this_environment()
    home = _home()
    state, config, data = own_directories(system, home, environment)
    package = Path(__file__).absolute().parent
    ways, proven = launchers(system, sys.argv[0], sys.executable, package, environment.get("PYTHONPATH", ""))
    return Machine(
        os=system,
        home=home,
        environment=environment,
        working_directory=_working_directory(),
        state_directory=state,
        config_directory=config,
        data_directory=data,
        launcher=ways[0],
        untried=() if proven else ways,
        application_directories=(Path("/Applications"), home / "Applications") if system == "mac" else (),
        temporary_directories=temporary_directories(system, environment),
        mounts=_MOUNTS.read_text() if _MOUNTS.exists() else "",
    )


def this_environment() -> dict[str, str]:
    """The environment's variables of this process."""
    return dict(os.environ)


def own_directories(system: OperatingSystem, home: Path, environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Where this program keeps its state, its configuration and its data.

    On Linux the three lines of the XDG specification, since platformdirs, which says the same (a test compares them),
    takes 3 of the 85 ms of `mcp add` to import. Elsewhere what platformdirs says.
    """
    if system == "linux":
        return tuple(_xdg(environment.get(name, ""), home / usual) / PROGRAM for name, usual in _XDG)
    import platformdirs  # noqa: PLC0415 - see above

    said = (platformdirs.user_state_path, platformdirs.user_config_path, platformdirs.user_data_path)
    return tuple(path(PROGRAM, appauthor=False) for path in said)


def cache_directory(machine: Machine) -> Path:
    """Where this program keeps what can be had again, as `platformdirs.user_cache_path` says (a test compares them)."""
    local = machine.environment.get("LOCALAPPDATA") or machine.home / "AppData/Local"
    return {
        "mac": machine.home / "Library/Caches" / PROGRAM,
        "windows": Path(local) / PROGRAM / "Cache",
        "linux": _xdg(machine.environment.get("XDG_CACHE_HOME", ""), machine.home / ".cache") / PROGRAM,
    }[machine.os]


def _xdg(named: str, usual: Path) -> Path:
    return Path(named) if named.startswith("/") else usual  # the specification has relative paths ignored


def _home() -> Path:
    """The user's home; a relative HOME, which would be a folder of the open project, counts as none."""
    home = Path.home()
    if home.is_absolute():
        return home
    with suppress(ImportError, KeyError):  # Windows has no such list; a user of a container may not be in it
        import pwd  # noqa: PLC0415 - see above

        home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    if not home.is_absolute():
        raise Unreadable("HOME is not an absolute path, so your files cannot be found", "set HOME to your home folder")
    return home


def _working_directory() -> Path:
    try:
        return Path.cwd()
    except OSError as problem:
        raise Unreadable(f"the current folder is gone: {problem.strerror}", "change to another folder") from problem


def operating_system(platform: str) -> OperatingSystem:
    """`sys.platform` in our words; every other Unix counts as Linux."""
    return {"darwin": "mac", "win32": "windows"}.get(platform, "linux")  # type: ignore[return-value]


def temporary_directories(system: OperatingSystem, environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Where programs put what need not last: what `tempfile` takes (which takes 2 ms to import), and the usual places."""
    named = [Path(environment[name]) for name in ("TMPDIR", "TEMP", "TMP") if environment.get(name)]
    return (*named, *map(Path, _TEMPORARY[system]))


def find_session_bus() -> bool:
    """Whether there is a session bus that libraries find; one that no variable names is named, where systemd has it.

    So is it where the named one has ended with its session, as in a tmux that goes on, or in an entry from then.
    https://www.freedesktop.org/software/systemd/man/latest/sd_bus_default.html
    """
    named = os.environ.get(_BUS, "")
    if sys.platform != "linux" or any(map(_may_be_there, named.split(";"))):
        return True
    for folder in (os.environ.get("XDG_RUNTIME_DIR"), f"/run/user/{os.getuid()}"):
        if folder and _is_socket(Path(folder, "bus")) and Path(folder, "bus").stat().st_uid == os.getuid():
            os.environ[_BUS] = f"unix:path={folder}/bus"
            return True
    return "=" in named


def _may_be_there(bus: str) -> bool:
    """Whether that is an address, since clients hand over names, too; a path must lead to a socket."""
    from urllib.parse import unquote  # noqa: PLC0415 - where a keyring is looked for

    path = unquote(bus.removeprefix("unix:path=").partition(",")[0])
    return "=" in bus and (not bus.startswith("unix:path=") or _is_socket(Path(path)))


def _is_socket(path: Path) -> bool:
    try:
        return path.is_socket()
    except OSError:  # in a folder that we may not enter, as after `su`
        return False


def find_program(machine: Machine, name: str) -> Path | None:
    """The first file of that name on the machine's PATH; on Windows with the endings of PATHEXT."""
    windows, look = machine.os == "windows", machine.environment.get
    endings = look("PATHEXT", ".COM;.EXE;.BAT;.CMD").lower().split(";") if windows else [""]
    for folder in look("PATH", "").split(";" if windows else ":"):
        for candidate in (Path(folder) / f"{name}{ending}" for ending in endings):
            # `Path.is_file` would fail in a folder that we may not enter
            if folder and os.path.isfile(candidate) and (windows or os.access(candidate, os.X_OK)):  # noqa: PTH113
                return candidate
    return None


def absolute_folders(path: str, system: OperatingSystem) -> str:
    """The PATH without its relative folders, which are folders of the open project; empty where nothing is left."""
    separator = ";" if system == "windows" else ":"
    return separator.join(folder for folder in path.split(separator) if Path(folder).is_absolute())
