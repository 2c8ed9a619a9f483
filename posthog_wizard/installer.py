"""How this program was installed, and the commands of that way: no other module spells a command that installs.

What pip is told for a program of pipx's or uv's would go into another environment, is forbidden on Debian
(https://peps.python.org/pep-0668/), or would replace their link.
"""

import os
import re
import shlex
import sys
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, NamedTuple

_EXTRAS = (("sandbox", "duckdb"), ("socks", "socksio"))  # each with a library that nothing else brings
Way = Literal["pipx", "pipx run", "uv tool", "uvx", "conda", "venv", "user", "system", "editable"]
_NAME = "posthog-wizard"
_WITHOUT_PIP = re.compile(r"^\{python\} -m pip (\w+)")  # as environments are that uv made
LASTING = f"`uv tool install {_NAME}` or `pipx install {_NAME}`"  # where nothing tells which of them is here
WITH_NEWER_PYTHON = f"`uv tool install --python 3.13 {_NAME}`"


class _Commands(NamedTuple):
    """`{package}` is the package with its extras, `{python}` this Python, `{folder}` that of the sources, `{source}` with extras."""

    install: str
    upgrade: str
    remove: str
    start: str = _NAME  # starts the program for once


_PIPX = _Commands("pipx install --force {package}", f"pipx upgrade {_NAME}", f"pipx uninstall {_NAME}")
_UV_TOOL = _Commands("uv tool install {package}", f"uv tool upgrade {_NAME}", f"uv tool uninstall {_NAME}")
_PIP = _Commands(
    *(f"{{python}} -m pip {words}" for words in ("install {package}", f"install -U {_NAME}", f"uninstall {_NAME}"))
)
_COMMANDS: Mapping[Way, _Commands] = {
    "pipx": _PIPX,
    "pipx run": _Commands("pipx install {package}", f"pipx run --no-cache {_NAME}", _PIPX.remove, f"pipx run {_NAME}"),
    "uv tool": _UV_TOOL,
    "uvx": _UV_TOOL._replace(upgrade=f"uvx {_NAME}@latest", start=f"uvx {_NAME}"),
    "user": _PIP._replace(install="{python} -m pip install --user {package}"),
    "editable": _PIP._replace(install="{python} -m pip install -e {source}", upgrade="git -C {folder} pull"),
}


class Installer(NamedTuple):
    """The way in which a program was installed, the environment that it went into, and the sources if it runs by them."""

    way: Way
    environment: str
    python: str
    source: str = ""
    has_pip: bool = True
    managed: bool = False  # the system's Python, which pip may not change
    extras: tuple[str, ...] = ()  # those that are there, and stay where more are installed

    @property
    def commands(self) -> _Commands:
        """The commands of this way; `install` keeps the extras."""
        return self._commands()

    @property
    def lasting(self) -> str:
        """The commands, in backticks, of which each installs it to stay: with what is here, where that is known."""
        return LASTING if self.commands.start == _NAME else f"`{self.commands.install}`"

    def install(self, *extras: str) -> str:
        """The command that installs it with these extras, where it is or to stay."""
        return self._commands(*extras).install

    def _commands(self, *more: str) -> _Commands:
        named = sorted({*more, *self.extras})
        extras = f"[{','.join(named)}]" if named else ""
        values = {"package": f"{_NAME}{extras}", "python": self.python, "folder": self.source}
        values["source"] = f"{self.source}{extras}"
        rows = _PIPX if self.managed else _COMMANDS.get(self.way, _PIP)
        pip = rows if self.has_pip else [_WITHOUT_PIP.sub(r"uv pip \1 --python {python}", row) for row in rows]
        quoted = {name: shlex.quote(text) if os.name == "posix" else f'"{text}"' for name, text in values.items()}
        return _Commands(*(row.format(**quoted) for row in pip))


@cache
def this_installer() -> Installer:
    """How this very program was installed."""
    import site  # noqa: PLC0415 - Python has loaded it, unless it was told not to

    code, managed = Path(__file__).resolve().parent.parent, Path(os.__file__).with_name("EXTERNALLY-MANAGED")
    return installer_of(
        Path(sys.prefix), Path(sys.base_prefix), code, Path(site.getusersitepackages()), managed=managed.exists()
    )._replace(python=sys.executable, extras=tuple(name for name, library in _EXTRAS if find_spec(library)))


def installer_of(prefix: Path, base: Path, code: Path, user: Path, *, managed: bool) -> Installer:
    """The installer that left its marks in an environment; `code` is the folder that holds our package.

    pipx leaves `pipx_metadata.json` in environments of both kinds, and keeps those of `pipx run` outside of `venvs`;
    uv leaves `uv-receipt.toml`, and keeps environments of `uvx` in its cache.
    """
    own = prefix.resolve()
    marks: tuple[tuple[Way, bool], ...] = (
        ("editable", (code / "pyproject.toml").exists()),
        ("uvx", any(part.startswith("archive-v") for part in own.parts)),
        ("uv tool", (prefix / "uv-receipt.toml").exists()),
        ("pipx run", (prefix / "pipx_metadata.json").exists() and own.parent.name != "venvs"),
        ("pipx", (prefix / "pipx_metadata.json").exists()),
        ("conda", (prefix / "conda-meta").is_dir()),
        ("venv", prefix != base),
        ("user", code == user.resolve()),
    )
    way: Way = next((way for way, there in marks if there), "system")
    pip = any(prefix.glob("lib/python3*/site-packages/pip/")) or (prefix / "Lib/site-packages/pip").is_dir()
    return Installer(
        way,
        str(prefix),
        str(prefix / "bin/python"),
        str(code) if way == "editable" else "",
        has_pip=pip or prefix == base,
        managed=managed and prefix == base and way in {"user", "system"},
    )
