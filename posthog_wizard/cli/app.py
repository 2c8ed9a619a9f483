"""The program: its commands, loaded when they are asked for, and the one place where an error becomes an exit code."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib import import_module
from io import TextIOWrapper
from itertools import pairwise
from typing import Annotated, Any, ClassVar, TextIO

import typer
from typer.core import TyperGroup

from posthog_wizard import __version__
from posthog_wizard.cli import failure
from posthog_wizard.cli.run_context import RunContext, as_this_run, this_run
from posthog_wizard.errors import NotSupported, WrongUsage
from posthog_wizard.machine import PROGRAM
from posthog_wizard.model import Machine

_KEY_SHAPE = re.compile(r"ph[xas]_\w{16,}")
_COMPLETION = "_POSTHOG_WIZARD_COMPLETE"  # set by a shell that wants to complete a word
_CONTEXT = {"help_option_names": ["-h", "--help"]}


class LazyGroup(TyperGroup):
    """A group whose commands are imported when they are asked for: `mcp bridge` must not pay for `mcp add`."""

    modules: ClassVar[Mapping[str, str]]  # the command's name -> its module in posthog_wizard.cli
    planned: ClassVar[Mapping[str, str]] = {}  # a command that this version lacks -> what to do instead

    def list_commands(self, _ctx: Any) -> list[str]:
        """The names, in the order in which help shows them."""
        return list(self.modules)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the words begin with. Raises WrongUsage with the nearest names."""
        if args[0] in self.modules or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        if args[0] in self.planned:
            raise NotSupported(f"`{args[0]}` is not part of this version yet", self.planned[args[0]])
        from difflib import get_close_matches

        near = get_close_matches(args[0], self.modules, n=2) or self.modules
        known = " or ".join(f"`{name}`" for name in near)
        raise WrongUsage(f"there is no command `{args[0]}`", f"did you mean {known}?")

    def get_command(self, _ctx: Any, cmd_name: str) -> Any:
        """The command, or None for an unknown name."""
        if cmd_name not in self.modules:
            return None
        module = import_module(f"posthog_wizard.cli.{self.modules[cmd_name]}")
        return build(cmd_name, module)


class McpCommands(LazyGroup):
    """`posthog-wizard mcp ...`."""

    modules: ClassVar[Mapping[str, str]] = {
        "add": "add",
        "remove": "remove",
        "list": "list",
        "undo": "undo",
        "print": "print",
        "bridge": "bridge",
        "serve": "serve",
        "tools": "tools",
        "doctor": "doctor",
        "installations": "installations",
    }


class KeyCommands(LazyGroup):
    """`posthog-wizard key ...`."""

    modules: ClassVar[Mapping[str, str]] = {
        "set": "keys.set",
        "show": "keys.show",
        "rotate": "keys.rotate",
        "forget": "keys.forget",
    }


class _Commands(LazyGroup):
    """`posthog-wizard ...`."""

    modules: ClassVar[Mapping[str, str]] = {"mcp": "mcp", "key": "keys", "sandbox": "sandbox"}


def build(name: str, module: Any) -> Any:
    """Typer's command for a module: a group when it has COMMANDS, else its function `command`."""
    app = typer.Typer(add_completion=False, context_settings=_CONTEXT)
    if hasattr(module, "COMMANDS"):
        app = typer.Typer(add_completion=False, context_settings=_CONTEXT, cls=module.COMMANDS, no_args_is_help=True)
        app.callback(help=module.__doc__)(lambda: None)
    else:
        app.command(name)(module.command)
    built = typer.main.get_command(app)
    built.name = name
    return built


def _version(asked: bool) -> None:
    if asked:
        this_run().stdout.write(f"posthog-wizard {__version__}\n")
        raise typer.Exit


def _root(
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Connect every AI coding client on this machine to PostHog.

    posthog-wizard mcp add        put PostHog into the clients found here

    posthog-wizard mcp list       see where it is

    posthog-wizard mcp doctor     prove that it works, say why not, repair it

    posthog-wizard mcp undo       take the last change back
    """


def program() -> Any:
    """The whole command line."""
    app = typer.Typer(
        name=PROGRAM,
        cls=_Commands,
        context_settings=_CONTEXT,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
    app.callback()(_root)
    return typer.main.get_command(app)


def _refuse_misplaced_keys(arguments: Sequence[str]) -> None:
    """Raise WrongUsage for a key where a name or a path belongs: it would end in outputs and files."""
    for before, word in pairwise(("", *arguments)):
        if before != "--api-key" and not word.startswith("--api-key=") and _KEY_SHAPE.search(word):
            raise WrongUsage(
                f"there is a PostHog key where none belongs: `{_KEY_SHAPE.sub('…', word)}`",
                "pass it with `--api-key-stdin` or `--api-key-file PATH`",
            )


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
            return _invoke(program(), list(arguments))
        except (Exception, KeyboardInterrupt) as problem:  # noqa: BLE001 - what it is decides how it is shown
            return failure.show_failure(problem, arguments)


def _invoke(command: Any, arguments: list[str]) -> int:
    """Typer's own `main` would turn Ctrl-C and a reader who has gone into exits without a word."""
    if _COMPLETION in this_run().environment:
        command.main(prog_name=PROGRAM)  # answers the shell, and ends the process
    try:
        with command.make_context(PROGRAM, arguments) as context:
            return int(command.invoke(context) or 0)
    except typer.Exit as end:  # `--help`, `--version`
        return end.exit_code
    except SystemExit:  # rich, when nobody reads the help to its end
        return 0
