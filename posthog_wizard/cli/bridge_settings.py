"""What `mcp bridge` is told, and its start: flags win over the environment, that over the profile. Light, for a client waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from posthog_wizard.bridge.run_settings import BridgeSettings
from posthog_wizard.cli.run_context import tell_who_types, this_run
from posthog_wizard.credentials.environment import AUTH_HEADER_VARIABLE, key_from_environment
from posthog_wizard.invocation import Invocation
from posthog_wizard.operations.connection import limits_of

_ORGANIZATION, _PROJECT = "POSTHOG_ORGANIZATION_ID", "POSTHOG_PROJECT_ID"


def start_bridge(said: Invocation) -> int:
    """Run the bridge with the command's flags and give its exit code. Raises WizardError where it cannot start."""
    settings = BridgeSettings(
        said.url or "",
        limits=limits_of(said),
        allow_http=said.allow_http,
        ca_file=said.ca_file,
        log_file=said.log_file,
        log_level=said.log_level or "warning",
    )
    from posthog_wizard.bridge.run import run_bridge

    tell_who_types("bridge")
    environment = this_run().environment
    return run_bridge(
        _complete(settings, environment)
        if said.profile is None
        and key_from_environment(environment, started_by_a_client=True).variable == AUTH_HEADER_VARIABLE
        else _kept(settings, said.profile)
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
    from posthog_wizard.net.addresses import parse_address
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
