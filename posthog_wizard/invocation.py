"""Our own command line as data: the flags of `mcp serve` and `mcp bridge`, and what the words of an entry say with them.

Whatever offers, writes or reads these flags does it by the table below. Light, for a client waits for `mcp bridge`. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from posthog_wizard.model import Limits

Program = Literal["bridge", "serve"]
LogLevel = Literal["error", "warning", "info", "debug"]
COMPLETION = "_POSTHOG_WIZARD_COMPLETE"  # the variable of a shell that wants a word completed
HOSTED_MCP_URL = "https://mcp.posthog.com/mcp"
KEY_PANEL, WHERE_PANEL, LIMITS_PANEL, _RUNNING = "The key", "Which PostHog", "Limits", "Running"  # of the help
_LEVELS: tuple[str, ...] = get_args(LogLevel)
_BOTH: tuple[Program, ...] = ("bridge", "serve")
_STARTS: dict[tuple[str, str], Program] = {("mcp", program): program for program in _BOTH}
# `uvx` and its like take a version behind the name.
_COMMAND = re.compile(r"(?:^|[/\\])posthog-wizard(?:\.exe|\.cmd|(?:@|==)[\w.]+)?$", re.IGNORECASE)
_MODULE = "posthog_wizard"


class _CommandFlag(NamedTuple):
    """A flag. Of several the last counts; one of the kind `bool` takes no value. `default` is what none means."""

    name: str  # of its parameter, and of its field in `Invocation`
    help: str
    panel: str | None
    metavar: str | None = None
    kind: type[str | int | bool | Path] = str
    choices: tuple[str, ...] = ()
    default: str | int | None = None
    least: int | None = None
    programs: tuple[Program, ...] = _BOTH

    @property
    def spelled(self) -> str:
        """As it stands on a command line."""
        return f"--{self.name.replace('_', '-')}"

    def read(self, text: str) -> str | int | Path:
        """The value that a word means. Raises ValueError for one that the program would refuse."""
        value = self.kind(text)
        if (self.choices and value not in self.choices) or (self.least is not None and int(text) < self.least):
            raise ValueError(text)
        return value


COMMAND_FLAGS = (  # in the order of the help
    _CommandFlag("url", "The server to reach.", WHERE_PANEL, "URL", default=HOSTED_MCP_URL, programs=("bridge",)),
    _CommandFlag("host", "A self-hosted PostHog.", WHERE_PANEL, "URL", programs=("serve",)),
    _CommandFlag(
        "region",
        "PostHog Cloud's region.  [default: the one that accepts the key]",
        WHERE_PANEL,
        choices=("us", "eu"),
        programs=("serve",),
    ),
    _CommandFlag("profile", "A profile of the key store.  [default: default]", KEY_PANEL, "NAME"),
    _CommandFlag("organization", "Only this organization.", LIMITS_PANEL, "ID"),
    _CommandFlag("project", "Only this project.", LIMITS_PANEL, "ID"),
    _CommandFlag("features", "Only tools of these features, for example `flags,insights`.", LIMITS_PANEL, "CSV"),
    _CommandFlag("tools", "Only these tools (added to those of --features).", LIMITS_PANEL, "CSV"),
    _CommandFlag("read_only", "Only tools that change nothing.", LIMITS_PANEL, kind=bool),
    _CommandFlag(
        "mode",
        "Tools by name, or one tool that wraps them all (hosted only).",
        LIMITS_PANEL,
        choices=("tools", "cli"),
        programs=("bridge",),
    ),
    _CommandFlag("allow_http", "Plain http beyond this machine.", WHERE_PANEL, kind=bool),
    _CommandFlag("ca_file", "A certificate authority to trust beside the system's.", WHERE_PANEL, "PATH", Path),
    _CommandFlag(
        "sandbox",
        "No account: a PostHog with sample data, on this machine.",
        WHERE_PANEL,
        kind=bool,
        programs=("serve",),
    ),
    _CommandFlag("analytics_key", "Report the calls to this project (phc_).", None, "KEY", programs=("serve",)),
    _CommandFlag("max_tokens", "Largest answer.", _RUNNING, "N", int, default=20_000, least=500, programs=("serve",)),
    _CommandFlag(
        "allow_dangerous",
        "Let the API's tools delete for good, publish, and send data away; a person is asked each time.",
        _RUNNING,
        kind=bool,
        programs=("serve",),
    ),
    _CommandFlag("log_file", "Log there, not on stderr.", _RUNNING, "PATH", Path),
    _CommandFlag("log_level", "What is logged.", _RUNNING, choices=_LEVELS, default="warning", programs=("bridge",)),
    _CommandFlag(
        "log_level", "What is logged.", _RUNNING, choices=_LEVELS[::-1], default="warning", programs=("serve",)
    ),
)
_BY_NAME = {flag.name: flag for flag in COMMAND_FLAGS}


class Invocation(NamedTuple):
    """A start of one of our programs; None: not said. Its fields have the order in which entries write them."""

    program: Program
    url: str | None = None
    host: str | None = None
    sandbox: bool = False
    region: Literal["us", "eu"] | None = None
    organization: str | None = None
    project: str | None = None
    features: str | None = None
    tools: str | None = None
    mode: Literal["tools", "cli"] | None = None
    read_only: bool = False
    allow_http: bool = False
    ca_file: Path | None = None
    profile: str | None = None
    analytics_key: str | None = None
    max_tokens: int | None = None
    allow_dangerous: bool = False  # never written by us
    log_file: Path | None = None
    log_level: LogLevel | None = None
    unread: tuple[str, ...] = ()  # words that the program refuses, or answers with its help: it does not start
    launcher: tuple[str, ...] = ()  # the words before `mcp`

    @property
    def flags(self) -> tuple[str, ...]:
        """The words behind the program's name."""
        said = ((flag_called(name).spelled, getattr(self, name)) for name in self._fields if name in _BY_NAME)
        given = [(spelled, value) for spelled, value in said if value is not None and value is not False]
        words = ((spelled,) if value is True else (spelled, str(value)) for spelled, value in given)
        return (*(word for pair in words for word in pair), *self.unread)

    @property
    def words(self) -> tuple[str, ...]:
        """All words of the command line."""
        return (*self.launcher, "mcp", self.program, *self.flags)

    @property
    def limits(self) -> Limits:
        """The limits that it names."""
        names = (parse_names(self.features), parse_names(self.tools))
        return Limits(self.organization, self.project, *names, self.read_only, self.mode)

    @property
    def complete(self) -> Invocation:
        """The same with what the program takes where nothing is said."""
        defaults = {flag.name: flag.default for flag in flags_of(self.program) if flag.default is not None}
        missing: dict[str, Any] = {name: value for name, value in defaults.items() if getattr(self, name) is None}
        return self._replace(**missing)


def flags_of(program: Program) -> tuple[_CommandFlag, ...]:
    """The flags of one of our programs."""
    return tuple(flag for flag in COMMAND_FLAGS if program in flag.programs)


def flag_called(name: str) -> _CommandFlag:
    """The flag of that name, for commands beside our programs that have it too."""
    return _BY_NAME[name]


def parse_flags(program: Program, words: Sequence[str]) -> Invocation:
    """What the program makes of the words behind its name: a test holds that typer reads them alike."""
    known, rest = {flag.spelled: flag for flag in flags_of(program)}, iter(words)
    given: dict[str, Any] = {}
    unread: list[str] = []
    for word in rest:
        spelled, joined, text = word.partition("=")
        flag = known.get(spelled)
        if word == "--":
            following = tuple(rest)
            unread += ("--", *following) if following else ()
        elif flag is None or (joined and flag.kind is bool):
            unread.append(word)
        elif flag.kind is bool:
            given[flag.name] = True
        else:
            value = text if joined else next(rest, None)
            unread += (word,) if value is None else ()
            given |= {} if value is None else {flag.name: value}
    return _read(program, given, unread)


def _read(program: Program, given: dict[str, Any], unread: list[str]) -> Invocation:
    """The invocation of these texts: only the one that counts has to be one that the program takes."""
    refused: list[str] = []
    for flag in flags_of(program):
        text = given.get(flag.name)
        if isinstance(text, str):
            try:
                given[flag.name] = flag.read(text)
            except ValueError:
                del given[flag.name]
                refused += (flag.spelled, text)
    return Invocation(program, **given, unread=(*refused, *unread))


def invocation_of(words: Sequence[str]) -> Invocation | None:
    """How these words start one of our programs: the console program, `python -I -m`, or through `uvx`; else None."""
    for place, pair in enumerate(pairwise(words)):
        program = _STARTS.get(pair)
        launcher = tuple(words[:place])
        if program is not None and (_MODULE in launcher or any(map(_COMMAND.search, launcher))):
            return parse_flags(program, words[place + 2 :])._replace(launcher=launcher)
    return None


def values_among(words: Sequence[str], name: str) -> Iterator[str]:
    """Every value that any reading of the words could find for the flag of that name, ours or another version's."""
    spelled = flag_called(name).spelled
    yield from (value for word, value in pairwise(words) if word == spelled)
    yield from (word.removeprefix(f"{spelled}=") for word in words if word.startswith(f"{spelled}="))


def parse_names(text: str | None) -> tuple[str, ...]:
    """The names of a list with commas, each once."""
    return tuple(dict.fromkeys(name.strip() for name in (text or "").split(",") if name.strip()))
