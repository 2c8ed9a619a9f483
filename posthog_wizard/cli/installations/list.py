"""`mcp installations list`: every MCP server that is installed in a project."""

from posthog_wizard.cli import output
from posthog_wizard.cli.installations import display
from posthog_wizard.cli.run_context import this_run
from posthog_wizard.operations.installations.project_access import ProjectOptions


def command(where: ProjectOptions, json: bool = False) -> int:
    """Show the MCP servers that are installed in a PostHog project, newest first.

    posthog-wizard mcp installations list

    posthog-wizard mcp installations list --project 12345 --json
    """
    from posthog_wizard.operations.installations.manage import list_all

    project, found = list_all(where, this_run().machine, output)
    if json:
        display.installations_document(found)
    elif found:
        display.show_table(found)
        output.say(f"\nput one into your clients: `posthog-wizard mcp add --installation NAME{where.flags}`")
    else:
        output.say(f"no MCP server is installed in project {project}")
        output.say(f"install one: `posthog-wizard mcp installations add{where.flags}`")
    return 0
