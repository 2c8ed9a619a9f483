"""The flags that several commands share, each written once."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from posthog_wizard.cli.completion import COMPLETED, client_ids
from posthog_wizard.errors import WrongUsage
from posthog_wizard.invocation import KEY_PANEL, LIMITS_PANEL, WHERE_PANEL, CommandFlag, Program, flag_called, flags_of

if TYPE_CHECKING:
    from inspect import Parameter, Signature

    from posthog_wizard.operations.targets import ClientSelection

_WHICH_PANEL, _HOW_PANEL = "Which clients", "How"


class DeclaredFlag:
    """A flag, or without names an argument, as typer is told of it where its import is worth the time."""

    def __init__(self, *names: str, callback: Callable[[Any], Any] | None = None, **told: Any) -> None:
        self.names, self.callback, self._told = names, callback, told

    def for_typer(self) -> Any:
        """The same for typer."""
        import typer

        return (typer.Option if self.names else typer.Argument)(*self.names, callback=self.callback, **self._told)


def _option(flag: CommandFlag) -> DeclaredFlag:
    return DeclaredFlag(
        flag.spelled,
        metavar=flag.metavar,
        help=_told(flag.help),
        rich_help_panel=flag.panel,
        min=flag.least,
        show_default=flag.default is not None,
        autocompletion=COMPLETED.get(flag.name),
    )


def _told(help: str) -> str:
    """The help's text; rich would take what stands in brackets for markup, and leave it out."""
    return help.replace("[default", r"\[default")


def _parameter(flag: CommandFlag) -> "Parameter":
    from inspect import Parameter

    kind: Any = Literal[flag.choices] if flag.choices else flag.kind
    default = False if flag.kind is bool else flag.default
    annotation: Any = Annotated[kind if default is not None else kind | None, _option(flag)]
    return Parameter(flag.name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def signature_of(program: Program) -> "Signature":
    """The parameters of the command that starts this program, as typer reads them."""
    from inspect import Signature

    return Signature([_parameter(flag) for flag in flags_of(program)])


def option(panel: str | None, *names: str, help: str, show_default: bool = False, **more: Any) -> DeclaredFlag:
    """A flag in one of help's panels; a default that says nothing by itself is told by its help."""
    return DeclaredFlag(*names, help=_told(help), rich_help_panel=panel, show_default=show_default, **more)


ClientsArgument = Annotated[
    list[str] | None,
    DeclaredFlag(
        metavar="[CLIENT]...",
        help="Client ids, for example `cursor`.",
        show_default=False,
        autocompletion=client_ids,
    ),
]
ScopeOption = Annotated[
    Literal["user", "project"],
    option(_WHICH_PANEL, "--scope", help="The user's file, or the project's.", show_default=True),
]


def _entry_name(name: str | None) -> str | None:
    if name is not None and (not name.isprintable() or name != name.strip() or not name):
        raise WrongUsage(
            "an entry's name cannot be empty, nor hold characters that are not seen, or space around it",
            "try `--name posthog`",
        )
    return name


NameOption = Annotated[
    str | None, option(_WHICH_PANEL, "--name", help="Name of the entry.  [default: posthog]", callback=_entry_name)
]

ApiKeyStdinOption = Annotated[bool, option(KEY_PANEL, "--api-key-stdin", help="Read the key from standard input.")]
ApiKeyFileOption = Annotated[
    Path | None, option(KEY_PANEL, "--api-key-file", help="Read the key from a file.", metavar="PATH")
]
ProfileOption = Annotated[str | None, _option(flag_called("profile"))]
NoVerifyOption = Annotated[bool, option(KEY_PANEL, "--no-verify", help="Do not ask PostHog whether the key is good.")]

RegionOption = Annotated[Literal["us", "eu"] | None, _option(flag_called("region"))]
HostOption = Annotated[str | None, _option(flag_called("host"))]
AllowHttpOption = Annotated[bool, _option(flag_called("allow_http"))]
CaFileOption = Annotated[Path | None, _option(flag_called("ca_file"))]
_SandboxOption = Annotated[bool, _option(flag_called("sandbox"))]

_OrganizationOption = Annotated[str | None, _option(flag_called("organization"))]
_ProjectOption = Annotated[str | None, _option(flag_called("project"))]
_FeaturesOption = Annotated[str | None, _option(flag_called("features"))]
_ToolsOption = Annotated[str | None, _option(flag_called("tools"))]
_ReadOnlyOption = Annotated[bool, _option(flag_called("read_only"))]
NoLimitsOption = Annotated[bool, option(LIMITS_PANEL, "--no-limits", help="Drop the limits that entries have already.")]
_ModeOption = Annotated[Literal["tools", "cli"] | None, _option(flag_called("mode"))]

MaxTokensOption = Annotated[int, _option(flag_called("max_tokens"))]
AllowDangerousOption = Annotated[bool, _option(flag_called("allow_dangerous"))]

DryRunOption = Annotated[bool, option(_HOW_PANEL, "--dry-run", help="Show the diff, write nothing.")]
YesOption = Annotated[bool, option(_HOW_PANEL, "--yes", "-y", help="Do not ask for confirmation.")]
NoInputOption = Annotated[bool, option(_HOW_PANEL, "--no-input", help="Never ask anything.")]
JsonOption = Annotated[bool, option(_HOW_PANEL, "--json", help="One JSON document on stdout, and nothing else there.")]

FixOption = Annotated[
    bool, option(_HOW_PANEL, "--fix", help="Repair what can be repaired: shows the diff, asks first.")
]
OfflineOption = Annotated[bool, option(_HOW_PANEL, "--offline", help="Leave out what needs the network.")]
TimeoutOption = Annotated[
    float, option(_HOW_PANEL, "--timeout", help="For all checks together.", metavar="SECONDS", show_default=True)
]
ReportOption = Annotated[
    bool, option(_HOW_PANEL, "--report", help="Markdown to paste into an issue, without keys, home and user name.")
]
TrustProjectOption = Annotated[
    bool,
    option(
        _HOW_PANEL,
        "--trust-project",
        help="Also start and ask what a project's file names: shows it whole, asks first; for this run alone.",
    ),
]
AllowPlaintextOption = Annotated[
    bool,
    option(KEY_PANEL, "--allow-plaintext", help="The key in plain text in a project's file, which others can read."),
]


class ClientFlags(NamedTuple):
    """Which clients, and which of their files and entries."""

    clients: ClientsArgument = None
    client: Annotated[
        list[str] | None,
        option(
            _WHICH_PANEL,
            "--client",
            "-c",
            help="The same as CLIENT; repeatable.",
            metavar="ID",
            autocompletion=client_ids,
        ),
    ] = None
    every: Annotated[bool, option(_WHICH_PANEL, "--all", help="Every client found on this machine.")] = False
    scope: ScopeOption = "user"
    config_path: Annotated[
        Path | None,
        option(
            _WHICH_PANEL, "--config-path", help="This file instead of the usual place (one client).", metavar="PATH"
        ),
    ] = None
    name: NameOption = None
    force: Annotated[
        bool,
        option(
            _WHICH_PANEL,
            "--force",
            help="Also for clients that are not found, and over entries that are not PostHog's.",
        ),
    ] = False

    def selection(self, *, absent_too: bool) -> "ClientSelection":
        """The clients that are meant. Raises WrongUsage."""
        from posthog_wizard.operations.targets import client_selection

        return client_selection(
            self.clients,
            self.client,
            every=self.every,
            scope=self.scope,
            config_path=self.config_path,
            absent_too=absent_too,
        )


class ServerFlags(NamedTuple):
    """What an entry leads to and where its key goes; in the order of `ServerChoice`."""

    api_key: Annotated[
        str | None,
        option(
            KEY_PANEL,
            "--api-key",
            help="The key itself. Others can see it in the process list; the next two are better.",
            metavar="KEY",
        ),
    ] = None
    api_key_stdin: ApiKeyStdinOption = False
    api_key_file: ApiKeyFileOption = None
    oauth: Annotated[bool, option(KEY_PANEL, "--oauth", help="No key: the client signs in by itself.")] = False
    login: Annotated[bool, option(KEY_PANEL, "--login", help="Sign in with the browser first, for all clients.")] = (
        False
    )
    secret: Annotated[
        Literal["inline", "store", "env", "prompt"] | None,
        option(
            KEY_PANEL,
            "--secret",
            help="Where the key goes: into the entry, our key store, an environment variable, or the client asks."
            "  [default: inline]",
        ),
    ] = None
    env_var: Annotated[
        str | None,
        option(
            KEY_PANEL,
            "--env-var",
            help="The variable for `--secret env`.  [default: POSTHOG_PERSONAL_API_KEY]",
            metavar="NAME",
        ),
    ] = None
    store: Annotated[
        Literal["keyring", "file"] | None, option(KEY_PANEL, "--store", help="Which store, with `--secret store`.")
    ] = None
    profile: ProfileOption = None
    region: RegionOption = None
    host: HostOption = None
    server: Annotated[
        Literal["hosted", "local"] | None,
        option(WHERE_PANEL, "--server", help="mcp.posthog.com, or our own.  [default: hosted; local with --host]"),
    ] = None
    mcp_url: Annotated[str | None, option(WHERE_PANEL, "--mcp-url", help="Another hosted endpoint.", metavar="URL")] = (
        None
    )
    allow_http: AllowHttpOption = False
    ca_file: CaFileOption = None
    sandbox: _SandboxOption = False
    installation: Annotated[
        list[str] | None,
        option(
            WHERE_PANEL,
            "--installation",
            help="An installed server of the project instead of PostHog's own.",
            metavar="NAME|ID",
        ),
    ] = None
    organization: _OrganizationOption = None
    project: _ProjectOption = None
    features: _FeaturesOption = None
    tools: _ToolsOption = None
    read_only: _ReadOnlyOption = False
    mode: _ModeOption = None


class LocalFlags(NamedTuple):
    """Which PostHog `mcp serve` asks, with which key and limits."""

    profile: ProfileOption = None
    host: HostOption = None
    region: RegionOption = None
    allow_http: AllowHttpOption = False
    ca_file: CaFileOption = None
    sandbox: _SandboxOption = False
    organization: _OrganizationOption = None
    project: _ProjectOption = None
    features: _FeaturesOption = None
    tools: _ToolsOption = None
    read_only: _ReadOnlyOption = False


class ChangeFlags(NamedTuple):
    """How a change is carried out."""

    dry_run: DryRunOption = False
    yes: YesOption = False
    no_input: NoInputOption = False
    json: JsonOption = False
