"""Installed by pip, pipx and uv, upgraded, moved, deleted, run for once: what doctor says of an entry is what happens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from posthog_wizard import __version__
from tests.support.homes import FILES, entry
from tests.support.installs import NEXT, Home, lasting_home, wheels
from tests.support.machines import KEY
from tests.support.mcp_process import Program
from tests.support.npm import CACHE
from tests.support.posthog import PostHog, SandboxKey
from tests.support.serving import instance

pytestmark = pytest.mark.e2e
CLIENT = "claude-desktop"
ADD = ("mcp", "add", CLIENT, "--api-key-stdin", "--no-verify", "--host")
LENT = {"PATH": "/usr/bin:/bin", "PYTHONPATH": ""}  # what a program of the desktop hands over


class Way(NamedTuple):
    """An installer: the commands, `{wheel}` in place of what they install, and the program that it puts there."""

    name: str
    install: str
    replace: str
    remove: str
    program: str
    extra: str  # the command that its hint has for the sandbox


PIP = Way(
    "venv",
    "uv pip install -q --python venv {wheel}",
    "venv/bin/python -m pip install -q --no-deps --force-reinstall --disable-pip-version-check {wheel}",
    "venv/bin/python -m pip uninstall -q -y posthog-wizard",
    "venv/bin/posthog-wizard",
    "venv/bin/python -m pip install 'posthog-wizard[sandbox]'",
)
PIPX = Way(
    "pipx",
    "pipx install -q {wheel}",
    "pipx install -q --force {wheel}",
    "pipx uninstall posthog-wizard",
    ".local/bin/posthog-wizard",
    "pipx install --force 'posthog-wizard[sandbox]'",
)
UV = Way(
    "uv tool",
    "uv tool install -q {wheel}",
    "uv tool install -q --force {wheel}",
    "uv tool uninstall -q posthog-wizard",
    ".local/bin/posthog-wizard",
    "uv tool install 'posthog-wizard[sandbox]'",
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The wheel of now, and the next."""
    return wheels(tmp_path_factory.mktemp("wheels"))


@pytest.fixture
def home() -> Iterator[Home]:
    """A home with one client, and an environment by Python's own `venv`."""
    with lasting_home() as made:
        made.must("uv", "venv", "-q", "--seed", "venv")
        (made.path / "elsewhere").symlink_to(CACHE / "uv")
        yield made


@pytest.fixture
def posthog() -> Iterator[PostHog]:
    """A PostHog on loopback."""
    with instance(SandboxKey(KEY)) as served:
        yield served


def do(home: Home, command: str, wheel: Path) -> None:
    """Run an installer's command."""
    home.must(*command.format(wheel=wheel).split())


def version_of_entry(home: Home) -> str | None:
    """Start the entry as its client does: the version that answers, None where nothing does."""
    words = entry(home.path, CLIENT)
    if not Path(words["command"]).exists():
        return None
    command: tuple[str, ...] = (words["command"], *words["args"])
    environment = {**LENT, **words["env"]}
    with Program(home=home.path, key=None, command=command, environment=environment) as program:
        return str(program.initialize()["serverInfo"]["version"])


def verdict(home: Home, *words: str | Path, fix: bool = False) -> str:
    """What doctor says of the connection, as run by these words."""
    more = ("--fix", "-y") if fix else ()
    checks = home.run(*words, "mcp", "doctor", CLIENT, "--timeout", "60", "--json", *more).document["checks"]
    return str(next(one["status"] for one in checks if one["id"] == f"client.{CLIENT}.connection"))


@pytest.mark.parametrize("way", [PIP, PIPX, UV], ids=lambda way: way.name)
def test_an_entry_lives_as_long_as_its_program(
    way: Way, home: Home, built: tuple[Path, Path], posthog: PostHog
) -> None:
    now, following = built
    program = home.path / way.program
    do(home, way.install, now)
    said = home.must(program, "--version", "--json").document
    assert (said["installer"]["way"], said["launcher"]) == (way.name, [str(program)])
    refused = home.run(program, "mcp", "add", CLIENT, "--sandbox", "--json")
    assert (refused.code, way.extra in refused.document["error"]["hint"]) == (2, True)
    home.must(program, *ADD, posthog.url, stdin=KEY)
    assert entry(home.path, CLIENT)["command"] == str(program)
    assert (version_of_entry(home), verdict(home, program)) == (__version__, "ok")
    do(home, way.replace, following)  # up
    assert (version_of_entry(home), verdict(home, program)) == (NEXT, "ok")
    do(home, way.replace, now)  # and down
    assert (version_of_entry(home), verdict(home, program)) == (__version__, "ok")
    do(home, way.remove, now)
    once = ("uvx", "-q", "--from", now, "posthog-wizard")
    assert (version_of_entry(home), verdict(home, *once)) == (None, "fail")
    told = home.run(*once, "mcp", "doctor", CLIENT).out
    assert f"uvx posthog-wizard mcp remove {CLIENT}" in told.replace("\n", " ")
    home.must(*once, "mcp", "remove", "--everywhere", "-y")
    assert entry(home.path, CLIENT) is None


def test_an_environment_that_was_moved(home: Home, built: tuple[Path, Path], posthog: PostHog) -> None:
    """Its script names a Python that is gone: neither `mcp add` nor `--fix` writes it."""
    do(home, PIP.install, built[0])
    home.must(home.path / PIP.program, *ADD, posthog.url, stdin=KEY)
    (home.path / "venv").rename(home.path / "other")
    moved = (home.path / "other/bin/python", "-m", "posthog_wizard")
    assert (version_of_entry(home), verdict(home, *moved)) == (None, "fail")
    assert (verdict(home, *moved, fix=True), version_of_entry(home)) == ("ok", __version__)
    (home.path / FILES[CLIENT]).unlink()
    home.must(*moved, *ADD, posthog.url, stdin=KEY)
    assert (verdict(home, *moved), version_of_entry(home)) == ("ok", __version__)


@pytest.mark.parametrize(
    ("once", "hint"),
    [
        (("uvx", "-q", "--from"), "uv tool install posthog-wizard"),
        (("uvx", "-q", "--cache-dir", "elsewhere", "--from"), "uv tool install posthog-wizard"),
        (("pipx", "run", "-q", "--spec"), "pipx install posthog-wizard"),
    ],
)
def test_what_was_run_for_once_is_no_program_of_an_entry(
    once: tuple[str, ...], hint: str, home: Home, built: tuple[Path, Path]
) -> None:
    refused = home.run(*once, built[0], "posthog-wizard", *ADD, "http://127.0.0.1:9", "--json", stdin=KEY)
    row = refused.document["clients"][0]
    assert (refused.code, row["outcome"], f"`{hint}`" in row["hint"]) == (1, "failed", True)
    assert entry(home.path, CLIENT) is None


def test_two_installations_leave_each_other_s_entries_alone(
    home: Home, built: tuple[Path, Path], posthog: PostHog
) -> None:
    do(home, UV.install, built[0])
    do(home, PIP.install, built[1])
    first, second = home.path / UV.program, home.path / PIP.program
    home.must(first, *ADD, posthog.url, stdin=KEY)
    home.run(second, "mcp", "doctor", "--fix", "-y")
    assert (entry(home.path, CLIENT)["command"], verdict(home, second)) == (str(first), "ok")
    assert verdict(home, second, fix=True) == "ok"  # its client is named
    assert (entry(home.path, CLIENT)["command"], version_of_entry(home)) == (str(second), NEXT)
