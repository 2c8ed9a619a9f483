"""What `mcp serve` and `mcp tools` are told: flags win over the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from posthog_wizard.api.hosts import CloudRegion
from posthog_wizard.cli.connection import connection, limits
from posthog_wizard.credentials.environment import key_from_environment
from posthog_wizard.errors import CredentialError, NotSupported, WrongUsage
from posthog_wizard.model import Limits, Secret
from posthog_wizard.tools.workspace import Access

HOST, ORGANIZATION, PROJECT = "POSTHOG_HOST", "POSTHOG_ORGANIZATION_ID", "POSTHOG_PROJECT_ID"
ELSEWHERE = "Set POSTHOG_PERSONAL_API_KEY to a personal key."


def access(
    environment: Mapping[str, str],
    *,
    host: str | None = None,
    region: CloudRegion | None = None,
    limits: Limits = Limits(),  # noqa: B008 - a frozen value
    allow_http: bool = False,
    ca_file: Path | None = None,
) -> Access:
    """Which PostHog, with which key. A key that cannot be one is no reason not to start: every call then says so.

    Raises:
        WrongUsage: flags that contradict each other, or an address that is none.
    """
    asked = host if host is not None or region is not None else environment.get(HOST) or None
    where = connection(host=asked, region=region, server="local", mcp_url=None, allow_http=allow_http, ca_file=ca_file)
    bare = Access(host=where.address, limits=limits, allow_http=allow_http, ca_file=ca_file)
    found = key_from_environment(environment, started_by_a_client=True)
    if found.key is None:
        return replace(bare, defect=CredentialError(found.notes[0], ELSEWHERE) if found.notes else None)
    from posthog_wizard.api.key_text import read_key

    try:
        return replace(bare, key=read_key(found.key.reveal(), base=where.address))
    except CredentialError as problem:
        return replace(bare, defect=problem)


def limits_of(
    environment: Mapping[str, str],
    organization: str | None,
    project: str | None,
    features: str | None,
    tools: str | None,
    *,
    read_only: bool,
) -> Limits:
    """The limits that flags and environment name. Raises WrongUsage for a project that is no number."""
    pinned = project or environment.get(PROJECT) or None
    if pinned is not None and not pinned.isdecimal():
        raise WrongUsage(
            f"`--project` is `{pinned}`, not a project's number", "take the number from the address /project/NUMBER"
        )
    home = organization or environment.get(ORGANIZATION) or None
    return limits(home, pinned, features, tools, read_only=read_only, mode=None, kind="local")


def project_key(text: str | None, environment: Mapping[str, str]) -> Secret | None:
    """The key of the project that analytics go to; None where none is given, or DO_NOT_TRACK forbids it.

    Raises:
        WrongUsage: it is not a project's key.
    """
    if text is None:
        return None
    if not text.startswith("phc_") or not text.isascii() or not text.isprintable() or " " in text:
        raise WrongUsage(
            "`--analytics-key` takes a project key, which begins with phc_", "copy it from the project's settings"
        )
    from posthog_wizard.analytics.instrument import do_not_track

    return None if do_not_track(environment) else Secret(text)


def refuse(flags: Mapping[str, object]) -> None:
    """Raise NotSupported for a flag that was given and does nothing here yet."""
    for flag, value in flags.items():
        if value:
            raise NotSupported(f"`{flag}` is not available in this version", "leave it out")
