"""`mcp installations update`: rename, describe or switch an installed MCP server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from posthog_wizard.cli import options, output
from posthog_wizard.cli.installations import flags
from posthog_wizard.errors import MissingInput

if TYPE_CHECKING:
    from posthog_wizard.api.installation import Installation

DisplayName = Annotated[str | None, typer.Option("--display-name", help="A new name.", show_default=False)]
Description = Annotated[str | None, typer.Option("--description", help="A new description.", show_default=False)]
Enabled = Annotated[bool | None, typer.Option("--enable/--disable", help="Switch it on or off.", show_default=False)]


def command(
    wanted: flags.Wanted,
    display_name: DisplayName = None,
    description: Description = None,
    enabled: Enabled = None,
    project: flags.Project = None,
    environment: flags.Environment = None,
    profile: options.Profile = None,
    json: options.JsonOption = False,
) -> int:
    """Rename, describe or switch an installed MCP server.

    posthog-wizard mcp installations update Linear --disable

    posthog-wizard mcp installations update Linear --display-name "Linear (team)"
    """
    from posthog_wizard.api.installations import Installations
    from posthog_wizard.cli.installations import table
    from posthog_wizard.cli.installations.place import place_of, talk
    from posthog_wizard.machine import this_machine

    if display_name is None and description is None and enabled is None:
        raise MissingInput("what shall change?", "add `--display-name`, `--description`, `--enable` or `--disable`")

    async def change(installations: Installations) -> Installation:
        found = await installations.find(wanted)
        return await installations.update(
            found.id, display_name=display_name, description=description, is_enabled=enabled
        )

    place = place_of(project, environment, profile, this_machine())
    shown = table.only if json else told
    return shown(talk(place, "changing the installation", change))


def told(found: Installation) -> int:
    """What became of it. The exit code."""
    from posthog_wizard.cli.installations import table

    output.result(f"~ changed `{table.line(found.name)}`, which is {'on' if found.enabled else 'off'}")
    return 0
