"""`mcp add --installation`: what the clients shall have for servers that are installed in a PostHog project."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable

from posthog_wizard.api.installation import Installation
from posthog_wizard.api.installations import Installations
from posthog_wizard.cli import output
from posthog_wizard.cli.connection import Connection
from posthog_wizard.cli.installations.display import line
from posthog_wizard.cli.installations.project_access import ProjectAccess, talk
from posthog_wizard.cli.key_check import KeyCheck
from posthog_wizard.errors import MissingInput, WrongUsage
from posthog_wizard.model import DesiredServer, Limits

_LONGEST = 40  # characters of a name; some clients put it before every tool's name, and allow 60 for both
_OWN = "posthog"  # the name of the entry for PostHog's own server


def wishes(
    wanted: tuple[str, ...], place: ProjectAccess, like: DesiredServer, name: str | None
) -> tuple[DesiredServer, ...]:
    """One wish for each of the wanted installations: `like`, but for its proxy and under its own name.

    Raises NotFound, WrongUsage for a name that several have, and BadReply for a proxy on another host.
    """
    found = talk(place, "asking PostHog", lambda installations: _look_up(installations, wanted))
    return _desired_servers(found, place, like, name)


def _desired_servers(
    found: Collection[Installation], place: ProjectAccess, like: DesiredServer, name: str | None
) -> tuple[DesiredServer, ...]:
    """The wishes for those installations; what would keep one from working is told. Raises BadReply."""
    for each in found:
        _tell(each)
    names = [name] if name is not None else _entry_names(found)
    return tuple(
        like._replace(
            name=called, kind="installation", address=each.proxy_address(place.host, place.project), limits=Limits()
        )
        for called, each in zip(names, found, strict=True)
    )


def check_flags(
    wanted: Collection[str], name: str | None, limits: Limits, *, oauth: bool, server: str | None, contact: bool
) -> None:
    """Raise WrongUsage for flags of `mcp add` that mean nothing for an installed server."""
    own = limits._replace(organization=None, project=None) != Limits()
    for given, said, hint in (
        (
            server is not None,
            "an installation is reached through PostHog's API",
            "leave `--server` and `--mcp-url` out",
        ),
        (own, "`--features`, `--tools`, `--read-only` and `--mode` are for PostHog's own server", "leave them out"),
        (oauth, "an installation is reached with a PostHog key", "leave `--oauth` out"),
        (not contact, "an installation has to be looked up in PostHog", "leave `--no-verify` out"),
        (name is not None and len(wanted) > 1, "`--name` names one entry, not several", "leave `--name` out"),
        (name == _OWN, f"`{_OWN}` is the entry of PostHog's own server", "choose another `--name`"),
    ):
        if given:
            raise WrongUsage(said, hint)


def project_for_key(connection: Connection, limits: Limits, key_check: KeyCheck) -> ProjectAccess:
    """Where the installations are: in the project that was named, else in that of the key."""
    report = key_check.report
    project = limits.project or (str(report.project.id) if report and report.project else None)
    if project is None:
        raise MissingInput("which project's installations? The key does not say", "add `--project ID`")
    if key_check.key is None or report is None or report.host is None:
        raise MissingInput("the installations cannot be looked up without a key", "pass it with `--api-key-stdin`")
    return ProjectAccess(report.host, key_check.key, project, connection.allow_http, connection.ca_file)


async def _look_up(installations: Installations, wanted: Iterable[str]) -> list[Installation]:
    """The installations of those ids or names, each once."""
    found = [await installations.find(one) for one in wanted]
    return list({each.id: each for each in found}.values())


def _tell(installation: Installation) -> None:
    """Warn of what would keep it from working; the entry is good all the same, once that is done."""
    name = line(installation.name)
    if not installation.enabled:
        output.warn(f"`{name}` is switched off: `posthog-wizard mcp installations update {installation.id} --enable`")
    if installation.needs_sign_in:
        output.warn(f"`{name}` needs you to sign in: `posthog-wizard mcp installations authorize {installation.id}`")


def _entry_names(found: Iterable[Installation]) -> list[str]:
    """A name for each that every client takes, no two alike, none of them that of PostHog's own entry."""
    taken = {_OWN}
    names = []
    for each in found:
        name = _entry_name(each)
        name = f"{name}-{each.id[-4:].lower()}" if name in taken else name
        taken.add(name)
        names.append(name)
    return names


def _entry_name(installation: Installation) -> str:
    """Its name in small letters, digits, `-` and `_`, which is what the strictest client takes (Claude Code)."""
    plain = unicodedata.normalize("NFKD", installation.name).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9_]+", "-", plain)[:_LONGEST].strip("-")
    return name or f"installation-{installation.id[-4:].lower()}"
