"""`mcp installations list`, `show`, `update`, `remove` and `authorize`: what becomes of a server once it is installed."""

from __future__ import annotations

from typing import NamedTuple

from posthog_wizard.api.installations import Installation, Installations
from posthog_wizard.errors import Cancelled, MissingInput
from posthog_wizard.model import Machine
from posthog_wizard.operations.dialogue import Ask, Report
from posthog_wizard.operations.installations.project_access import ProjectOptions, masked_line, project_access, talk
from posthog_wizard.operations.installations.sign_in import SignInOptions, checked_address, sign_in


def list_all(where: ProjectOptions, machine: Machine, report: Report) -> tuple[str, tuple[Installation, ...]]:
    """The project, and what is installed in it, newest first."""
    place = project_access(where, machine, report)
    return place.project, talk(place, "asking PostHog", report, lambda installations: installations.all())


def find_one(wanted: str, where: ProjectOptions, machine: Machine, report: Report) -> Installation:
    """The one of that id, or of that name if no other has it. Raises NotFound, WrongUsage."""
    place = project_access(where, machine, report)
    return talk(place, "asking PostHog", report, lambda installations: installations.find(wanted))


class Update(NamedTuple):
    """What shall be different; None: nothing about it."""

    display_name: str | None = None
    description: str | None = None
    enabled: bool | None = None


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
