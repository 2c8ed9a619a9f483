"""Signing in to the server behind an installation: the page is shown, perhaps opened, and its end is waited for."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from posthog_wizard.errors import BadReply, WizardError
from posthog_wizard.operations.dialogue import Ask, Report
from posthog_wizard.operations.installations.project_access import ProjectAccess, talk

if TYPE_CHECKING:
    from posthog_wizard.api.installations import Installation, Installations

_PAGE = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]+)?(/[\x21-\x7e]*|\?[\x21-\x7e]*)?")  # no user name before the host
_LONGEST = 4096  # characters of an address that is shown and opened


class Waiting(NamedTuple):
    """How long signing in may take, in seconds: PostHog forgets after ten minutes that it was begun."""

    limit: float = 600.0
    pause: float = 2.0  # between two looks


class SignInOptions(NamedTuple):
    """How people get to the page. `show` tells its address, before anything is waited for."""

    show: Callable[[str], None]
    confirmed: bool = False  # open the page without asking
    wait: bool = True


def checked_address(address: str) -> str:
    """The address, if it is one to send people to. Raises BadReply for anything but plain https."""
    if _PAGE.fullmatch(address) and len(address) <= _LONGEST:
        return address
    raise BadReply(
        "PostHog names a sign-in page that is not https, so it was not opened",
        "tell the people who run the server; if it takes a key of its own, use `--auth-type api_key`",
    )


def sign_in(
    place: ProjectAccess, identifier: str, address: str, options: SignInOptions, ask: Ask | None, report: Report
) -> Installation | None:
    """Lead the user to the page; the installation once somebody has signed in, None where nobody waits for that."""
    options.show(f"sign in at {address}")
    if ask is not None and (options.confirmed or ask.confirm("Open it in the browser?")):
        import webbrowser

        if not webbrowser.open(address):
            report.say("no browser could be started: open the address yourself")
    return wait(place, identifier, report) if options.wait else None


def wait(
    place: ProjectAccess,
    identifier: str,
    report: Report,
    waiting: Waiting = Waiting(),  # noqa: B008 - a frozen value
) -> Installation:
    """Look until somebody has signed in. Raises WizardError when the time is up."""

    async def look(installations: Installations) -> Installation:
        async with asyncio.timeout(waiting.limit):
            while (found := await installations.retrieve(identifier)).needs_sign_in:  # noqa: ASYNC110 - nothing tells us
                await asyncio.sleep(waiting.pause)
            return found

    report.say("waiting until you have signed in (Ctrl-C stops waiting, not signing in)")
    try:
        return talk(place, "waiting until you have signed in", report, look)
    except TimeoutError as problem:
        raise WizardError(
            f"nobody signed in within {waiting.limit / 60:g} minutes",
            f"begin again: `posthog-wizard mcp installations authorize {identifier}`",
        ) from problem
