"""`mcp installations list`: every MCP server that is installed in a project."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from posthog_wizard.cli import output, shared_options
from posthog_wizard.cli.installations import project_options

if TYPE_CHECKING:
    from posthog_wizard.api.installation import Installation


def command(
    project: project_options.ProjectIdOption = None,
    environment: project_options.EnvironmentOption = None,
    profile: shared_options.ProfileOption = None,
    json: shared_options.JsonOption = False,
) -> int:
    """Show the MCP servers that are installed in a PostHog project, newest first.

    posthog-wizard mcp installations list

    posthog-wizard mcp installations list --project 12345 --json
    """
    from posthog_wizard.cli.installations import display
    from posthog_wizard.cli.installations.project_access import project_access, talk
    from posthog_wizard.cli.run_context import this_run

    place = project_access(project, environment, profile, this_run().machine)
    shown = display.installations_document if json else partial(_show, place.project)
    shown(talk(place, "asking PostHog", lambda installations: installations.all()))
    return 0


def _show(project: str, found: Sequence[Installation]) -> None:
    """What people see."""
    from posthog_wizard.cli.installations import display

    if found:
        display.show_table(found)
        output.say("\nput one into your clients: `posthog-wizard mcp add --installation NAME`")
        return
    output.say(f"no MCP server is installed in project {project}")
    output.say("install one: `posthog-wizard mcp installations add`")
