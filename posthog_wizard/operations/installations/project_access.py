"""Which project's installations: key and PostHog from the environment or the profile, the project from there, the flags or the key."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from posthog_wizard.api.hosts import CLOUD
from posthog_wizard.credentials.profiles import DEFAULT, profile_flag
from posthog_wizard.documents.masking import mask_text
from posthog_wizard.errors import MissingInput, Unreachable
from posthog_wizard.model import Limits, Machine, Secret
from posthog_wizard.operations.dialogue import Report
from posthog_wizard.operations.key_check import no_key_found
from posthog_wizard.printable import word
from posthog_wizard.settings import Flags, resolve_settings

if TYPE_CHECKING:
    from posthog_wizard.api.installations import Installations

_Answer = TypeVar("_Answer")


class ProjectOptions(NamedTuple):
    """The flags that say which project."""

    project: str | None = None
    environment: str | None = None  # where the project has several
    profile: str | None = None

    @property
    def flags(self) -> str:
        """How commands are told of the same project, with a space before it."""
        project = self.environment or self.project
        return f"{f' --project {word(project)}' if project else ''}{profile_flag(self.profile or DEFAULT)}"


class ProjectAccess(NamedTuple):
    """A project of a PostHog, and the key that reaches it."""

    host: str
    key: Secret
    project: str  # or one of its environments: PostHog numbers both alike
    allow_http: bool = False
    ca_file: Path | None = None
    flags: str = ""  # how commands are told of it


def project_access(options: ProjectOptions, machine: Machine, report: Report) -> ProjectAccess:
    """The place that flags, environment variables and profile mean. PostHog is asked only for what they leave open.

    Raises MissingInput without a key or a project, CredentialError for what is no key, and what PostHog says of it.
    """
    from posthog_wizard.api.key_format import read_key

    named = options.environment or options.project
    given = resolve_settings(machine, Flags(options.profile, limits=Limits(project=named), allow_http=True))
    for note in given.notes:
        report.warn(note)
    if (source := given.bound_key) is None:
        raise given.defect or no_key_found()
    allow_http = given.origins.get("host") == "profile"  # the user has agreed to this host when the key was stored
    key = read_key(source.read().reveal(), base=given.host, signed_in=source.may_change)
    asked = given.limits.project
    if asked is not None and given.host is not None:
        return ProjectAccess(given.host, key, asked, allow_http, flags=options.flags)
    from posthog_wizard.api.key_validation import validate

    with report.progress("asking PostHog about the key"):
        hosts = (given.host,) if given.host else tuple(CLOUD.values())
        known = validate(key, hosts, project=asked, allow_http=allow_http)
    if not known.usable or known.host is None:
        raise known.problem or Unreachable("the key could not be checked", "try again")
    project = asked or (str(known.project.id) if known.project else None)
    if project is None:
        raise MissingInput("which project? The key does not say", "add `--project ID`")
    return ProjectAccess(known.host, key, project, allow_http, flags=options.flags)


def masked_line(text: str) -> str:
    """A text of PostHog's in one line: no key, no control characters."""
    return mask_text("".join(character if character.isprintable() else " " for character in text))


def talk(
    place: ProjectAccess, doing: str, report: Report, action: Callable[[Installations], Awaitable[_Answer]]
) -> _Answer:
    """What `action` gives with that project's installations; `doing` is shown meanwhile."""
    from posthog_wizard.api.client import ApiClient
    from posthog_wizard.api.installations import Installations

    async def run() -> _Answer:
        async with ApiClient(place.host, place.key, allow_http=place.allow_http, ca_file=place.ca_file) as client:
            return await action(Installations(client, place.project))

    with report.progress(doing):
        return asyncio.run(run())
