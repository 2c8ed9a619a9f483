"""`mcp installations remove`: take an MCP server out of a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from posthog_wizard.cli import ask, options, output
from posthog_wizard.cli.installations import flags
from posthog_wizard.errors import Cancelled

if TYPE_CHECKING:
    from posthog_wizard.api.installation import Installation


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
    from posthog_wizard.cli.installations.place import place_of, talk
    from posthog_wizard.machine import this_machine

    place = place_of(project, environment, profile, this_machine())
    asking = ask.can_ask(no_input=no_input, json=json) and not yes
    found = agreed(talk(place, "asking PostHog", lambda installations: installations.find(wanted)), asking=asking)
    talk(place, "removing the installation", lambda installations: installations.delete(found.id))
    return gone(found, as_json=json)


def agreed(found: Installation, *, asking: bool) -> Installation:
    """The same installation. Raises Cancelled when the user says no."""
    from posthog_wizard.cli.installations.table import line

    if asking and not ask.confirm(f"Remove {line(found.name)} ({line(found.url)}) from the project for good?"):
        raise Cancelled
    return found


def gone(found: Installation, *, as_json: bool) -> int:
    """What was removed, and what may be left of it. The exit code."""
    from posthog_wizard.cli.installations import table

    if as_json:
        return table.only(found)
    output.result(f"- removed `{table.line(found.name)}`")
    output.say("a client that has an entry for it keeps that: `posthog-wizard mcp list` shows it,")
    output.say("and `posthog-wizard mcp remove --name NAME` takes it out")
    return 0
