"""`mcp installations update`: rename, describe or switch an installed MCP server."""

from posthog_wizard.cli import output
from posthog_wizard.cli.installations import display
from posthog_wizard.cli.run_context import this_run
from posthog_wizard.operations.installations.manage import Update, update
from posthog_wizard.operations.installations.project_access import ProjectOptions, masked_line


def command(wanted: str, where: ProjectOptions, new: Update, json: bool = False) -> int:
    """Rename, describe or switch an installed MCP server.

    posthog-wizard mcp installations update Linear --disable

    posthog-wizard mcp installations update Linear --display-name "Linear (team)"
    """
    found = update(wanted, new, where, this_run().machine, output)
    if json:
        display.installations_document([found])
    else:
        output.result(f"~ changed `{masked_line(found.name)}`, which is {'on' if found.enabled else 'off'}")
    return 0
