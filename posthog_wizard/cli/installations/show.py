"""`mcp installations show`: one installed MCP server with all that PostHog tells of it."""

from __future__ import annotations

from posthog_wizard.cli import shared_options
from posthog_wizard.cli.installations import project_options


def command(
    wanted: project_options.WantedArgument,
    project: project_options.ProjectIdOption = None,
    environment: project_options.EnvironmentOption = None,
    profile: shared_options.ProfileOption = None,
    json: shared_options.JsonOption = False,
) -> int:
    """Show one installed MCP server.

    posthog-wizard mcp installations show Linear

    posthog-wizard mcp installations show 0190f5e6-1c1e-7c3a-9c58-2b1f6d1e7a10 --json
    """
    from posthog_wizard.cli.installations import display
    from posthog_wizard.cli.installations.project_access import project_access, talk
    from posthog_wizard.cli.run_context import this_run

    place = project_access(project, environment, profile, this_run().machine)
    shown = display.only if json else display.show_one
    return shown(talk(place, "asking PostHog", lambda installations: installations.find(wanted)))
