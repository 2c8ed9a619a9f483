"""`mcp installations add`: install an MCP server in a project by its URL."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from posthog_wizard.cli import ask, output, shared_options
from posthog_wizard.cli.installations.project_options import NoWaitOption, ProjectFlags
from posthog_wizard.cli.run_context import this_run
from posthog_wizard.cli.shared_options import option

_SERVER = "The server"
_AuthType = Literal["api_key", "oauth"]
_Name = Annotated[str | None, option(_SERVER, "--name", help="What people call it.")]
_Url = Annotated[str | None, option(_SERVER, "--url", metavar="URL", help="Its public https address.")]
_AuthTypeOption = Annotated[_AuthType | None, option(_SERVER, "--auth-type", help="It takes a key, or people sign in.")]
_Description = Annotated[str, option(_SERVER, "--description", help="What it is for.")]
_ServerKeyStdin = Annotated[
    bool, option(_SERVER, "--server-key-stdin", help="Read the server's key from standard input.")
]
_ServerKeyFile = Annotated[
    Path | None, option(_SERVER, "--server-key-file", metavar="PATH", help="Read the server's key from a file.")
]


def command(
    *,
    name: _Name = None,
    url: _Url = None,
    auth_type: _AuthTypeOption = None,
    description: _Description = "",
    server_key_stdin: _ServerKeyStdin = False,
    server_key_file: _ServerKeyFile = None,
    no_wait: NoWaitOption = False,
    where: ProjectFlags,
    yes: shared_options.YesOption = False,
    no_input: shared_options.NoInputOption = False,
    json: shared_options.JsonOption = False,
) -> int:
    """Install an MCP server in a PostHog project. What is missing is asked for.

    posthog-wizard mcp installations add

    posthog-wizard mcp installations add --name Linear --url https://mcp.linear.app/mcp --auth-type oauth

    pass acme | posthog-wizard mcp installations add --name Acme --url https://mcp.acme.com --server-key-stdin
    """
    from posthog_wizard.cli.installations import display
    from posthog_wizard.operations.installations import add
    from posthog_wizard.operations.installations.project_access import masked_line
    from posthog_wizard.operations.installations.sign_in import SignInOptions

    signing_in = SignInOptions(output.say if json else output.result, confirmed=yes, wait=not no_wait)
    stdin = output.standard_input if server_key_stdin else None
    options = add.InstallOptions(where.options(), signing_in, name, url, auth_type, description, stdin, server_key_file)
    person = ask.person(json=json, no_input=no_input, stdin_taken=server_key_stdin)
    made, address, new = add.run(options, this_run().machine, person, output)
    if json:
        display.installations_document([made], authorize_url=address)
        return 0
    name = masked_line(made.name)
    if not new:
        output.result(f"= `{name}` is installed already, and nothing was changed")
        return 0
    output.result(f"+ installed `{name}`{', to which nobody has signed in yet' if made.needs_sign_in else ''}")
    output.say(f"put it into your clients: `posthog-wizard mcp add --installation {made.id}`")
    return 0
