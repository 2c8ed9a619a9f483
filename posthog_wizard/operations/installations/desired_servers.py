"""`mcp add --installation`: what the clients shall have for servers that are installed in a PostHog project."""

import re
import unicodedata
from collections.abc import Iterable

from posthog_wizard.api.installations import Installation, Installations
from posthog_wizard.errors import MissingInput
from posthog_wizard.model import DesiredServer, Limits
from posthog_wizard.operations.add_options import LONGEST_NAME, OWN_NAME, Adding
from posthog_wizard.operations.dialogue import Report
from posthog_wizard.operations.installations.project_access import (
    ProjectAccess,
    ProjectOptions,
    masked_line,
    talk,
)


def installed_servers(adding: Adding, like: DesiredServer) -> tuple[DesiredServer, ...]:
    """One for each of the installations that were named: `like`, but for its proxy and under its own name.

    Raises MissingInput for a project that nothing names, NotFound, WrongUsage for a name that several have, and BadReply
    for a proxy on another host.
    """
    wanted, name = adding.options.choice.installation or (), adding.options.name
    place = _project_for_key(adding)

    async def look_up(installations: Installations) -> dict[str, Installation]:
        found = [await installations.find(one) for one in wanted]
        return {each.id: each for each in found}

    found = talk(place, "asking PostHog", adding.report, look_up).values()
    for each in found:
        _tell(each, place.flags, adding.report)
    names = [name] if name is not None else _entry_names(found)
    return tuple(
        like._replace(
            name=called, kind="installation", address=each.proxy_address(place.host, place.project), limits=Limits()
        )
        for called, each in zip(names, found, strict=True)
    )


def _project_for_key(adding: Adding) -> ProjectAccess:
    """Where the installations are: in the project that was named, else in that of the key."""
    where, key, known = adding.connection, adding.check.key, adding.check.report
    project = adding.limits.project or (str(known.project.id) if known and known.project else None)
    if project is None:
        raise MissingInput("which project's installations? The key does not say", "add `--project ID`")
    if key is None or known is None or known.host is None:
        raise MissingInput("the installations cannot be looked up without a key", "pass it with `--api-key-stdin`")
    flags = ProjectOptions(adding.limits.project, profile=adding.options.choice.profile).flags
    return ProjectAccess(known.host, key, project, where.allow_http, where.ca_file, flags)


def _tell(installation: Installation, flags: str, report: Report) -> None:
    """Warn of what would keep it from working; the entry is good all the same, once that is done."""
    name, which = masked_line(installation.name), f"{installation.id}{flags}"
    if not installation.enabled:
        report.warn(f"`{name}` is switched off: `posthog-wizard mcp installations update {which} --enable`")
    if installation.needs_sign_in:
        report.warn(f"`{name}` needs you to sign in: `posthog-wizard mcp installations authorize {which}`")


def _entry_names(found: Iterable[Installation]) -> list[str]:
    """A name for each, no two alike, none of them that of PostHog's own entry.

    Small letters, digits, `-` and `_` are what the strictest client takes (Claude Code).
    """
    taken = {OWN_NAME}
    names = []
    for each in found:
        end = each.id[-4:].lower()
        plain = unicodedata.normalize("NFKD", each.name).encode("ascii", "ignore").decode().lower()
        name = re.sub(r"[^a-z0-9_]+", "-", plain)[:LONGEST_NAME].strip("-") or f"installation-{end}"
        name = f"{name}-{end}" if name in taken else name
        taken.add(name)
        names.append(name)
    return names
