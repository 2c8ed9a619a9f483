"""`mcp installations remove`: take an MCP server out of a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from posthog_wizard.cli import ask, output, shared_options
from posthog_wizard.cli.installations import project_options
from posthog_wizard.errors import Cancelled

if TYPE_CHECKING:
    from posthog_wizard.api.installation import Installation


def command(
    wanted: project_options.WantedArgument,
    project: project_options.ProjectIdOption = None,
    environment: project_options.EnvironmentOption = None,
    profile: shared_options.ProfileOption = None,
    yes: shared_options.YesOption = False,
    no_input: shared_options.NoInputOption = False,
    json: shared_options.JsonOption = False,
) -> int:
    """Take an MCP server out of a PostHog project, with the key or sign-in that PostHog keeps for it.

    posthog-wizard mcp installations remove Linear
    """
    from posthog_wizard.cli.installations.project_access import project_access, talk
    from posthog_wizard.cli.run_context import this_run

    place = project_access(project, environment, profile, this_run().machine)
    asking = ask.can_ask(no_input=no_input, json=json) and not yes
    found = _confirm_removal(
        talk(place, "asking PostHog", lambda installations: installations.find(wanted)), asking=asking
    )
    talk(place, "removing the installation", lambda installations: installations.delete(found.id))
    return _report_removed(found, as_json=json)


def _confirm_removal(found: Installation, *, asking: bool) -> Installation:
    """The same installation. Raises Cancelled when the user says no."""
    from posthog_wizard.cli.installations.display import line

    if asking and not ask.confirm(f"Remove {line(found.name)} ({line(found.url)}) from the project for good?"):
        raise Cancelled
    return found


def _report_removed(found: Installation, *, as_json: bool) -> int:
    """What was removed, and what may be left of it. The exit code."""
    from posthog_wizard.cli.installations import display

    if as_json:
        return display.only(found)
    output.result(f"- removed `{display.line(found.name)}`")
    output.say("a client that has an entry for it keeps that: `posthog-wizard mcp list` shows it,")
    output.say("and `posthog-wizard mcp remove --name NAME` takes it out")
    return 0
