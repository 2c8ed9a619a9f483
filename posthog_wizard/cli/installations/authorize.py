"""`mcp installations authorize`: sign in to an installed MCP server, for the first time or again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from posthog_wizard.cli import ask, options, output
from posthog_wizard.cli.installations import flags

if TYPE_CHECKING:
    from posthog_wizard.api.installation import Installation
    from posthog_wizard.cli.installations.place import Place
    from posthog_wizard.cli.installations.sign_in import Manner


def command(
    wanted: flags.Wanted,
    project: flags.Project = None,
    environment: flags.Environment = None,
    profile: options.Profile = None,
    no_wait: flags.NoWait = False,
    yes: options.Yes = False,
    no_input: options.NoInput = False,
    json: options.JsonOption = False,
) -> int:
    """Sign in to an installed MCP server, and wait until it is done.

    posthog-wizard mcp installations authorize Linear

    posthog-wizard mcp installations authorize Linear --no-wait    only print where
    """
    from posthog_wizard.api.installations import Installations
    from posthog_wizard.cli.installations import sign_in
    from posthog_wizard.cli.installations.place import place_of, talk
    from posthog_wizard.machine import this_machine

    async def begin(installations: Installations) -> tuple[Installation, str]:
        found = await installations.find(wanted)
        return found, sign_in.checked(await installations.authorize(found))

    place = place_of(project, environment, profile, this_machine())
    manner = sign_in.Manner(ask.can_ask(no_input=no_input, json=json), yes, json, not no_wait)
    return signed_in(place, manner, *talk(place, "asking PostHog where to sign in", begin))


def signed_in(place: Place, manner: Manner, found: Installation, address: str) -> int:
    """Lead the user through it. The exit code. Raises WizardError when nobody signs in."""
    from posthog_wizard.cli.installations import sign_in

    sign_in.begin(address, manner)
    return told(sign_in.wait(place, found.id) if manner.wait else found, address, manner)


def told(found: Installation, address: str, manner: Manner) -> int:
    """What became of it. The exit code."""
    from posthog_wizard.cli.installations import table

    if manner.wait:
        output.say(f"signed in to `{table.line(found.name)}`")
    if manner.json:
        table.document([found], authorize_url=address)
    return 0
