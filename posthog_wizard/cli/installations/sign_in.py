"""Signing in to the server behind an installation: the page is shown, perhaps opened, and its end is waited for."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, NamedTuple

from posthog_wizard.cli import ask, output
from posthog_wizard.cli.installations.project_access import ProjectAccess, talk
from posthog_wizard.errors import BadReply, WizardError

if TYPE_CHECKING:
    from posthog_wizard.api.installation import Installation
    from posthog_wizard.api.installations import Installations

_PAGE = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]+)?(/[\x21-\x7e]*|\?[\x21-\x7e]*)?")  # no user name before the host
_LONGEST = 4096  # characters of an address that is shown and opened


class Waiting(NamedTuple):
    """How long signing in may take, in seconds: PostHog forgets after ten minutes that it was begun."""

    limit: float = 600.0
    pause: float = 2.0  # between two looks


class SignInOptions(NamedTuple):
    """How the command was called."""

    asking: bool
    confirmed: bool  # open the page without asking
    json: bool
    wait: bool


def checked_address(address: str) -> str:
    """The address, if it is one to send people to. Raises BadReply for anything but plain https."""
    if _PAGE.fullmatch(address) and len(address) <= _LONGEST:
        return address
    raise BadReply(
        "PostHog names a sign-in page that is not https, so it was not opened",
        "tell those who run the server; if it takes a key of its own, use `--auth-type api_key`",
    )


def show_sign_in_page(address: str, run_options: SignInOptions) -> None:
    """Show the page, and on a terminal offer to open it."""
    (output.say if run_options.json else output.result)(f"sign in at {address}")
    if run_options.asking and (run_options.confirmed or ask.confirm("Open it in the browser?")):
        import webbrowser

        if not webbrowser.open(address):
            output.say("no browser could be started: open the address yourself")


def wait(place: ProjectAccess, identifier: str, waiting: Waiting = Waiting()) -> Installation:  # noqa: B008 - a frozen value
    """Look until somebody has signed in. Raises WizardError when the time is up."""

    async def look(installations: Installations) -> Installation:
        async with asyncio.timeout(waiting.limit):
            while (found := await installations.retrieve(identifier)).needs_sign_in:  # noqa: ASYNC110 - nothing tells us
                await asyncio.sleep(waiting.pause)
            return found

    output.say("waiting until you have signed in (Ctrl-C stops waiting, not signing in)")
    try:
        return talk(place, "waiting until you have signed in", look)
    except TimeoutError as problem:
        raise WizardError(
            f"nobody signed in within {waiting.limit / 60:g} minutes",
            f"begin again: `posthog-wizard mcp installations authorize {identifier}`",
        ) from problem
