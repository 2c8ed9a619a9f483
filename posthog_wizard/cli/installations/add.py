"""`mcp installations add`: install an MCP server in a project by its URL."""

from __future__ import annotations

from posthog_wizard.cli import ask, output
from posthog_wizard.cli.installations import display
from posthog_wizard.cli.run_context import this_run
from posthog_wizard.operations.installations import add
from posthog_wizard.operations.installations.add import InstallOptions
from posthog_wizard.operations.installations.project_access import ProjectOptions, masked_line


def command(
    *,
    options: InstallOptions,
    no_wait: bool = False,
    where: ProjectOptions,
    yes: bool = False,
    no_input: bool = False,
    json: bool = False,
) -> int:
    """Install an MCP server in a PostHog project. What is missing is asked for.

    posthog-wizard mcp installations add

    posthog-wizard mcp installations add --name Linear --url https://mcp.linear.app/mcp --auth-type oauth

    pass acme | posthog-wizard mcp installations add --name Acme --url https://mcp.acme.com --server-key-stdin
    """
    from posthog_wizard.operations.installations.manage import SignInOptions

    signing_in = SignInOptions(output.say if json else output.result, confirmed=yes, wait=not no_wait)
    person = ask.person(json=json, no_input=no_input, stdin_taken=options.server_key_stdin)
    made, address, new = add.run(options, where, signing_in, this_run().machine, person, output)
    if json:
        display.installations_document([made], authorize_url=address)
        return 0
    name = masked_line(made.name)
    if not new:
        output.result(f"= `{name}` is installed already, and nothing was changed")
        return 0
    output.result(f"+ installed `{name}`{', to which nobody has signed in yet' if made.needs_sign_in else ''}")
    output.say(f"put it into your clients: `posthog-wizard mcp add --installation {made.id}{where.flags}`")
    return 0
