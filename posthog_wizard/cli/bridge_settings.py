"""What `mcp bridge` is told, and its start: flags win over the environment, that over the profile. Light, for a client waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Literal

from posthog_wizard.api.hosted import HOSTED_MCP_URL
from posthog_wizard.bridge.run_settings import BridgeSettings, LogLevel
from posthog_wizard.cli.run_context import this_run
from posthog_wizard.credentials.environment import AUTH_HEADER_VARIABLE, key_from_environment
from posthog_wizard.operations.connection import limits

_ORGANIZATION, _PROJECT = "POSTHOG_ORGANIZATION_ID", "POSTHOG_PROJECT_ID"


def start_bridge(
    *,
    url: str = HOSTED_MCP_URL,
    profile: str | None = None,
    organization: str | None = None,
    project: str | None = None,
    features: str | None = None,
    tools: str | None = None,
    read_only: bool = False,
    mode: Literal["tools", "cli"] | None = None,
    allow_http: bool = False,
    ca_file: Path | None = None,
    log_file: Path | None = None,
    log_level: LogLevel = "warning",
) -> int:
    """Run the bridge with the command's flags and give its exit code. Raises WizardError where it cannot start."""
    asked = limits(organization, project, features, tools, read_only=read_only, mode=mode, kind="hosted")
    settings = BridgeSettings(
        url, limits=asked, allow_http=allow_http, ca_file=ca_file, log_file=log_file, log_level=log_level
    )
    from posthog_wizard.bridge.run import run_bridge

    environment = this_run().environment
    return run_bridge(
        _complete(settings, environment)
        if profile is None and environment.get(AUTH_HEADER_VARIABLE)
        else _kept(settings, profile)
    )


def _complete(settings: BridgeSettings, environment: Mapping[str, str]) -> BridgeSettings:
    """What an entry says that brings its key: the profile has no say in it, and need not be read."""
    said, found = settings.limits, key_from_environment(environment, started_by_a_client=True)
    home = said.organization or environment.get(_ORGANIZATION) or None
    limits = said._replace(organization=home, project=said.project or environment.get(_PROJECT) or None)
    source = f"the environment variable `{found.variable}`" if found.variable else None
    return settings._replace(limits=limits, key=found.key, key_source=source)


def _kept(settings: BridgeSettings, profile: str | None) -> BridgeSettings:
    """The settings with what environment and profile say; what was passed over is told. Raises WrongUsage."""
    from posthog_wizard.bridge.address import parse_address
    from posthog_wizard.settings import Flags, resolve_settings

    parse_address(settings.url, allow_http=settings.allow_http)
    flags = Flags(profile, limits=settings.limits, allow_http=settings.allow_http, address=settings.url)
    look = partial(resolve_settings, this_run().machine, flags, started_by_a_client=True)
    given = look()
    for note in given.notes:
        this_run().stderr.write(f"note: {note}\n")
    if given.key is not None and given.key.source == "env" and given.defect is None:
        return settings._replace(limits=given.limits, key=given.key.read(), key_source=given.key.words)
    return settings._replace(limits=given.limits, look=look)
