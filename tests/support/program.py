"""The real program in a home of its own; every run is searched for keys that got out.

    result = run(["mcp", "add", "cursor", "--no-verify", "--json"], home, POSTHOG_PERSONAL_API_KEY=KEY)
    assert result.code == 0

It runs in this process, whose environment, folder and streams are the run's meanwhile, since starting one takes twenty
times as long. `process=True` starts one for what only a process can show: signals, encodings, broken pipes, terminals,
umask, locks between processes, kill points, how it begins and ends.

Nothing of the real machine is seen: HOME, XDG_*, TMPDIR and PATH are below `home`, and `tests/support/audit`, or
`guard.py` in this process, keeps the program off the network. After each run no key may stand in the output, in the command line of a program that was
started, or in a file, except clients' files (mode 0600 when they are new), the journal (0600) and files that held it.
"""

from __future__ import annotations

import gc
import io
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any, Self

from posthog_wizard.cli import main
from posthog_wizard.clients import CLIENTS
from tests.support import guard
from tests.support.leaks import leaks
from tests.support.machines import KEY

REPOSITORY = Path(__file__).parent.parent.parent
OTHER_KEY = "phx_Zr8Qm2Vt6Yb0Nd4Xs9Kf3Lw7Hj1Gc5Pa8Tu2Ei6Bo"
PROJECT_KEY = "phc_Wd5Rk1Tz7Qp3Mx9Bv6Nc2Lf8Hs4Ga0Ju5Ye1Io7Ku"
KEYS = (KEY, OTHER_KEY, PROJECT_KEY)
STATE = ".local/state/posthog-wizard"  # below home
STORES = (".config/posthog-wizard/keys.json", ".keyring.json")  # below home: our key file, and the keyring of tests
NO_KEYRING = "keyring.backends.fail.Keyring"
CLIENT_FILES = {  # folder and name: some are called like files of ours
    PurePosixPath(template).parts[-2:]
    for client in CLIENTS.values()
    for place in client.places
    for templates in place.paths.values()
    for template in templates
}
PASSED_ON = ("COVERAGE_PROCESS_CONFIG", "COVERAGE_PROCESS_START", "SYSTEMROOT")
PATIENCE = 60  # seconds


@dataclass(frozen=True)
class Result:
    """What a run of the program gave."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout; an error when there is anything else."""
        return json.loads(self.out)

    @property
    def outcomes(self) -> dict[str, str]:
        """Client -> outcome."""
        return {row["client"]: row["outcome"] for row in self.document["clients"]}

    @property
    def rows(self) -> dict[str, Any]:
        """Client -> its row in the document; the last of several."""
        return {row["client"]: row for row in self.document["clients"]}


def run(
    arguments: Sequence[str],
    home: Path,
    stdin: bytes | str | None = None,
    *,
    folder: Path | None = None,
    prints_key: bool = False,
    holds: tuple[Path, ...] = (),
    process: bool = False,
    **environment: Any,
) -> Result:
    """Run `posthog-wizard ARGUMENTS` in `folder` (home). `environment` is added to a minimal one.

    `prints_key`: stdout is what the user asked for, and may hold the key (`mcp print`). `holds`: files that are a
    client's though their names do not say so. `process`: in one of its own.
    """
    given = stdin.encode() if isinstance(stdin, str) else stdin or b""
    way = started if process or arguments[:1] == ["-c"] else in_process
    with Watch(home, holds) as watch:
        code, out, err = way(arguments, given, folder or home, surroundings(home, environment))
        watch.saw(err if prints_key else out + err)
    encoding = environment.get("PYTHONIOENCODING", "utf-8")
    return Result(code, out.decode(encoding), err.decode(encoding))


Ended = tuple[int, bytes, bytes]  # exit code, stdout, stderr


def started(
    arguments: Sequence[str],
    stdin: bytes,
    folder: Path,
    environment: Mapping[str, str],
    words: Sequence[str] | None = None,
) -> Ended:
    """Run the program in a process of its own; `words` start it in place of `python -m posthog_wizard`."""
    done = subprocess.run(
        [*words, *arguments] if words else command(arguments),
        input=stdin,
        capture_output=True,
        cwd=folder,
        env=environment,
        timeout=PATIENCE,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def in_process(arguments: Sequence[str], stdin: bytes, folder: Path, environment: Mapping[str, str]) -> Ended:
    """The same, without a process. What it asks of the network is refused, as there."""
    given, out, err = io.BytesIO(stdin), io.BytesIO(), io.BytesIO()
    streams = [io.TextIOWrapper(stream, encoding="utf-8", write_through=True) for stream in (given, out, err)]
    with guard.watching() as reached, chdir(folder), _environment(environment), _as_program():
        code = main.run(arguments, stdin=streams[0], stdout=streams[1], stderr=streams[2])
    assert [what for what in reached if not what.startswith("the network")] == []
    return code, out.getvalue(), err.getvalue()


@contextmanager
def _environment(wanted: Mapping[str, str]) -> Iterator[None]:
    """This process's environment is that one; libraries (httpx, keyring) and the programs that are started read it."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(wanted)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _as_program() -> Iterator[None]:
    """The script that a person would have started, which is its own proof; `mcp serve` freezes what it has imported."""
    before, sys.argv = sys.argv, [str(Path(sys.executable).with_name("posthog-wizard"))]
    try:
        yield
    finally:
        sys.argv = before
        gc.unfreeze()


def command(arguments: Sequence[str]) -> list[str]:
    """The words that start the program; `-c CODE` runs Python code in its place."""
    module = () if arguments[:1] == ["-c"] else ("-m", "posthog_wizard")
    return [sys.executable, *module, *arguments]


def surroundings(home: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a run: nothing of ours but what coverage needs."""
    temporary, programs = home / ".tmp", home / ".bin"
    temporary.mkdir(exist_ok=True)
    return {
        **{name: os.environ[name] for name in PASSED_ON if name in os.environ},
        "HOME": str(home),
        "USERPROFILE": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_STATE_HOME": str(home / ".local/state"),
        "XDG_DATA_HOME": str(home / ".local/share"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "TMPDIR": str(temporary),
        "PATH": str(programs),
        "LANG": "C.UTF-8",
        "PYTHONPATH": os.pathsep.join((str(REPOSITORY), str(Path(__file__).parent / "audit"))),
        "PYTHONDONTWRITEBYTECODE": "1",
        "WIZARD_PROGRAMS": str(home / ".started"),
        "PYTHON_KEYRING_BACKEND": NO_KEYRING,
        **(more or {}),
    }


# ------------------------------------------------------------------ the search for keys


@dataclass
class Watch:
    """Looks at a home before and after a run; leaving the `with` block fails when a key got out."""

    home: Path
    holds: tuple[Path, ...] = ()
    keys: tuple[str, ...] = KEYS
    found: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._before = {path: _mode(path) for path in files(self.home)}
        self._held = {path for path in self._before if _leaks(path, self.keys)}
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.found += self.in_files()
        assert kind is not None or not self.found, self.found

    def saw(self, output: bytes) -> None:
        """What the program printed."""
        self.found += [f"printed: {how}" for how in leaks(output, self.keys)]

    def in_files(self) -> list[str]:
        """Files that hold a key and must not, or that others can read."""
        return [
            f"{path}: {how}"
            for path in files(self.home)
            if path not in self._held and not self._may_hold(path)
            for how in _leaks(path, self.keys)
        ]

    def _is_clients(self, path: Path) -> bool:
        at_the_top = any((root, path.name) in CLIENT_FILES for root in ("{project}", "~"))
        return at_the_top or path.parts[-2:] in CLIENT_FILES or path in self.holds

    def _may_hold(self, path: Path) -> bool:
        """A client's file, or one of the journal; what is new is for the owner alone."""
        ours = path.is_relative_to(self.home / STATE) or path in {self.home / store for store in STORES}
        private = _mode(path) == stat.S_IRUSR | stat.S_IWUSR
        return (ours and private) or (self._is_clients(path) and (private or _mode(path) == self._before.get(path)))


def files(home: Path) -> Iterator[Path]:
    """Every file below home and beside it."""
    return (path for path in home.parent.rglob("*") if path.is_file())


def _leaks(path: Path, keys: tuple[str, ...]) -> list[str]:
    """What leaks there. The same content is searched once: the sandbox's events have megabytes."""
    content = path.read_bytes()
    asked = (sha256(content).digest(), keys)
    if asked not in _SEARCHED:
        _SEARCHED[asked] = leaks(content, keys)
    return _SEARCHED[asked]


_SEARCHED: dict[tuple[bytes, tuple[str, ...]], list[str]] = {}


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
