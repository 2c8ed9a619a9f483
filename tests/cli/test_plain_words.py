"""The commands that are read without typer: as typer reads them, and without what takes long to import."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import wraps
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as some
from typer.exceptions import TyperException

from posthog_wizard import cli
from posthog_wizard.cli.app import build
from posthog_wizard.cli.main import PLAIN_COMMANDS, plain_arguments
from posthog_wizard.errors import WrongUsage
from tests.support.homes import home
from tests.support.machines import KEY
from tests.support.program import run

MODULES = {name: import_module(f"{cli.__name__}.{name}") for name in PLAIN_COMMANDS}
Called = Mapping[str, Any]


def watched(name: str) -> Any:
    """Typer's command of that name, which gives what it is called with."""

    @wraps(MODULES[name].command)
    def command(**said: Any) -> Called:
        return said

    return build(name, SimpleNamespace(command=command))


TYPER = {name: watched(name) for name in MODULES}
WORDS = ("cursor", "zed", "x", "", "-", "--", "-x", "a b", "user", "project", "us", "store", "1", "--help", "-h", "--nonsense", "--sco", "--dry-run=x", "-cx", "-yc", " x")  # fmt: skip


def by_typer(name: str, words: tuple[str, ...]) -> Called | str | None:
    """What typer calls the command with; an error of ours; None for help and mistakes."""
    try:
        with TYPER[name].make_context(name, [*words]) as context:
            called: Called = TYPER[name].invoke(context)
            return called
    except (TyperException, typer.Exit):
        return None
    except WrongUsage as problem:
        return str(problem)


def plainly(name: str, words: tuple[str, ...]) -> Called | str | None:
    """The same of what is read here."""
    try:
        said = plain_arguments(MODULES[name].command, words)
    except WrongUsage as problem:
        return str(problem)
    if said is None:
        return None
    bound = inspect.signature(MODULES[name].command).bind(**said)
    bound.apply_defaults()
    return bound.arguments


def pieces(name: str) -> tuple[str, ...]:
    """Words to make command lines of."""
    flags = [word for each in TYPER[name].params for word in each.opts if word.startswith("-")]
    joined = [f"{flag}={value}" for flag in flags for value in ("x", "", "project", "local")]
    return (*flags, *flags, *joined, *WORDS)


@pytest.mark.parametrize(
    "line",
    [
        "add",
        "add cursor zed -c windsurf --client amp --all --scope project --name ph --force",
        "add --config-path /tmp/x.json cursor --json -y --no-input --dry-run",
        "add --secret env --env-var KEY --store=file --region us --server local --ca-file=/x.pem --mode tools",
        "add --installation Linear --installation Notion --features a,b --tools c --read-only --no-limits --no-verify",
        "add --api-key-stdin --api-key-file k --oauth --login --profile work --host h --mcp-url u --allow-http --sandbox",
        "remove --everywhere cursor --yes",
        "list --scope=project --json",
        "undo 0042-k7q --client cursor --list --dry-run",
        "print cursor --os windows --deeplink --documented --scope user",
        "doctor cursor zed --fix --yes --offline --report --trust-project --scope project --profile a --host b --region eu",
    ],
)
def test_what_people_type_is_read_plainly(line: str) -> None:
    name, *words = line.split()
    assert plainly(name, tuple(words)) is not None
    assert plainly(name, tuple(words)) == by_typer(name, tuple(words))


@settings(max_examples=400)
@given(some.sampled_from(sorted(MODULES)), some.data())
def test_what_is_read_plainly_is_read_as_typer_reads_it(name: str, data: some.DataObject) -> None:
    words = tuple(data.draw(some.lists(some.sampled_from(pieces(name)) | some.text(max_size=4), max_size=7)))
    assert plainly(name, words) in (None, by_typer(name, words))


@pytest.mark.parametrize("words", ["add --help", "add --nothing", "add --scope here", "doctor --timeout 5", "print", "list x", "undo a b"])  # fmt: skip
def test_help_mistakes_and_numbers_are_typer_s(words: str) -> None:
    name, *rest = words.split()
    assert plainly(name, tuple(rest)) is None


@pytest.fixture
def unfollowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What coverage would import to follow a process is not imported."""
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)


HEAVY = {"typer", "rich", "inspect", "asyncio", "ssl", "httpx", "httpcore", "pydantic", "mcp", "subprocess", "tomllib", "ruamel", "tomlkit", "questionary", "hashlib", "encodings.idna", "getpass"}  # fmt: skip
ADD = ("mcp", "add", "cursor", "--no-verify", "--api-key-stdin")
NAMES = "import sys; from posthog_wizard.cli.main import run; run(sys.argv[1:]); print('', *sys.modules, sep='\\n')"


@pytest.mark.usefixtures("unfollowed")
@pytest.mark.parametrize(
    "line", ["add --no-verify --api-key-stdin", "add --dry-run --no-verify --json", "remove --yes", "list", "list --json", "print cursor", "undo --list"]
)  # fmt: skip
def test_what_takes_long_to_import_is_not_imported(line: str, tmp_path: Path) -> None:
    place = home(tmp_path, "cursor", "zed", "vscode")
    run([*ADD], place, KEY)
    told = run(["-c", NAMES, "mcp", *line.split()], place, KEY, prints_key=True)
    assert HEAVY & set(told.out.splitlines()) == set()


@pytest.mark.usefixtures("unfollowed")
def test_with_a_key_add_has_nothing_to_log(tmp_path: Path) -> None:
    """Logging brings traceback, tokenize, string and threading along."""
    told = run(["-c", NAMES, *ADD], home(tmp_path, "cursor"), KEY, prints_key=True)
    assert {"logging", "traceback", "threading"} & set(told.out.splitlines()) == set()
