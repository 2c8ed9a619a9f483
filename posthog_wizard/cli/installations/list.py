"""`mcp installations list`: every MCP server that is installed in a project."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from posthog_wizard.cli import options, output
from posthog_wizard.cli.installations import flags

if TYPE_CHECKING:
    from posthog_wizard.api.installation import Installation


def command(
    project: flags.Project = None,
    environment: flags.Environment = None,
    profile: options.Profile = None,
    json: options.JsonOption = False,
) -> int:
    """Show the MCP servers that are installed in a PostHog project, newest first.

    posthog-wizard mcp installations list

    posthog-wizard mcp installations list --project 12345 --json
    """
    from posthog_wizard.cli.installations import table
    from posthog_wizard.cli.installations.place import place_of, talk
    from posthog_wizard.machine import this_machine

    place = place_of(project, environment, profile, this_machine())
    shown = table.document if json else partial(show, place.project)
    shown(talk(place, "asking PostHog", lambda installations: installations.all()))
    return 0


def show(project: str, found: Sequence[Installation]) -> None:
    """What people see."""
    from posthog_wizard.cli.installations import table

    if found:
        table.table(found)
        output.say("\nput one into your clients: `posthog-wizard mcp add --installation NAME`")
        return
    output.say(f"no MCP server is installed in project {project}")
    output.say("install one: `posthog-wizard mcp installations add`")
