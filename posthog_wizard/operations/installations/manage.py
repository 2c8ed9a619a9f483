"""`mcp installations list`, `show`, `update`, `remove`, and `authorize`: sign in to the server that is installed."""

import asyncio
import re
from collections.abc import Callable
from typing import NamedTuple

from posthog_wizard.api.installations import Installation, Installations
from posthog_wizard.errors import BadReply, Cancelled, MissingInput, WizardError
from posthog_wizard.model import Machine
from posthog_wizard.operations.dialogue import Ask, Report
from posthog_wizard.operations.installations.project_access import (
    ProjectAccess,
    ProjectOptions,
    masked_line,
    project_access,
    talk,
)

_PAGE = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]+)?(/[\x21-\x7e]*|\?[\x21-\x7e]*)?")  # no user name before the host
_LONGEST = 4096  # characters of an address that is shown and opened


class Update(NamedTuple):
    """What shall be different; None: nothing about it."""

    display_name: str | None = None
    description: str | None = None
    enabled: bool | None = None


class SignInOptions(NamedTuple):
    """How people get to the page. `show` tells its address, before anything is waited for."""

    show: Callable[[str], None]
    confirmed: bool = False  # open the page without asking
    wait: bool = True


def list_all(where: ProjectOptions, machine: Machine, report: Report) -> tuple[str, tuple[Installation, ...]]:
    """The project, and what is installed in it, newest first."""
    place = project_access(where, machine, report)
    return place.project, talk(place, "asking PostHog", report, lambda installations: installations.all())


def find_one(wanted: str, where: ProjectOptions, machine: Machine, report: Report) -> Installation:
    """The one of that id, or of that name if no other has it. Raises NotFound, WrongUsage."""
    place = project_access(where, machine, report)
    return talk(place, "asking PostHog", report, lambda installations: installations.find(wanted))


def update(wanted: str, new: Update, where: ProjectOptions, machine: Machine, report: Report) -> Installation:
    """The installation as it is then. Raises MissingInput where nothing shall change, NotFound, WrongUsage."""
    if new == Update():
        raise MissingInput(
            "nothing to change was named", "add `--display-name`, `--description`, `--enable` or `--disable`"
        )

    async def change(installations: Installations) -> Installation:
        found = await installations.find(wanted)
        return await installations.update(
            found.id, display_name=new.display_name, description=new.description, is_enabled=new.enabled
        )

    return talk(project_access(where, machine, report), "changing the installation", report, change)


def uninstall(wanted: str, where: ProjectOptions, machine: Machine, ask: Ask | None, report: Report) -> Installation:
    """The installation as it was. Raises Cancelled when the user says no, NotFound, WrongUsage."""
    place = project_access(where, machine, report)
    found = talk(place, "asking PostHog", report, lambda installations: installations.find(wanted))
    question = f"Remove {masked_line(found.name)} ({masked_line(found.url)}) from the project for good?"
    if ask is not None and not ask.confirm(question, default=False):
        raise Cancelled
    talk(place, "removing the installation", report, lambda installations: installations.delete(found.id))
    return found


def authorize(
    wanted: str, options: SignInOptions, where: ProjectOptions, machine: Machine, ask: Ask | None, report: Report
) -> tuple[Installation, str]:
    """Have somebody sign in: the installation, and the page's address. Raises WizardError when nobody does."""

    async def begin(installations: Installations) -> tuple[Installation, str]:
        found = await installations.find(wanted)
        return found, checked_address(await installations.authorize(found))

    place = project_access(where, machine, report)
    found, address = talk(place, "asking PostHog where to sign in", report, begin)
    return sign_in(place, found.id, address, options, ask, report) or found, address


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
    place: ProjectAccess, identifier: str, report: Report, *, limit: float = 600, pause: float = 2
) -> Installation:
    """Look until somebody has signed in, every `pause` seconds. Raises WizardError after `limit` seconds.

    PostHog forgets after ten minutes that it was begun.
    """

    async def look(installations: Installations) -> Installation:
        async with asyncio.timeout(limit):
            while (found := await installations.retrieve(identifier)).needs_sign_in:  # noqa: ASYNC110 - nothing tells us
                await asyncio.sleep(pause)
            return found

    report.say("waiting until you have signed in (Ctrl-C stops waiting, not signing in)")
    try:
        return talk(place, "waiting until you have signed in", report, look)
    except TimeoutError as problem:
        raise WizardError(
            f"nobody signed in within {limit / 60:g} minutes",
            f"begin again: `posthog-wizard mcp installations authorize {identifier}{place.flags}`",
        ) from problem
