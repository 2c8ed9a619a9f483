"""`mcp installations remove`: take an MCP server out of a project."""

from __future__ import annotations

from posthog_wizard.cli import ask, output
from posthog_wizard.cli.installations import display
from posthog_wizard.cli.run_context import this_run
from posthog_wizard.operations.installations.project_access import ProjectOptions, masked_line


def command(wanted: str, where: ProjectOptions, yes: bool = False, no_input: bool = False, json: bool = False) -> int:
    """Take an MCP server out of a PostHog project, with the key or sign-in that PostHog keeps for it.

    posthog-wizard mcp installations remove Linear
    """
    from posthog_wizard.operations.installations.manage import uninstall

    person = None if yes else ask.person(json=json, no_input=no_input)
    found = uninstall(wanted, where, this_run().machine, person, output)
    if json:
        display.installations_document([found])
        return 0
    output.result(f"- removed `{masked_line(found.name)}`")
    output.say("a client that has an entry for it keeps that: `posthog-wizard mcp list` shows it,")
    output.say("and `posthog-wizard mcp remove --name NAME` takes it out")
    return 0
