"""The program as typer knows it: its commands, loaded when they are asked for.

typer is held below 0.29: from there on it imports pydantic for every command, and a hello-world takes 145 ms instead
of 61 ms. Clients start the bridge through this program. For the same reason a command imports what is heavy inside
the function that needs it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import wraps
from importlib import import_module
from typing import Annotated, Any, ClassVar

import typer
from typer.core import TyperGroup

from posthog_wizard import __version__
from posthog_wizard.cli.flags import flag_of, signature_of, typed_for
from posthog_wizard.cli.run_context import this_run
from posthog_wizard.errors import WizardError, WrongUsage
from posthog_wizard.invocation import COMPLETION
from posthog_wizard.launcher import PROGRAM

_CONTEXT = {"help_option_names": ["-h", "--help"]}


class _LazyGroup(TyperGroup):
    """A group whose commands are imported when they are asked for: `mcp bridge` must not pay for `mcp add`."""

    modules: ClassVar[Mapping[str, str | type[_LazyGroup]]]  # the command's name -> its module here, or a group

    def list_commands(self, _ctx: Any) -> list[str]:
        """The names, in the order in which help shows them."""
        return list(self.modules)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the words begin with. Raises WrongUsage with the nearest names."""
        if args[0] in self.modules or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        from difflib import get_close_matches

        near = get_close_matches(args[0], self.modules, n=2) or self.modules
        known = " or ".join(f"`{name}`" for name in near)
        raise WrongUsage(f"there is no command `{args[0]}`", f"did you mean {known}?")

    def get_command(self, _ctx: Any, cmd_name: str) -> Any:
        """The command, or None for an unknown name."""
        module = self.modules.get(cmd_name)
        if module is None:
            return None
        return build(cmd_name, import_module(f"posthog_wizard.cli.{module}") if isinstance(module, str) else module)


class _InstallationCommands(_LazyGroup):
    """The MCP servers that are installed in a PostHog project.

    posthog-wizard mcp installations list

    posthog-wizard mcp installations add --name Linear --url https://mcp.linear.app/mcp --auth-type oauth

    posthog-wizard mcp add --installation Linear        put it into the clients
    """

    modules: ClassVar = {
        name: f"installations.{name}" for name in ("list", "show", "add", "update", "remove", "authorize")
    }


class _McpCommands(_LazyGroup):
    """PostHog's MCP server in the AI clients of this machine.

    posthog-wizard mcp add                   put it into the clients found here

    posthog-wizard mcp doctor --fix          say why it fails, and repair it

    posthog-wizard mcp remove --everywhere   take it out again
    """

    modules: ClassVar = {
        name: name
        for name in ("add", "remove", "list", "undo", "print", "bridge", "serve", "tools", "call", "bundle", "doctor")
    } | {"installations": _InstallationCommands}


class _KeyCommands(_LazyGroup):
    """The key store: one place for PostHog keys, from which entries without a secret read them.

    posthog-wizard key set                  asks for the key, and where to keep it

    posthog-wizard key show                 who uses it, and whether it is valid

    posthog-wizard mcp add --secret store   clients that read it there
    """

    modules: ClassVar = {name: f"keys.{name}" for name in ("set", "show", "rotate", "forget")}


class _Commands(_LazyGroup):
    """`posthog-wizard ...`."""

    modules: ClassVar = {
        "mcp": _McpCommands,
        "login": "login",
        "logout": "logout",
        "key": _KeyCommands,
        "sandbox": "sandbox",
    }


def build(name: str, module: Any) -> Any:
    """Typer's command for a module, which is its function `command`, or for a group."""
    if isinstance(module, type):
        app = typer.Typer(add_completion=False, context_settings=_CONTEXT, cls=module, no_args_is_help=True)
        app.callback(help=module.__doc__)(lambda: None)
    else:
        app = typer.Typer(add_completion=False, context_settings=_CONTEXT)
        app.command(name)(_spread(module.command))
    built = typer.main.get_command(app)
    built.name = name
    return built


def _spread(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command as typer takes it: the fields of its groups are parameters, and each brings what is told of its flag.

    What our two programs take, the table has by which entries are written.
    """
    typed = typed_for(command)
    program = vars(command).get("program")
    own = signature_of(program) if program else inspect.signature(command)
    fields = {name: inspect.signature(group).parameters.values() for name, group in typed.groups.items()}
    spread = [
        one.replace(
            kind=one.KEYWORD_ONLY,
            annotation=Annotated[
                typed.kinds.get(one.name, one.annotation), flag_of(command, one.name).for_typer(one.name)
            ],
        )
        for listed in own.parameters.values()
        for one in fields.get(listed.name, [listed])
    ]

    @wraps(command)
    def gathered(**given: Any) -> Any:
        made = {name: group(*(given.pop(field) for field in group._fields)) for name, group in typed.groups.items()}
        return command(**made, **given)

    gathered.__signature__ = inspect.Signature(spread)  # type: ignore[attr-defined]
    gathered.__annotations__ = {one.name: one.annotation for one in spread}
    return gathered


def _version(context: typer.Context, asked: bool) -> None:
    if not asked:
        return
    if context.params.get("_json"):
        from posthog_wizard.cli import output
        from posthog_wizard.installer import this_installer

        by, launcher = this_installer(), list(this_run().machine.launcher)
        installer = {"way": by.way, "environment": by.environment, "extras": list(by.extras), **by.commands._asdict()}
        output.json_document(output.SCHEMAS["version"], version=__version__, installer=installer, launcher=launcher)
    else:
        this_run().stdout.write(f"posthog-wizard {__version__}\n")
    raise typer.Exit


def _root(
    _json: Annotated[
        bool, typer.Option("--json", help="With --version: how it was installed, too.", is_eager=True)
    ] = False,
    _version: Annotated[bool, typer.Option("--version", help="Show the version and exit.", callback=_version)] = False,
) -> None:
    """Connect every AI coding client on this machine to PostHog.

    posthog-wizard login          sign in with the browser, once for all clients

    posthog-wizard mcp add        put PostHog into the clients found here

    posthog-wizard mcp list       see where it is

    posthog-wizard mcp doctor     prove that it works, say why not, repair it

    posthog-wizard mcp undo       take the last change back
    """


def program() -> Any:
    """The whole command line."""
    app = typer.Typer(
        name=PROGRAM, cls=_Commands, context_settings=_CONTEXT, no_args_is_help=True, pretty_exceptions_enable=False
    )
    app.callback()(_root)
    return typer.main.get_command(app)


def run_by_typer(arguments: list[str]) -> int:
    """Run a command line by typer. Its own `main` would turn Ctrl-C and a reader who has gone into exits without a word."""
    command = program()
    if COMPLETION in this_run().environment:
        with suppress(WizardError):  # a file that is broken is told by the command itself
            command.main(prog_name=PROGRAM)  # answers the shell, and ends the process
        return 0
    try:
        with command.make_context(PROGRAM, arguments) as context:
            return int(command.invoke(context) or 0)
    except typer.Exit as end:  # `--help`, `--version`
        return end.exit_code
    except SystemExit:  # rich, when nobody reads the help to its end
        return 0
