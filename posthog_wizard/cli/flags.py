"""Every flag that people type, in one table: a command names its parameters, with their types, and what they are is told here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_type_hints

from posthog_wizard.api.hosts import CloudRegion
from posthog_wizard.cli.completion import COMPLETED, argument_names, change_ids, client_ids, tool_names
from posthog_wizard.errors import WrongUsage
from posthog_wizard.invocation import COMMAND_FLAGS, KEY_PANEL, LIMITS_PANEL, WHERE_PANEL, Program, flags_of

if TYPE_CHECKING:
    from inspect import Signature

_WHICH, _HOW, _SERVER, _PROJECT = "Which clients", "How", "The server", "Which project"  # panels of the help


class DeclaredFlag(NamedTuple):
    """A flag, or an argument, as typer is told of it where its import is worth the time.

    A default that says nothing by itself is told by its help. `names` are those that are not the parameter's.
    """

    help: str
    panel: str | None = None
    metavar: str | None = None
    names: tuple[str, ...] = ()
    positional: bool = False
    show_default: bool = False
    least: float | None = None
    most: float | None = None
    check: Callable[[Any], Any] | None = None  # gives the value, or raises WrongUsage
    complete: Callable[..., list[str]] | None = None

    def words(self, parameter: str) -> tuple[str, ...]:
        """How it is spelled; none for an argument."""
        return () if self.positional else self.names or (f"--{parameter.replace('_', '-')}",)

    def for_typer(self, parameter: str) -> Any:
        """The same for typer. rich would take what stands in brackets for markup, and leave it out."""
        import typer

        return (typer.Argument if self.positional else typer.Option)(
            *self.words(parameter),
            help=self.help.replace("[default", r"\[default"),
            rich_help_panel=self.panel,
            metavar=self.metavar,
            show_default=self.show_default,
            min=self.least,
            max=self.most,
            callback=self.check,
            autocompletion=self.complete,
        )


def _entry_name(name: str | None) -> str | None:
    if name is not None and (not name.isprintable() or name != name.strip() or not name):
        raise WrongUsage(
            "an entry's name cannot be empty, nor hold characters that are not seen, or space around it",
            "try `--name posthog`",
        )
    return name


_ID = DeclaredFlag("Its id, or its name if no other has it.", metavar="ID", positional=True)
# By the parameter's name; what means something else to one command, or to one group of them, has its name in front.
_FLAGS: Mapping[str, DeclaredFlag] = {
    **{
        flag.name: DeclaredFlag(
            flag.help,
            flag.panel,
            flag.metavar,
            show_default=flag.default is not None,
            least=flag.least,
            complete=COMPLETED.get(flag.name),
        )
        for flag in COMMAND_FLAGS
    },
    "clients": DeclaredFlag(
        "Client ids, for example `cursor`.", metavar="[CLIENT]...", positional=True, complete=client_ids
    ),
    "client": DeclaredFlag(
        "The same as CLIENT; repeatable.", _WHICH, "ID", names=("--client", "-c"), complete=client_ids
    ),
    "every": DeclaredFlag("Every client found on this machine.", _WHICH, names=("--all",)),
    "scope": DeclaredFlag("The user's file, or the project's.", _WHICH, show_default=True),
    "config_path": DeclaredFlag("This file instead of the usual place (one client).", _WHICH, "PATH"),
    "name": DeclaredFlag("Name of the entry.  [default: posthog]", _WHICH, check=_entry_name),
    "force": DeclaredFlag("Also for clients that are not found, and over entries that are not PostHog's.", _WHICH),
    "everywhere": DeclaredFlag("Every entry of ours, in every client, file, scope and name."),
    "api_key": DeclaredFlag(
        "The key itself. Others can see it in the process list; the next two are better.", KEY_PANEL, "KEY"
    ),
    "api_key_stdin": DeclaredFlag("Read the key from standard input.", KEY_PANEL),
    "api_key_file": DeclaredFlag("Read the key from a file.", KEY_PANEL, "PATH"),
    "oauth": DeclaredFlag("No key: the client signs in by itself.", KEY_PANEL),
    "login": DeclaredFlag("Sign in with the browser first, for all clients.", KEY_PANEL),
    "secret": DeclaredFlag(
        "Where the key goes: into the entry, our key store, an environment variable, or the client asks."
        "  [default: inline]",
        KEY_PANEL,
    ),
    "env_var": DeclaredFlag("The variable for `--secret env`.  [default: POSTHOG_PERSONAL_API_KEY]", KEY_PANEL, "NAME"),
    "store": DeclaredFlag("Which store, with `--secret store`.", KEY_PANEL),
    **dict.fromkeys(
        ("keys.store", "login.store"),
        DeclaredFlag("The system's keyring, or a file that only you can read.", KEY_PANEL),
    ),
    "reference": DeclaredFlag("The key stays elsewhere: `env:NAME`, `file:PATH` or `command:ARGV`.", KEY_PANEL, "REF"),
    "no_verify": DeclaredFlag("Do not ask PostHog whether the key is good.", KEY_PANEL),
    "allow_plaintext": DeclaredFlag("The key in plain text in a project's file, which others can read.", KEY_PANEL),
    "server": DeclaredFlag("mcp.posthog.com, or our own.  [default: hosted; local with --host]", WHERE_PANEL),
    "mcp_url": DeclaredFlag("Another hosted endpoint.", WHERE_PANEL, "URL"),
    "installation": DeclaredFlag(
        "An installed server of the project instead of PostHog's own.", WHERE_PANEL, "NAME|ID"
    ),
    "no_limits": DeclaredFlag("Drop the limits that entries have already.", LIMITS_PANEL),
    "dry_run": DeclaredFlag("Show the diff, write nothing.", _HOW),
    "yes": DeclaredFlag("Do not ask for confirmation.", _HOW, names=("--yes", "-y")),
    "no_input": DeclaredFlag("Never ask anything.", _HOW),
    "json": DeclaredFlag("One JSON document on stdout, and nothing else there.", _HOW),
    "trust_project": DeclaredFlag(
        "Also start and ask what a project's file names: shows it whole, asks first; for this run alone.", _HOW
    ),
    "fix": DeclaredFlag("Repair what can be repaired: shows the diff, asks first.", _HOW),
    "offline": DeclaredFlag("Leave out what needs the network.", _HOW),
    "timeout": DeclaredFlag("For all checks together.", _HOW, "SECONDS", show_default=True),
    "report": DeclaredFlag("Markdown to paste into an issue, without keys, home and user name.", _HOW),
    "undo.change_id": DeclaredFlag(
        "Which run, or the beginning of its id; the last one when left out.",
        metavar="[CHANGE-ID]",
        positional=True,
        complete=change_ids,
    ),
    "undo.client": DeclaredFlag("Only this client.", metavar="ID", names=("--client", "-c"), complete=client_ids),
    "undo.list_runs": DeclaredFlag("Show the runs that can be taken back.", names=("--list",)),
    "print.client": DeclaredFlag(
        "A client id, for example `cursor`.", metavar="CLIENT", positional=True, complete=client_ids
    ),
    "print.os": DeclaredFlag("For another operating system.  [default: this one]"),
    "print.deeplink": DeclaredFlag("A link that adds it, without a key."),
    "print.documented": DeclaredFlag("PostHog's own documented block."),
    "bundle.out": DeclaredFlag("The file.", metavar="FILE", show_default=True),
    "call.tool": DeclaredFlag(
        "`posthog-wizard mcp tools` lists them.", metavar="TOOL", positional=True, complete=tool_names
    ),
    "call.words": DeclaredFlag(
        "Arguments; JSON where the tool wants no text.",
        metavar="[NAME=VALUE]...",
        positional=True,
        complete=argument_names,
    ),
    "call.arguments": DeclaredFlag("All arguments as an object; `-` reads it from stdin.", metavar="JSON|@FILE|-"),
    "call.yes": DeclaredFlag("Do not ask before a tool that may delete.", names=("--yes", "-y")),
    "login.no_browser": DeclaredFlag("Only print the address, for a browser elsewhere."),
    "login.oauth": DeclaredFlag("Access that expires and is renewed, in place of a key."),
    "login.project": DeclaredFlag("Accept this project only.", metavar="ID"),
    "login.read_only": DeclaredFlag("Accept nothing that can change data."),
    "login.timeout": DeclaredFlag("How long to wait for you.", metavar="SECONDS", show_default=True, least=1),
    "keys.forget.every": DeclaredFlag("Every profile.", KEY_PANEL, names=("--all",)),
    "sandbox.port": DeclaredFlag("The port.  [default: a free one]", metavar="N", least=0, most=65535),
    "sandbox.reset": DeclaredFlag("Forget what was made or changed, and begin with the samples again; the key stays."),
    "sandbox.well_known_keys": DeclaredFlag("Take the documented keys too, which every user of this machine knows."),
    "installations.wanted": _ID,
    "installations.project": DeclaredFlag("Of this project.  [default: the key's]", _PROJECT, "ID"),
    "installations.environment": DeclaredFlag("Of this environment, where the project has several.", _PROJECT, "ID"),
    "installations.no_wait": DeclaredFlag("Do not wait until somebody has signed in."),
    "installations.add.name": DeclaredFlag("What people call it.", _SERVER),
    "installations.add.url": DeclaredFlag("Its public https address.", _SERVER, "URL"),
    "installations.add.auth_type": DeclaredFlag("It takes a key, or people sign in.", _SERVER),
    "installations.add.description": DeclaredFlag("What it is for.", _SERVER),
    "installations.add.server_key_stdin": DeclaredFlag("Read the server's key from standard input.", _SERVER),
    "installations.add.server_key_file": DeclaredFlag("Read the server's key from a file.", _SERVER, "PATH"),
    "installations.update.display_name": DeclaredFlag("A new name."),
    "installations.update.description": DeclaredFlag("A new description."),
    "installations.update.enabled": DeclaredFlag("Switch it on or off.", names=("--enable/--disable",)),
}


def flag_of(command: Callable[..., Any], parameter: str) -> DeclaredFlag:
    """The row of a command's parameter. Raises KeyError where there is none."""
    rooms = command.__module__.removeprefix("posthog_wizard.cli.").split(".")
    own = (".".join((*rooms[:depth], parameter)) for depth in range(len(rooms), 0, -1))
    return _FLAGS[next((name for name in own if name in _FLAGS), parameter)]


class _Typed(NamedTuple):
    """What can be typed for a command: the type of each parameter; those of a group (a named tuple) are by themselves."""

    kinds: dict[str, Any]
    groups: dict[str, Any]


def typed_for(command: Callable[..., Any]) -> _Typed:
    """What can be typed for this command."""
    hints = {name: kind for name, kind in get_type_hints(command).items() if name != "return"}
    groups = {name: kind for name, kind in hints.items() if hasattr(kind, "_fields")}
    fields = {name: kind for group in groups.values() for name, kind in get_type_hints(group).items()}
    return _Typed({name: kind for name, kind in hints.items() if name not in groups} | fields, groups)


def signature_of(program: Program) -> Signature:
    """The parameters of the command that starts this program, as typer reads them."""
    from inspect import Parameter, Signature

    parameters = []
    for flag in flags_of(program):
        kind: Any = Literal[flag.choices] if flag.choices else flag.kind
        default = False if flag.kind is bool else flag.default
        annotation = kind if default is not None else kind | None
        parameters.append(Parameter(flag.name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation))
    return Signature(parameters)


class ChangeFlags(NamedTuple):
    """How a change is carried out."""

    dry_run: bool = False
    yes: bool = False
    no_input: bool = False
    json: bool = False


class LocalFlags(NamedTuple):
    """Which PostHog `mcp serve` asks, with which key and limits."""

    profile: str | None = None
    host: str | None = None
    region: CloudRegion | None = None
    allow_http: bool = False
    ca_file: Path | None = None
    sandbox: bool = False
    organization: str | None = None
    project: str | None = None
    features: str | None = None
    tools: str | None = None
    read_only: bool = False
