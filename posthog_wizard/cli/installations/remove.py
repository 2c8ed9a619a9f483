"""`mcp installations remove`: take an MCP server out of a project."""

from __future__ import annotations

from posthog_wizard.cli import ask, options, output
from posthog_wizard.cli.installations import flags
from posthog_wizard.errors import Cancelled


def command(
    wanted: flags.Wanted,
    project: flags.Project = None,
    environment: flags.Environment = None,
    profile: options.Profile = None,
    yes: options.Yes = False,
    no_input: options.NoInput = False,
    json: options.JsonOption = False,
) -> int:
    """Take an MCP server out of a PostHog project, with the key or sign-in that PostHog keeps for it.

    posthog-wizard mcp installations remove Linear
    """
    from posthog_wizard.cli.installations import table
    from posthog_wizard.cli.installations.place import place_of, talk
    from posthog_wizard.machine import this_machine

    place = place_of(project, environment, profile, this_machine())
    found = talk(place, "asking PostHog", lambda installations: installations.find(wanted))
    name = table.line(found.name)
    asking = ask.can_ask(no_input=no_input, json=json)
    if asking and not yes and not ask.confirm(f"Remove {name} ({table.line(found.url)}) from the project for good?"):
        raise Cancelled
    talk(place, "removing the installation", lambda installations: installations.delete(found.id))
    if json:
        table.document([found])
        return 0
    output.result(f"- removed `{name}`")
    output.say(
        "clients that reach it have an entry still: `posthog-wizard mcp list` shows it, `mcp remove --name NAME` takes it out"
    )
    return 0
