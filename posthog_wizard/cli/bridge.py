"""`posthog-wizard mcp bridge`: stdio to the hosted server, for clients that speak only stdio. Light, for a client waits for it.

Flags win over the environment, that over the profile.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from posthog_wizard.bridge.run_settings import BridgeSettings
from posthog_wizard.cli.run_context import tell_who_types, this_run
from posthog_wizard.credentials.environment import AUTH_HEADER_VARIABLE, key_from_environment
from posthog_wizard.invocation import Invocation
from posthog_wizard.net.addresses import parse_address
from posthog_wizard.operations.connection import limits_of
from posthog_wizard.settings import ORGANIZATION, PROJECT, Flags, resolve_settings


def command(**given: Any) -> int:
    """Forward between stdin and stdout and an MCP server on the web, PostHog's if no other is named.

    An AI client starts this; `posthog-wizard mcp add` writes the entry for it.

    The key comes from POSTHOG_AUTH_HEADER, POSTHOG_PERSONAL_API_KEY or POSTHOG_API_KEY, else from the profile.

    posthog-wizard mcp bridge

    posthog-wizard mcp bridge --read-only --features dashboards,insights
    """
    return start_bridge(Invocation("bridge", **given))


vars(command).update(program="bridge")  # whose flags typer takes from the table


def start_bridge(said: Invocation) -> int:
    """Run the bridge with the command's flags and give its exit code. Raises WizardError where it cannot start."""
    from posthog_wizard.bridge.run import run_bridge

    settings = BridgeSettings(
        said.url or "",
        limits=limits_of(said),
        allow_http=said.allow_http,
        ca_file=said.ca_file,
        log_file=said.log_file,
        log_level=said.log_level or "warning",
    )
    tell_who_types("bridge")
    environment = this_run().environment
    found = key_from_environment(environment, started_by_a_client=True)
    if said.profile is not None or found.variable != AUTH_HEADER_VARIABLE:
        return run_bridge(_completed(settings, said.profile))
    limits = settings.limits._replace(  # an entry that brings its key says it all: no profile, no machine is looked at
        organization=said.organization or environment.get(ORGANIZATION) or None,
        project=said.project or environment.get(PROJECT) or None,
    )
    source = f"the environment variable `{found.variable}`"
    return run_bridge(settings._replace(limits=limits, key=found.key, key_source=source))


def _completed(settings: BridgeSettings, profile: str | None) -> BridgeSettings:
    """The settings with what environment and profile say; what was passed over is told. Raises WrongUsage."""
    parse_address(settings.url, allow_http=settings.allow_http)
    flags = Flags(profile, limits=settings.limits, allow_http=settings.allow_http, address=settings.url)
    look = partial(resolve_settings, this_run().machine, flags, started_by_a_client=True)
    given = look()
    for note in given.notes:
        this_run().stderr.write(f"note: {note}\n")
    if given.key is not None and given.key.source == "env" and given.defect is None:
        return settings._replace(limits=given.limits, key=given.key.read(), key_source=given.key.words)
    return settings._replace(limits=given.limits, look=look)
