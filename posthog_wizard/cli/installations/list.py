"""`mcp installations list`: every MCP server that is installed in a project."""

from __future__ import annotations

from posthog_wizard.cli import output, shared_options
from posthog_wizard.cli.installations.project_options import ProjectFlags
from posthog_wizard.cli.run_context import this_run


def command(where: ProjectFlags, json: shared_options.JsonOption = False) -> int:
    """Show the MCP servers that are installed in a PostHog project, newest first.

    posthog-wizard mcp installations list

    posthog-wizard mcp installations list --project 12345 --json
    """
    from posthog_wizard.cli.installations import display
    from posthog_wizard.operations.installations.manage import list_all

    project, found = list_all(where.options(), this_run().machine, output)
    if json:
        display.installations_document(found)
    elif found:
        display.show_table(found)
        output.say("\nput one into your clients: `posthog-wizard mcp add --installation NAME`")
    else:
        output.say(f"no MCP server is installed in project {project}")
        output.say("install one: `posthog-wizard mcp installations add`")
    return 0
