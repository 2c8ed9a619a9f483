"""`mcp installations authorize`: sign in to an installed MCP server, for the first time or again."""

from __future__ import annotations

from posthog_wizard.cli import ask, output
from posthog_wizard.cli.installations import display
from posthog_wizard.cli.run_context import this_run
from posthog_wizard.operations.installations.project_access import ProjectOptions, masked_line


def command(
    wanted: str,
    where: ProjectOptions,
    no_wait: bool = False,
    yes: bool = False,
    no_input: bool = False,
    json: bool = False,
) -> int:
    """Sign in to an installed MCP server, and wait until it is done.

    posthog-wizard mcp installations authorize Linear

    posthog-wizard mcp installations authorize Linear --no-wait    only print where
    """
    from posthog_wizard.operations.installations.manage import SignInOptions, authorize

    options = SignInOptions(output.say if json else output.result, confirmed=yes, wait=not no_wait)
    person = ask.person(json=json, no_input=no_input)
    found, address = authorize(wanted, options, where, this_run().machine, person, output)
    if options.wait:
        output.say(f"signed in to `{masked_line(found.name)}`")
    if json:
        display.installations_document([found], authorize_url=address)
    return 0
