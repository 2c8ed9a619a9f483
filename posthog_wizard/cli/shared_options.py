"""The flags that several commands share, each written once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import typer

from posthog_wizard.errors import WrongUsage

if TYPE_CHECKING:
    from posthog_wizard.operations.targets import ClientSelection

_WHICH_PANEL, KEY_PANEL, WHERE_PANEL, _LIMITS_PANEL, _HOW_PANEL = (
    "Which clients",
    "The key",
    "Which PostHog",
    "Limits",
    "How",
)

ClientsArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="[CLIENT]...", help="Client ids, for example `cursor`.", show_default=False),
]
_ClientOption = Annotated[
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
_AllOption = Annotated[
    bool, typer.Option("--all", help="Every client found on this machine.", rich_help_panel=_WHICH_PANEL)
]
ScopeOption = Annotated[
    Literal["user", "project"],
    typer.Option("--scope", help="The user's file, or the project's.", rich_help_panel=_WHICH_PANEL),
]
_ConfigPathOption = Annotated[
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
_ForceOption = Annotated[
    bool,
    typer.Option(
        "--force",
        help="Also for clients that are not found, and over entries that are not PostHog's.",
        rich_help_panel=_WHICH_PANEL,
    ),
]

_ApiKeyOption = Annotated[
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
_OAuthOption = Annotated[
    bool, typer.Option("--oauth", help="No key: the client signs in by itself.", rich_help_panel=KEY_PANEL)
]
_SecretOption = Annotated[
    Literal["inline", "store", "env", "prompt"] | None,
    typer.Option(
        "--secret",
        help="Where the key goes: into the entry, our key store, an environment variable, or the client asks."
        "  [default: inline]",
        rich_help_panel=KEY_PANEL,
        show_default=False,
    ),
]
_EnvVarOption = Annotated[
    str | None,
    typer.Option(
        "--env-var",
        metavar="NAME",
        help="The variable for `--secret env`.  [default: POSTHOG_PERSONAL_API_KEY]",
        rich_help_panel=KEY_PANEL,
        show_default=False,
    ),
]
_StoreOption = Annotated[
    Literal["keyring", "file"] | None,
    typer.Option("--store", help="Which store, with `--secret store`.", rich_help_panel=KEY_PANEL, show_default=False),
]
ProfileOption = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="NAME",
        help="A profile of the key store.  [default: default]",
        rich_help_panel=KEY_PANEL,
        show_default=False,
    ),
]
NoVerifyOption = Annotated[
    bool, typer.Option("--no-verify", help="Do not ask PostHog whether the key is good.", rich_help_panel=KEY_PANEL)
]

RegionOption = Annotated[
    Literal["us", "eu"] | None,
    typer.Option(
        "--region",
        help="PostHog Cloud's region.  [default: the one that accepts the key]",
        rich_help_panel=WHERE_PANEL,
        show_default=False,
    ),
]
HostOption = Annotated[
    str | None,
    typer.Option(
        "--host", metavar="URL", help="A self-hosted PostHog.", rich_help_panel=WHERE_PANEL, show_default=False
    ),
]
AllowHttpOption = Annotated[
    bool, typer.Option("--allow-http", help="Plain http beyond this machine.", rich_help_panel=WHERE_PANEL)
]
CaFileOption = Annotated[
    Path | None,
    typer.Option(
        "--ca-file",
        metavar="PATH",
        help="A certificate authority to trust beside the system's.",
        rich_help_panel=WHERE_PANEL,
        show_default=False,
    ),
]
_ServerOption = Annotated[
    Literal["hosted", "local"] | None,
    typer.Option(
        "--server",
        help="mcp.posthog.com, or our own.  [default: hosted; local with --host]",
        rich_help_panel=WHERE_PANEL,
        show_default=False,
    ),
]
_McpUrlOption = Annotated[
    str | None,
    typer.Option(
        "--mcp-url", metavar="URL", help="Another hosted endpoint.", rich_help_panel=WHERE_PANEL, show_default=False
    ),
]
_InstallationOption = Annotated[
    list[str] | None,
    typer.Option(
        "--installation",
        metavar="NAME|ID",
        help="An installed server of the project instead of PostHog's own.",
        rich_help_panel=WHERE_PANEL,
        show_default=False,
    ),
]
SandboxOption = Annotated[
    bool,
    typer.Option(
        "--sandbox", help="No account: a PostHog with sample data, on this machine.", rich_help_panel=WHERE_PANEL
    ),
]

OrganizationOption = Annotated[
    str | None,
    typer.Option(
        "--organization",
        metavar="ID",
        help="Only this organization.",
        rich_help_panel=_LIMITS_PANEL,
        show_default=False,
    ),
]
ProjectOption = Annotated[
    str | None,
    typer.Option(
        "--project", metavar="ID", help="Only this project.", rich_help_panel=_LIMITS_PANEL, show_default=False
    ),
]
FeaturesOption = Annotated[
    str | None,
    typer.Option(
        "--features",
        metavar="CSV",
        help="Only tools of these features.",
        rich_help_panel=_LIMITS_PANEL,
        show_default=False,
    ),
]
ToolsOption = Annotated[
    str | None,
    typer.Option(
        "--tools",
        metavar="CSV",
        help="Only these tools (added to those of --features).",
        rich_help_panel=_LIMITS_PANEL,
        show_default=False,
    ),
]
ReadOnlyOption = Annotated[
    bool, typer.Option("--read-only", help="Only tools that change nothing.", rich_help_panel=_LIMITS_PANEL)
]
ModeOption = Annotated[
    Literal["tools", "cli"] | None,
    typer.Option(
        "--mode",
        help="Tools by name, or one tool that wraps them all (hosted only).",
        rich_help_panel=_LIMITS_PANEL,
        show_default=False,
    ),
]

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


class ClientFlags(NamedTuple):
    """Which clients, and which of their files and entries."""

    clients: ClientsArgument = None
    client: _ClientOption = None
    every: _AllOption = False
    scope: ScopeOption = "user"
    config_path: _ConfigPathOption = None
    name: NameOption = None
    force: _ForceOption = False

    def selection(self, *, absent_too: bool) -> ClientSelection:
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

    api_key: _ApiKeyOption = None
    api_key_stdin: ApiKeyStdinOption = False
    api_key_file: ApiKeyFileOption = None
    oauth: _OAuthOption = False
    secret: _SecretOption = None
    env_var: _EnvVarOption = None
    store: _StoreOption = None
    profile: ProfileOption = None
    region: RegionOption = None
    host: HostOption = None
    server: _ServerOption = None
    mcp_url: _McpUrlOption = None
    allow_http: AllowHttpOption = False
    ca_file: CaFileOption = None
    sandbox: SandboxOption = False
    installation: _InstallationOption = None
    organization: OrganizationOption = None
    project: ProjectOption = None
    features: FeaturesOption = None
    tools: ToolsOption = None
    read_only: ReadOnlyOption = False
    mode: ModeOption = None


class ChangeFlags(NamedTuple):
    """How a change is carried out."""

    dry_run: DryRunOption = False
    yes: YesOption = False
    no_input: NoInputOption = False
    json: JsonOption = False
