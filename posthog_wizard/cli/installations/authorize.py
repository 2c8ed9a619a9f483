"""`mcp installations authorize`: sign in to an installed MCP server, for the first time or again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from posthog_wizard.cli import ask, output, shared_options
from posthog_wizard.cli.installations import project_options

if TYPE_CHECKING:
    from posthog_wizard.api.installation import Installation
    from posthog_wizard.cli.installations.project_access import ProjectAccess
    from posthog_wizard.cli.installations.sign_in import SignInOptions


def command(
    wanted: project_options.WantedArgument,
    project: project_options.ProjectIdOption = None,
    environment: project_options.EnvironmentOption = None,
    profile: shared_options.ProfileOption = None,
    no_wait: project_options.NoWaitOption = False,
    yes: shared_options.YesOption = False,
    no_input: shared_options.NoInputOption = False,
    json: shared_options.JsonOption = False,
) -> int:
    """Sign in to an installed MCP server, and wait until it is done.

    posthog-wizard mcp installations authorize Linear

    posthog-wizard mcp installations authorize Linear --no-wait    only print where
    """
    from posthog_wizard.api.installations import Installations
    from posthog_wizard.cli.installations import sign_in
    from posthog_wizard.cli.installations.project_access import project_access, talk
    from posthog_wizard.cli.run_context import this_run

    async def begin(installations: Installations) -> tuple[Installation, str]:
        found = await installations.find(wanted)
        return found, sign_in.checked_address(await installations.authorize(found))

    place = project_access(project, environment, profile, this_run().machine)
    run_options = sign_in.SignInOptions(ask.can_ask(no_input=no_input, json=json), yes, json, not no_wait)
    return _signed_in(place, run_options, *talk(place, "asking PostHog where to sign in", begin))


def _signed_in(place: ProjectAccess, run_options: SignInOptions, found: Installation, address: str) -> int:
    """Lead the user through it. The exit code. Raises WizardError when nobody signs in."""
    from posthog_wizard.cli.installations import sign_in

    sign_in.show_sign_in_page(address, run_options)
    return _report_signed_in(sign_in.wait(place, found.id) if run_options.wait else found, address, run_options)


def _report_signed_in(found: Installation, address: str, run_options: SignInOptions) -> int:
    """What became of it. The exit code."""
    from posthog_wizard.cli.installations import display

    if run_options.wait:
        output.say(f"signed in to `{display.line(found.name)}`")
    if run_options.json:
        display.installations_document([found], authorize_url=address)
    return 0
