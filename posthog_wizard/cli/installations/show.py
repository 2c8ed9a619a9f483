"""`mcp installations show`: one installed MCP server with all that PostHog tells of it."""

from posthog_wizard.cli import output
from posthog_wizard.cli.installations import display
from posthog_wizard.cli.run_context import this_run
from posthog_wizard.operations.installations.project_access import ProjectOptions


def command(wanted: str, where: ProjectOptions, json: bool = False) -> int:
    """Show one installed MCP server.

    posthog-wizard mcp installations show Linear

    posthog-wizard mcp installations show 0190f5e6-1c1e-7c3a-9c58-2b1f6d1e7a10 --json
    """
    from posthog_wizard.operations.installations.manage import find_one

    found = find_one(wanted, where, this_run().machine, output)
    if json:
        display.installations_document([found])
    else:
        display.show_one(found)
    return 0
