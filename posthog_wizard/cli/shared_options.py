"""The flags that several commands share, each written once."""

from __future__ import annotations

from inspect import Parameter, Signature
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from posthog_wizard.errors import WrongUsage
from posthog_wizard.invocation import KEY_PANEL, WHERE_PANEL, CommandFlag, Program, flag_called, flags_of

_WHICH_PANEL, _HOW_PANEL = "Which clients", "How"


def _option(flag: CommandFlag) -> Any:
    return typer.Option(
        flag.spelled,
        metavar=flag.metavar,
        help=flag.help,
        rich_help_panel=flag.panel,
        min=flag.least,
        show_default=flag.default is not None,
    )


def _parameter(flag: CommandFlag) -> Parameter:
    kind: Any = Literal[flag.choices] if flag.choices else flag.kind
    default = False if flag.kind is bool else flag.default
    annotation: Any = Annotated[kind if default is not None else kind | None, _option(flag)]
    return Parameter(flag.name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def signature_of(program: Program) -> Signature:
    """The parameters of the command that starts this program, as typer reads them."""
    return Signature([_parameter(flag) for flag in flags_of(program)])


ClientsArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="[CLIENT]...", help="Client ids, for example `cursor`.", show_default=False),
]
ClientOption = Annotated[
    list[str] | None,
    typer.Option(
        "--client",
        "-c",
        metavar="ID",
        help="The same as CLIENT; repeatable.",
        rich_help_panel=_WHICH_PANEL,
        show_default=False,
    ),
]
AllOption = Annotated[
    bool, typer.Option("--all", help="Every client found on this machine.", rich_help_panel=_WHICH_PANEL)
]
ScopeOption = Annotated[
    Literal["user", "project"],
    typer.Option("--scope", help="The user's file, or the project's.", rich_help_panel=_WHICH_PANEL),
]
ConfigPathOption = Annotated[
    Path | None,
    typer.Option(
        "--config-path",
        metavar="PATH",
        help="This file instead of the usual place (one client).",
        rich_help_panel=_WHICH_PANEL,
        show_default=False,
    ),
]


def _entry_name(name: str | None) -> str | None:
    if name is not None and (not name.isprintable() or name != name.strip() or not name):
        raise WrongUsage(
            "an entry's name cannot be empty, nor hold characters that are not seen, or space around it",
            "try `--name posthog`",
        )
    return name


NameOption = Annotated[
    str | None,
    typer.Option(
        "--name",
        help="Name of the entry.  [default: posthog]",
        rich_help_panel=_WHICH_PANEL,
        show_default=False,
        callback=_entry_name,
    ),
]
ForceOption = Annotated[
    bool,
    typer.Option(
        "--force",
        help="Also for clients that are not found, and over entries that are not PostHog's.",
        rich_help_panel=_WHICH_PANEL,
    ),
]

ApiKeyOption = Annotated[
    str | None,
    typer.Option(
        "--api-key",
        metavar="KEY",
        help="The key itself. Others can see it in the process list; the next two are better.",
        rich_help_panel=KEY_PANEL,
        show_default=False,
    ),
]
ApiKeyStdinOption = Annotated[
    bool, typer.Option("--api-key-stdin", help="Read the key from standard input.", rich_help_panel=KEY_PANEL)
]
ApiKeyFileOption = Annotated[
    Path | None,
    typer.Option(
        "--api-key-file",
        metavar="PATH",
        help="Read the key from a file.",
        rich_help_panel=KEY_PANEL,
        show_default=False,
    ),
]
OAuthOption = Annotated[
    bool, typer.Option("--oauth", help="No key: the client signs in by itself.", rich_help_panel=KEY_PANEL)
]
SecretOption = Annotated[
    Literal["inline", "store", "env", "prompt"] | None,
    typer.Option(
        "--secret",
        help="Where the key goes: into the entry, our key store, an environment variable, or the client asks."
        "  [default: inline]",
        rich_help_panel=KEY_PANEL,
        show_default=False,
    ),
]
EnvVarOption = Annotated[
    str | None,
    typer.Option(
        "--env-var",
        metavar="NAME",
        help="The variable for `--secret env`.  [default: POSTHOG_PERSONAL_API_KEY]",
        rich_help_panel=KEY_PANEL,
        show_default=False,
    ),
]
StoreOption = Annotated[
    Literal["keyring", "file"] | None,
    typer.Option("--store", help="Which store, with `--secret store`.", rich_help_panel=KEY_PANEL, show_default=False),
]
ProfileOption = Annotated[str | None, _option(flag_called("profile"))]
NoVerifyOption = Annotated[
    bool, typer.Option("--no-verify", help="Do not ask PostHog whether the key is good.", rich_help_panel=KEY_PANEL)
]

RegionOption = Annotated[Literal["us", "eu"] | None, _option(flag_called("region"))]
HostOption = Annotated[str | None, _option(flag_called("host"))]
AllowHttpOption = Annotated[bool, _option(flag_called("allow_http"))]
CaFileOption = Annotated[Path | None, _option(flag_called("ca_file"))]
ServerOption = Annotated[
    Literal["hosted", "local"] | None,
    typer.Option(
        "--server",
        help="mcp.posthog.com, or our own.  [default: hosted; local with --host]",
        rich_help_panel=WHERE_PANEL,
        show_default=False,
    ),
]
McpUrlOption = Annotated[
    str | None,
    typer.Option(
        "--mcp-url", metavar="URL", help="Another hosted endpoint.", rich_help_panel=WHERE_PANEL, show_default=False
    ),
]
InstallationOption = Annotated[
    list[str] | None,
    typer.Option(
        "--installation",
        metavar="NAME|ID",
        help="An installed server of the project instead of PostHog's own.",
        rich_help_panel=WHERE_PANEL,
        show_default=False,
    ),
]
SandboxOption = Annotated[bool, _option(flag_called("sandbox"))]

OrganizationOption = Annotated[str | None, _option(flag_called("organization"))]
ProjectOption = Annotated[str | None, _option(flag_called("project"))]
FeaturesOption = Annotated[str | None, _option(flag_called("features"))]
ToolsOption = Annotated[str | None, _option(flag_called("tools"))]
ReadOnlyOption = Annotated[bool, _option(flag_called("read_only"))]
ModeOption = Annotated[Literal["tools", "cli"] | None, _option(flag_called("mode"))]

DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Show the diff, write nothing.", rich_help_panel=_HOW_PANEL)
]
YesOption = Annotated[
    bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.", rich_help_panel=_HOW_PANEL)
]
NoInputOption = Annotated[bool, typer.Option("--no-input", help="Never ask anything.", rich_help_panel=_HOW_PANEL)]
JsonOption = Annotated[
    bool,
    typer.Option("--json", help="One JSON document on stdout, and nothing else there.", rich_help_panel=_HOW_PANEL),
]

FixOption = Annotated[
    bool,
    typer.Option("--fix", help="Repair what can be repaired: shows the diff, asks first.", rich_help_panel=_HOW_PANEL),
]
OfflineOption = Annotated[
    bool, typer.Option("--offline", help="Leave out what needs the network.", rich_help_panel=_HOW_PANEL)
]
TimeoutOption = Annotated[
    float, typer.Option("--timeout", metavar="SECONDS", help="For all checks together.", rich_help_panel=_HOW_PANEL)
]
ReportOption = Annotated[
    bool,
    typer.Option(
        "--report",
        help="Markdown to paste into an issue, without keys, home and user name.",
        rich_help_panel=_HOW_PANEL,
    ),
]
TrustProjectOption = Annotated[
    bool,
    typer.Option(
        "--trust-project",
        help="Also start and ask what a project's file names: shows it whole, asks first; for this run alone.",
        rich_help_panel=_HOW_PANEL,
    ),
]
AllowPlaintextOption = Annotated[
    bool,
    typer.Option(
        "--allow-plaintext",
        help="The key in plain text in a project's file, which others can read.",
        rich_help_panel=KEY_PANEL,
    ),
]


def refuse_beside_sandbox(
    *, key: bool = False, oauth: bool = False, secret: str = "inline", server: str | None = None, **others: object
) -> None:
    """Raise WrongUsage for a flag that means another PostHog, or a key: the sandbox needs neither.

    `others`: flags by their parameters' names, with their values.
    """
    given = {
        "--api-key": key,
        "--oauth": oauth,
        "--secret": secret != "inline",
        "--server hosted": server == "hosted",
        **{f"--{name.replace('_', '-')}": value for name, value in others.items()},
    }
    for flag, value in given.items():
        if value:
            raise WrongUsage(f"`--sandbox` and `{flag}` contradict each other", "leave one of them out")
