"""`mcp installations authorize`: sign in to an installed MCP server, for the first time or again."""

from __future__ import annotations

from posthog_wizard.cli import output, shared_options
from posthog_wizard.cli.installations.project_options import NoWaitOption, ProjectFlags, WantedArgument
from posthog_wizard.cli.run_context import this_run


def command(
    wanted: WantedArgument,
    where: ProjectFlags,
    no_wait: NoWaitOption = False,
    yes: shared_options.YesOption = False,
    no_input: shared_options.NoInputOption = False,
    json: shared_options.JsonOption = False,
) -> int:
    """Sign in to an installed MCP server, and wait until it is done.

    posthog-wizard mcp installations authorize Linear

    posthog-wizard mcp installations authorize Linear --no-wait    only print where
    """
    from posthog_wizard.cli.installations import display
    from posthog_wizard.operations.installations.manage import authorize
    from posthog_wizard.operations.installations.project_access import masked_line
    from posthog_wizard.operations.installations.sign_in import SignInOptions

    options = SignInOptions(output.say if json else output.result, confirmed=yes, wait=not no_wait)
    person = this_run().person(json=json, no_input=no_input)
    found, address = authorize(wanted, options, where.options(), this_run().machine, person, output)
    if options.wait:
        output.say(f"signed in to `{masked_line(found.name)}`")
    if json:
        display.installations_document([found], authorize_url=address)
    return 0
