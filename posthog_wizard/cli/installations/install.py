"""What `mcp installations add` does once it knows everything: install, sign in where that is needed, tell."""

from __future__ import annotations

from typing import NamedTuple

from posthog_wizard.api.installation import AuthType, Installation
from posthog_wizard.api.installations import Installations
from posthog_wizard.cli import output
from posthog_wizard.cli.installations import sign_in, table
from posthog_wizard.cli.installations.place import Place, talk
from posthog_wizard.errors import BadReply
from posthog_wizard.model import Secret


class Asked(NamedTuple):
    """The server to install."""

    name: str
    url: str
    auth_type: AuthType
    key: Secret | None
    description: str


def install(place: Place, asked: Asked, manner: sign_in.Manner) -> int:
    """Install it and show what became of it. Raises ApiError, and WizardError when nobody signs in."""

    async def create(installations: Installations) -> tuple[Installation, str | None]:
        made = await installations.install_custom(
            asked.name, asked.url, asked.auth_type, api_key=asked.key, description=asked.description
        )
        if isinstance(made, Installation):
            return made, None
        return newest(await installations.all(), asked.url), sign_in.checked(made)

    return ready(place, manner, *talk(place, "installing the server", create))


def ready(place: Place, manner: sign_in.Manner, made: Installation, address: str | None) -> int:
    """Have somebody sign in where that is needed. The exit code."""
    if address is not None:
        sign_in.begin(address, manner)
    waiting = address is not None and manner.wait
    return told(sign_in.wait(place, made.id) if waiting else made, address, manner)


def told(made: Installation, address: str | None, manner: sign_in.Manner) -> int:
    """What became of it. The exit code."""
    if manner.json:
        table.document([made], authorize_url=address)
        return 0
    name = table.line(made.name)
    output.result(f"+ installed `{name}`{', to which nobody has signed in yet' if made.needs_sign_in else ''}")
    output.say(f"put it into your clients: `posthog-wizard mcp add --installation {made.id}`")
    return 0


def newest(found: tuple[Installation, ...], url: str) -> Installation:
    """The installation that has just been made: PostHog answers with the sign-in page alone."""
    made = next((each for each in found if each.url == url), None)
    if made is None:
        raise BadReply("PostHog began to install the server, but does not list it", "look again in a moment")
    return made
