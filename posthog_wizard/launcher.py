"""The words that start this program: which they are, whether they will start it tomorrow, and the proof that they do.

A script proves itself by this very run, if the system started it by its first line and found us without PYTHONPATH; it
may be there and name a Python that is gone, since its environment was moved. What proves itself in no such way is
started once with `--version` before it is written anywhere, without what only this shell has.
"""

import os
import re
from functools import cache
from pathlib import Path

from posthog_wizard.errors import WizardError
from posthog_wizard.model import Machine, OperatingSystem

PROGRAM = "posthog-wizard"
_Words = tuple[str, ...]
_SHEBANG = 4096  # bytes in which a script names its interpreter
_PATIENCE = 30.0  # seconds for `--version`, on a busy machine
_KEPT = ("HOME", "USERPROFILE", "SYSTEMROOT", "LANG")
_PASSING = {"", "overlay", "tmpfs"}  # file systems that end with a container, too
# Caches by their folders' names, wherever a flag, a variable or a file of settings has put them: uv's, pixi's.
# https://docs.astral.sh/uv/reference/internals/ and https://pixi.sh/latest/reference/cli/pixi/exec/
_CACHE = re.compile(r"(?:archive|builds|environments|cached-envs)-v\d+")


def launchers(
    system: OperatingSystem, argv0: str, python: str, package: Path, python_path: str = ""
) -> tuple[tuple[_Words, ...], bool]:
    """The words that may start this program from any folder, best first, and whether this very run proves the best.

    The console program by its absolute path, symbolic links not resolved, so that an upgrade behind the link is
    followed. It lies beside Python, or where `pip install --user` puts it for our `package`. Where there is none, this
    Python with `-I`: clients start servers in the open project, and a folder `typer/` there must not be imported.
    """
    name = f"{PROGRAM}.exe" if system == "windows" else PROGRAM
    folder, module = Path(python).absolute().parent, (python, "-I", "-m", "posthog_wizard")
    started_as, site = Path(argv0).absolute().with_name(name), package.parent
    if Path(argv0).stem == PROGRAM and why_broken(str(started_as)) is None:
        return ((str(started_as),), module), _is_of(started_as, folder) and not _is_lent(site, python_path)
    user = site.parent / "Scripts" if system == "windows" else site.parent.parent.parent / "bin"
    beside = [one for one in dict.fromkeys((folder / name, user / name)) if why_broken(str(one)) is None]
    return (*((str(one),) for one in beside if _is_of(one, folder)), module), False


def _is_lent(site: Path, python_path: str) -> bool:
    """Whether PYTHONPATH alone may lead to that folder, as after `pip install --target`; sources are installed, too."""
    named = map(Path, filter(None, python_path.split(os.pathsep)))
    return site in named and not (site / "pyproject.toml").exists()


def _is_of(script: Path, folder: Path) -> bool:
    """Whether it runs by the Python in that folder; a program that is no script, as Windows has them, always does."""
    interpreter = interpreter_of(script)
    return interpreter is None or interpreter.parent == folder


@cache
def starts(words: _Words, home: str) -> bool:
    """Whether they start a posthog-wizard, in a folder and environment that have nothing but a home."""
    import subprocess  # noqa: PLC0415 - few runs start anything

    environment = {name: os.environ[name] for name in _KEPT if name in os.environ} | {"PATH": os.defpath}
    try:
        done = subprocess.run(
            [*words, "--version"],
            env=environment,
            cwd=home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and done.stdout.startswith(PROGRAM.encode())


def with_proven_launcher(machine: Machine) -> Machine:
    """The machine with words that have started this program; as it is where none do."""
    proven = next((words for words in machine.untried if starts(words, str(machine.home))), None)
    return machine if proven is None else machine._replace(launcher=proven, untried=())


# ------------------------------------------------------------------ will it be there tomorrow?


def launcher_problem(machine: Machine) -> str | None:
    """Why an entry that starts this program would not work tomorrow; None where it will."""
    if not Path(machine.launcher[0]).is_absolute():
        return None  # a name in a project's file, for each machine's own PATH
    machine = with_proven_launcher(machine)
    if machine.untried:
        return f"`{' '.join(machine.launcher)}` does not start outside of this shell, so no entry could start it"
    where = short_lived(machine.launcher[0], machine) or short_lived(__file__, machine)
    return where and f"`{machine.launcher[0]}` is in {where}, and an entry that starts it would stop working"


def short_lived(program: str, machine: Machine) -> str | None:
    """What will be cleaned away with a program, or the Python that it runs by, wherever links lead; None: nothing."""
    path = Path(program)
    needed = [path, *filter(None, (interpreter_of(path),))]
    real = {way for one in needed for way in (one.absolute(), one.parent.resolve() / one.name, one.resolve())}
    folders = {folder for named in _temporary_folders(machine) for folder in (named, named.resolve())}
    if any(one.is_relative_to(folder) for one in real for folder in folders):
        return "a temporary folder"
    if any(_CACHE.fullmatch(part) for one in real for part in one.parts):
        return "a temporary folder, a cache of programs that are run once"
    outlived = _mount_of(path.resolve(), machine.mounts)
    home = _mount_of(machine.home.resolve(), machine.mounts)
    return "a container that your home folder outlives" if outlived == "overlay" and home not in _PASSING else None


def _stamp() -> tuple[int, ...]:
    try:
        status = Path(__file__).stat()
    except OSError:
        return ()
    return status.st_dev, status.st_ino, status.st_mtime_ns


_STARTED = _stamp()


def replaced_since_start() -> WizardError | None:
    """What an error comes of that nobody foresaw, where the files that are loaded now are gone, or of another version."""
    if _stamp() == _STARTED:
        return None
    told = f"{PROGRAM} was updated or removed while this server ran"
    return WizardError(told, "start the server anew: reconnect it in the client, or restart the client")


def _mount_of(path: Path, mounts: str) -> str:
    """The kind of file system that a path lies on; empty where nothing tells.

    https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html
    """
    found = [(line.split()[4], line.partition(" - ")[2].partition(" ")[0]) for line in mounts.splitlines()]
    return max(((len(point), kind) for point, kind in found if path.is_relative_to(point)), default=(0, ""))[1]


def _temporary_folders(machine: Machine) -> tuple[Path, ...]:
    """Folders whose programs die: uv keeps `uvx` environments in its cache, pipx those of `pipx run`.

    Sources: https://docs.astral.sh/uv/reference/storage/ and, for pipx, `venv_cache` in its `paths.py`, which has the
    user's cache folder as platformdirs names it.
    """
    home, look = machine.home, machine.environment.get
    cache = Path(look("XDG_CACHE_HOME") or home / ".cache")
    local = Path(look("LOCALAPPDATA") or home / "AppData/Local")
    kept = home / "Library"
    own = {
        "mac": (home / ".cache/uv", kept / "Caches/uv", kept / "Caches/pipx", kept / "Application Support/pipx/.cache"),
        "linux": (cache / "uv", cache / "pipx", home / ".local/share/pipx/.cache", Path("/opt/pipx/.cache")),
        "windows": (local / "uv/cache", local / "pipx/pipx/Cache", local / "pipx/pipx/.cache", home / "pipx/.cache"),
    }[machine.os]
    rows = (("PIPX_HOME", ".cache"), ("PIPX_GLOBAL_HOME", ".cache"), ("UV_CACHE_DIR", ""))
    named = [Path(look(name, "")) / below for name, below in rows if look(name)]
    return (*machine.temporary_directories, *own, home / ".local/pipx/.cache", *named)


def why_broken(program: str) -> str | None:
    """Why a program cannot be started; None when it can, as far as the file tells."""
    path = Path(program)
    if not os.path.lexists(path):
        return f"`{program}` does not exist any more: the environment was moved or deleted"
    if not path.exists():
        return f"`{program}` is a link to `{path.readlink()}`, which is gone: Python was upgraded or removed"
    if path.is_dir() or not os.access(path, os.X_OK):
        return f"`{program}` cannot be executed"
    interpreter = interpreter_of(path)
    if interpreter is not None and not interpreter.exists():
        return f"`{program}` needs `{interpreter}`, which is gone: its environment was moved, or Python was upgraded"
    return None


def interpreter_of(path: Path) -> Path | None:
    """The program that a script names in its first line; pip hides long ones behind `/bin/sh` in the second."""
    try:
        with path.open("rb") as file:
            head = file.read(_SHEBANG)
    except OSError:
        return None
    if not head.startswith(b"#!"):
        return None
    lines = head.decode(errors="replace").splitlines()
    first = lines[0].removeprefix("#!").strip()
    if first == "/bin/sh" and len(lines) > 1 and lines[1].startswith("'''exec' "):
        first = lines[1].removeprefix("'''exec' ").partition(' "$0"')[0].strip('"')
    else:
        first = first.partition(" ")[0]
    return Path(first) if first.startswith("/") else None
