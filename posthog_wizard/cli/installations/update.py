"""`mcp installations update`: rename, describe or switch an installed MCP server."""

from __future__ import annotations

from typing import Annotated

import typer

from posthog_wizard.cli import output, shared_options
from posthog_wizard.cli.installations.project_options import ProjectFlags, WantedArgument
from posthog_wizard.cli.run_context import this_run

_DisplayName = Annotated[str | None, typer.Option("--display-name", help="A new name.", show_default=False)]
_Description = Annotated[str | None, typer.Option("--description", help="A new description.", show_default=False)]
_Enabled = Annotated[bool | None, typer.Option("--enable/--disable", help="Switch it on or off.", show_default=False)]


def command(
    wanted: WantedArgument,
    where: ProjectFlags,
    display_name: _DisplayName = None,
    description: _Description = None,
    enabled: _Enabled = None,
    json: shared_options.JsonOption = False,
) -> int:
    """Rename, describe or switch an installed MCP server.

    posthog-wizard mcp installations update Linear --disable

    posthog-wizard mcp installations update Linear --display-name "Linear (team)"
    """
    from posthog_wizard.cli.installations import display
    from posthog_wizard.operations.installations.manage import Update, update
    from posthog_wizard.operations.installations.project_access import masked_line

    new = Update(display_name, description, enabled)
    found = update(wanted, new, where.options(), this_run().machine, output)
    if json:
        display.only(found)
    else:
        output.result(f"~ changed `{masked_line(found.name)}`, which is {'on' if found.enabled else 'off'}")
    return 0
