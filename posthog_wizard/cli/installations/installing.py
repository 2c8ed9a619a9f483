"""What `mcp installations add` does once it knows everything: install, sign in where that is needed, tell."""

from __future__ import annotations

from typing import NamedTuple

from posthog_wizard.api.installation import AuthType, Installation
from posthog_wizard.api.installations import Installations
from posthog_wizard.cli import output
from posthog_wizard.cli.installations import display, sign_in
from posthog_wizard.cli.installations.project_access import ProjectAccess, talk
from posthog_wizard.errors import BadReply
from posthog_wizard.model import Secret


class ServerToInstall(NamedTuple):
    """The server to install."""

    name: str
    url: str
    auth_type: AuthType
    key: Secret | None
    description: str


def install(place: ProjectAccess, asked: ServerToInstall, run_options: sign_in.SignInOptions) -> int:
    """Install it and show what became of it. Raises ApiError, and WizardError when nobody signs in."""

    async def create(installations: Installations) -> tuple[Installation, str | None]:
        made = await installations.install_custom(
            asked.name, asked.url, asked.auth_type, api_key=asked.key, description=asked.description
        )
        if isinstance(made, Installation):
            return made, None
        return _newest(await installations.all(), asked.url), sign_in.checked_address(made)

    return _finish_sign_in(place, run_options, *talk(place, "installing the server", create))


def _finish_sign_in(
    place: ProjectAccess, run_options: sign_in.SignInOptions, made: Installation, address: str | None
) -> int:
    """Have somebody sign in where that is needed. The exit code."""
    if address is not None:
        sign_in.show_sign_in_page(address, run_options)
    waiting = address is not None and run_options.wait
    return _report_installed(sign_in.wait(place, made.id) if waiting else made, address, run_options)


def _report_installed(made: Installation, address: str | None, run_options: sign_in.SignInOptions) -> int:
    """What became of it. The exit code."""
    if run_options.json:
        display.installations_document([made], authorize_url=address)
        return 0
    name = display.line(made.name)
    output.result(f"+ installed `{name}`{', to which nobody has signed in yet' if made.needs_sign_in else ''}")
    output.say(f"put it into your clients: `posthog-wizard mcp add --installation {made.id}`")
    return 0


def _newest(found: tuple[Installation, ...], url: str) -> Installation:
    """The installation that has just been made: PostHog answers with the sign-in page alone."""
    made = next((each for each in found if each.url == url), None)
    if made is None:
        raise BadReply("PostHog began to install the server, but does not list it", "look again in a moment")
    return made
