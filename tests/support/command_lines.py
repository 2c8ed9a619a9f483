"""Command lines of our own programs: what the command line's library makes of them, and words to make them of."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any

import typer
from typer.exceptions import TyperException

from posthog_wizard.cli import bridge, serve
from posthog_wizard.cli.app import build
from posthog_wizard.invocation import Invocation, Program, flags_of

_MODULES = {"bridge": bridge, "serve": serve}
_VALUES = (
    "x",
    "",
    "-",
    "--",
    "-x",
    "a=b",
    "a b",
    "ü",
    "tools",
    "loud",
    "debug",
    "us",
    "600",
    "1",
    "1_000",
    "--read-only",
)
_STRANGE = ("--", "-", "", "x", "-x", "-h", "--help", "--nonsense", "--nonsense=x", "--rea", "--ur=x", "--no-read-only", "---url", "--=x")  # fmt: skip


@cache
def library(program: Program) -> Any:
    """The command as the library has it; it gives the invocation and starts nothing."""

    def command(**given: Any) -> Invocation:
        return Invocation(program, **given)

    vars(command).update(vars(_MODULES[program].command))
    return build(program, SimpleNamespace(command=command))


def as_library(program: Program, words: tuple[str, ...]) -> Invocation | None:
    """What the library calls the command with; None where it refuses the words, or shows its help."""
    try:
        with library(program).make_context(program, list(words)) as context:
            said: Invocation = library(program).invoke(context)
            return said
    except (TyperException, typer.Exit):
        return None


def as_parsed(program: Program, said: Invocation) -> Invocation | None:
    """The same for what we parsed."""
    return None if said.unread else said.complete


def pieces(program: Program, *, of_each_kind: int | None = None) -> tuple[str, ...]:
    """Words to make command lines of: flags, alone and with values that fit and that do not, and what is no flag.

    Every flag, or only so many of those that take the same kind of value.
    """
    alike: dict[tuple[type, bool], list[str]] = {}
    for flag in flags_of(program):
        alike.setdefault((flag.kind, bool(flag.choices)), []).append(flag.spelled)
    spelled = [flag for flags in alike.values() for flag in flags[:of_each_kind]]
    joined = [f"{flag}={value}" for flag in spelled for value in ("x", "", "--url", "tools", "true")]
    cut = [flag[:-1] for flag in spelled]
    return tuple(dict.fromkeys((*spelled, *joined, *cut, *_STRANGE, *_VALUES)))
