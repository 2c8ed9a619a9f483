"""A whole command line, and the one place where an error becomes an exit code.

Plain words of the commands that people and scripts run most are read here: typer takes longer to import than they take.
Help, mistakes, completion and all other commands are typer's (`app.py`); a test holds that both read alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from io import TextIOWrapper
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TextIO, get_args, get_origin

from posthog_wizard.cli.run_context import RunContext, as_this_run, this_run
from posthog_wizard.errors import WrongUsage
from posthog_wizard.invocation import COMPLETION, Invocation, parse_flags
from posthog_wizard.model import Machine

if TYPE_CHECKING:
    from posthog_wizard.cli.flags import DeclaredFlag

_KEY_SHAPE = r"ph[xas]_\w{16,}"
PLAIN_COMMANDS = ("add", "remove", "list", "undo", "print", "doctor")  # of `mcp`; their modules import no typer


def run(
    arguments: Sequence[str],
    *,
    machine: Machine | None = None,
    stdin: TextIO | None = None,
    stdout: TextIO | None = None,
    stderr: TextIO | None = None,
) -> int:
    """Run a command line and give its exit code. Every error is shown here, and nowhere else.

    Machine and streams are this process's where they are not given; see `RunContext`.
    """
    context = RunContext(machine, stdin, stdout, stderr)
    for stream in (context.stdout, context.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a path may hold what the terminal's encoding does not
    with as_this_run(context):
        try:
            _refuse_misplaced_keys(arguments)
            return _called(arguments)
        except (Exception, KeyboardInterrupt) as problem:  # noqa: BLE001 - what it is decides how it is shown
            from posthog_wizard.cli import failure

            return failure.show_failure(problem, arguments)


def _refuse_misplaced_keys(arguments: Sequence[str]) -> None:
    """Raise WrongUsage for a key where a name or a path belongs: it would end in outputs and files."""
    for before, word in pairwise(("", *arguments)):
        if before != "--api-key" and not word.startswith("--api-key=") and re.search(_KEY_SHAPE, word):
            raise WrongUsage(
                f"there is a PostHog key where none belongs: `{re.sub(_KEY_SHAPE, '…', word)}`",
                "pass it with `--api-key-stdin` or `--api-key-file PATH`",
            )


def _called(arguments: Sequence[str]) -> int:
    if arguments[:1] == ["mcp"] and COMPLETION not in this_run().environment:
        start = plain_start("".join(arguments[1:2]), arguments[2:])
        if start is not None:
            return int(start() or 0)
    from posthog_wizard.cli.app import run_by_typer

    return run_by_typer([*arguments])


def plain_start(name: str, words: Sequence[str]) -> partial[Any] | None:
    """What a command of `mcp` is started by; None where its words are typer's to judge. Raises WrongUsage.

    Our two programs are read by the table that entries are written by: a client waits for this start.
    """
    if name in {"bridge", "serve"}:
        said = parse_flags("serve" if name == "serve" else "bridge", words)
        return None if said.unread else partial(_start_program, said.complete)
    if name not in PLAIN_COMMANDS:
        return None
    command = import_module(f"posthog_wizard.cli.{name}").command
    given = plain_arguments(command, words)
    return None if given is None else partial(command, **given)


def _start_program(said: Invocation) -> int:
    if said.program == "serve":
        from posthog_wizard.cli.serve import start_server

        start_server(said)
        return 0
    from posthog_wizard.cli.bridge import start_bridge

    return start_bridge(said)


def plain_arguments(command: Callable[..., Any], words: Sequence[str]) -> dict[str, Any] | None:
    """What the words behind a command's name call it with; None where they are typer's to judge. Raises WrongUsage."""
    from posthog_wizard.cli.flags import flag_of, typed_for

    typed = typed_for(command)
    given = _read(words, typed.kinds, {name: flag_of(command, name) for name in typed.kinds})
    if given is None:
        return None
    for name, group in typed.groups.items():
        given[name] = group(**{field: given.pop(field) for field in group._fields if field in given})
    return given


def _read(words: Sequence[str], kinds: dict[str, Any], flags: dict[str, DeclaredFlag]) -> dict[str, Any] | None:
    """The values that the words say, by parameter; None where one is not as plain as that."""
    known = {word: name for name, flag in flags.items() for word in flag.words(name) or [""]}
    given: dict[str, Any] = {}
    rest = iter(words)
    for word in rest:
        spelled, joined, text = word.partition("=") if word.startswith("-") else ("", "=", word)
        name = known.get(spelled, "")
        kind = kinds.get(name)
        if joined and (kind is bool or (spelled and not spelled.startswith("--"))):
            return None
        value = True if kind is bool else _value(kind, text if joined else next(rest, ""))
        if value is None or (not spelled and name in given and not isinstance(value, list)):
            return None
        given[name] = given.get(name, []) + value if isinstance(value, list) else value
    if "" in known and kinds[known[""]] is str and known[""] not in given:
        return None
    return given | {name: check(given[name]) for name in given if (check := flags[name].check)}


def _value(kind: Any, text: str) -> Any:
    """What a word means for a parameter of that kind; None where typer may say otherwise."""
    if type(None) in get_args(kind):
        return _value(get_args(kind)[0], text)
    if not text or text.startswith("-"):
        return None
    if get_origin(kind) is Literal:
        return text if text in get_args(kind) else None
    return {str: text, Path: Path(text), list[str]: [text]}.get(kind)
