"""`mcp installations show`: one installed MCP server with all that PostHog tells of it."""

from __future__ import annotations

from posthog_wizard.cli import options
from posthog_wizard.cli.installations import flags


def command(
    wanted: flags.Wanted,
    project: flags.Project = None,
    environment: flags.Environment = None,
    profile: options.Profile = None,
    json: options.JsonOption = False,
) -> int:
    """Show one installed MCP server.

    posthog-wizard mcp installations show Linear

    posthog-wizard mcp installations show 0190f5e6-1c1e-7c3a-9c58-2b1f6d1e7a10 --json
    """
    from posthog_wizard.cli.installations import table
    from posthog_wizard.cli.installations.place import place_of, talk
    from posthog_wizard.machine import this_machine

    place = place_of(project, environment, profile, this_machine())
    shown = table.only if json else table.one
    return shown(talk(place, "asking PostHog", lambda installations: installations.find(wanted)))
