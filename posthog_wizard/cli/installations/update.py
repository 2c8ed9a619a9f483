"""`mcp installations update`: rename, describe or switch an installed MCP server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from posthog_wizard.cli import output, shared_options
from posthog_wizard.cli.installations import project_options
from posthog_wizard.errors import MissingInput

if TYPE_CHECKING:
    from posthog_wizard.api.installation import Installation

_DisplayName = Annotated[str | None, typer.Option("--display-name", help="A new name.", show_default=False)]
_Description = Annotated[str | None, typer.Option("--description", help="A new description.", show_default=False)]
_Enabled = Annotated[bool | None, typer.Option("--enable/--disable", help="Switch it on or off.", show_default=False)]


def command(
    wanted: project_options.WantedArgument,
    display_name: _DisplayName = None,
    description: _Description = None,
    enabled: _Enabled = None,
    project: project_options.ProjectIdOption = None,
    environment: project_options.EnvironmentOption = None,
    profile: shared_options.ProfileOption = None,
    json: shared_options.JsonOption = False,
) -> int:
    """Rename, describe or switch an installed MCP server.

    posthog-wizard mcp installations update Linear --disable

    posthog-wizard mcp installations update Linear --display-name "Linear (team)"
    """
    from posthog_wizard.api.installations import Installations
    from posthog_wizard.cli.installations import display
    from posthog_wizard.cli.installations.project_access import project_access, talk
    from posthog_wizard.cli.run_context import this_run

    if display_name is None and description is None and enabled is None:
        raise MissingInput("what shall change?", "add `--display-name`, `--description`, `--enable` or `--disable`")

    async def change(installations: Installations) -> Installation:
        found = await installations.find(wanted)
        return await installations.update(
            found.id, display_name=display_name, description=description, is_enabled=enabled
        )

    place = project_access(project, environment, profile, this_run().machine)
    shown = display.only if json else _report_updated
    return shown(talk(place, "changing the installation", change))


def _report_updated(found: Installation) -> int:
    """What became of it. The exit code."""
    from posthog_wizard.cli.installations import display

    output.result(f"~ changed `{display.line(found.name)}`, which is {'on' if found.enabled else 'off'}")
    return 0
