"""`mcp installations add`: install an MCP server in a project by its URL."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from posthog_wizard.cli import ask, output, shared_options
from posthog_wizard.cli.installations import project_options
from posthog_wizard.errors import MissingInput, WrongUsage

_SERVER = "The server"
_AuthType = Literal["api_key", "oauth"]
_Name = Annotated[
    str | None, typer.Option("--name", help="What people call it.", rich_help_panel=_SERVER, show_default=False)
]
_Url = Annotated[
    str | None,
    typer.Option("--url", metavar="URL", help="Its public https address.", rich_help_panel=_SERVER, show_default=False),
]
_AuthTypeOption = Annotated[
    _AuthType | None,
    typer.Option("--auth-type", help="It takes a key, or people sign in.", rich_help_panel=_SERVER, show_default=False),
]
_Description = Annotated[str, typer.Option("--description", help="What it is for.", rich_help_panel=_SERVER)]
_ServerKeyStdin = Annotated[
    bool, typer.Option("--server-key-stdin", help="Read the server's key from standard input.", rich_help_panel=_SERVER)
]
_ServerKeyFile = Annotated[
    Path | None,
    typer.Option(
        "--server-key-file",
        metavar="PATH",
        help="Read the server's key from a file.",
        rich_help_panel=_SERVER,
        show_default=False,
    ),
]


def command(
    name: _Name = None,
    url: _Url = None,
    auth_type: _AuthTypeOption = None,
    description: _Description = "",
    server_key_stdin: _ServerKeyStdin = False,
    server_key_file: _ServerKeyFile = None,
    no_wait: project_options.NoWaitOption = False,
    project: project_options.ProjectIdOption = None,
    environment: project_options.EnvironmentOption = None,
    profile: shared_options.ProfileOption = None,
    yes: shared_options.YesOption = False,
    no_input: shared_options.NoInputOption = False,
    json: shared_options.JsonOption = False,
) -> int:
    """Install an MCP server in a PostHog project. What is missing is asked for.

    posthog-wizard mcp installations add

    posthog-wizard mcp installations add --name Linear --url https://mcp.linear.app/mcp --auth-type oauth

    pass acme | posthog-wizard mcp installations add --name Acme --url https://mcp.acme.com --server-key-stdin
    """
    from posthog_wizard.cli.installations.installing import ServerToInstall, install
    from posthog_wizard.cli.installations.project_access import project_access
    from posthog_wizard.cli.installations.server_key import server_key
    from posthog_wizard.cli.installations.sign_in import SignInOptions
    from posthog_wizard.cli.run_context import this_run

    asking = ask.can_ask(no_input=no_input, json=json, stdin_taken=server_key_stdin)
    key_given = server_key_stdin or server_key_file is not None
    address = _accepted(url or answer("URL of the server (https):", "--url", asking=asking))
    called = name or answer("Name:", "--name", asking=asking)
    way = auth_type or ("api_key" if key_given else _ask_way(asking=asking))
    if way == "oauth" and key_given:
        raise WrongUsage("where people sign in there is no key", "leave `--auth-type oauth` or the key out")
    key = server_key(stdin=server_key_stdin, file=server_key_file, asking=asking) if way == "api_key" else None
    place = project_access(project, environment, profile, this_run().machine)
    asked = ServerToInstall(called, address, way, key, description)
    return install(place, asked, SignInOptions(asking, yes, json, wait=not no_wait))


def _accepted(url: str) -> str:
    """The URL. Raises WrongUsage for one to which PostHog would not connect, before anything is sent."""
    from posthog_wizard.api.installation_urls import url_refusal

    reason = url_refusal(url)
    if reason is not None:
        shown = url.rpartition("@")[2]  # what stands before an @ may be a password
        raise WrongUsage(f"PostHog does not connect to `{shown}`: {reason}", "give the server's public https address")
    return url


def answer(question: str, flag: str, *, asking: bool) -> str:
    """What the user answers. Raises MissingInput where nobody can be asked, or nothing was said."""
    text = ask.text_line(question) if asking else ""
    if not text:
        raise MissingInput(f"`{flag}` is missing", f"add `{flag}`")
    return text


def _ask_way(*, asking: bool) -> _AuthType:
    """How people get in. Raises MissingInput where nobody can be asked."""
    if not asking:
        raise MissingInput(
            "does the server take a key, or do people sign in?",
            "add `--auth-type oauth`, or the key with `--server-key-stdin` or `--server-key-file PATH`",
        )
    output.say("How does one get into that server?")
    chosen = ask.choose_one("With", [("oauth", "signing in on its own page (OAuth)"), ("api_key", "a key")])
    return "oauth" if chosen == "oauth" else "api_key"
