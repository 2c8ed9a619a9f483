"""What `mcp serve` and `mcp tools` are told: flags win over the environment, that over the profile. Light, for a client waits for it."""

from __future__ import annotations

import gc
import re
from dataclasses import replace
from functools import partial
from pathlib import Path

from posthog_wizard.errors import WrongUsage
from posthog_wizard.invocation import Invocation
from posthog_wizard.machine import cache_directory
from posthog_wizard.model import Limits, Machine, Secret
from posthog_wizard.operations.connection import connection, limits_of, refuse_misnumbered
from posthog_wizard.settings import PROJECT, Flags, resolve_settings
from posthog_wizard.tools.workspace import Access, Workspace


def start_server(said: Invocation) -> None:
    """Run the server with the command's flags, until its client goes. Raises WizardError where it cannot start."""
    from posthog_wizard.cli.run_context import tell_who_types, this_run

    machine = this_run().machine
    limits = _limits_from_flags(machine, said)
    access = chosen_access(machine, said)
    reporting = _analytics_key(machine, None if said.sandbox else _flags(said, limits), said.analytics_key)
    gc.disable()  # nothing of the imports is garbage, and looking for it takes an eighth of the start
    from posthog_wizard.server.logs import start_server_logging
    from posthog_wizard.server.run import serve_stdio
    from posthog_wizard.server.service import Service
    from posthog_wizard.tools import TOOLS
    from posthog_wizard.tools.selection import check_names

    gc.freeze()
    gc.enable()
    check_names(TOOLS, limits)
    tell_who_types("serve")
    start_server_logging(said.log_file, said.log_level or "warning")
    workspace = Workspace(_with_known_names(access), allow_dangerous=said.allow_dangerous)
    serve_stdio(Service(workspace, most_tokens=said.max_tokens or Service.most_tokens), reporting)


def _serve_access(machine: Machine, flags: Flags, ca_file: Path | None) -> Access:
    """Which PostHog, with which key. That there is none to be had is no reason not to start: every call then says so.

    Raises:
        WrongUsage: flags that cannot be combined, or an invalid address.
    """
    given = resolve_settings(machine, flags, started_by_a_client=True)
    where = connection(host=given.host, server="local", allow_http=flags.allow_http, ca_file=ca_file)
    return Access(
        host=where.address,
        limits=given.limits,
        allow_http=flags.allow_http,
        ca_file=ca_file,
        defect=given.defect,
        source=given.key,
        cache=cache_directory(machine),
        again=partial(_again, machine, flags, ca_file),
    )


def chosen_access(machine: Machine, said: Invocation) -> Access:
    """The PostHog and the key that a command line means: the sandbox, or one that flags, environment and profile name."""
    limits = _limits_from_flags(machine, said)
    if said.sandbox:
        return _embedded_access(machine, said, limits)
    return _serve_access(machine, _flags(said, limits), said.ca_file)


def _flags(said: Invocation, limits: Limits) -> Flags:
    return Flags(said.profile, said.host, said.region, limits, said.allow_http)


def _embedded_access(machine: Machine, said: Invocation, limits: Limits) -> Access:
    """The sandbox. Raises WrongUsage for flags that name another PostHog, WizardError where it cannot be had or kept."""
    from posthog_wizard.operations import sandbox_setup
    from posthog_wizard.operations.server_choice import refuse_beside_sandbox
    from posthog_wizard.sandbox.engine import check_installed

    refuse_beside_sandbox(
        host=said.host, region=said.region, profile=said.profile, allow_http=said.allow_http, ca_file=said.ca_file
    )
    check_installed()  # or only queries would fail, one by one
    return sandbox_setup.sandbox_access(machine, limits)


def _again(machine: Machine, flags: Flags, ca_file: Path | None) -> Access:
    return _with_known_names(_serve_access(machine, flags, ca_file))


def _limits_from_flags(machine: Machine, said: Invocation) -> Limits:
    """The limits that the flags name. Raises WrongUsage for a project that is no number, in the environment too."""
    kept = None if said.sandbox else machine.environment.get(PROJECT)  # a real PostHog's has no place in the sandbox
    refuse_misnumbered(said.project or kept or None)
    return limits_of(said)


def _with_known_names(given: Access) -> Access:
    """The same, its defect a name in the profile that no tool or feature has."""
    from posthog_wizard.tools import TOOLS
    from posthog_wizard.tools.selection import check_names

    try:
        check_names(TOOLS, given.limits)
    except WrongUsage as problem:
        nameless = given.limits._replace(features=(), tools=())  # until the profile is repaired, no call gets through
        return replace(given, defect=given.defect or problem, limits=nameless)
    return given


def _analytics_key(machine: Machine, flags: Flags | None, given: str | None) -> Secret | None:
    """The key of the project that analytics go to: the one that was given, else the profile's, for its own host only.

    None where there is none, or DO_NOT_TRACK forbids it. `key_options` are None where no profile counts (the sandbox).

    Raises:
        WrongUsage: it is not a project's key.
    """
    text, where = (given, "`--analytics-key`") if given is not None else _kept_key(machine, flags)
    if text is None:
        return None
    from posthog_wizard.analytics.instrument import do_not_track

    return None if do_not_track(machine.environment) else _project_key(text, where)


def _kept_key(machine: Machine, flags: Flags | None) -> tuple[str | None, str]:
    """The profile's key, if the profile is of the PostHog that is served, and where it stands."""
    found = resolve_settings(machine, flags, started_by_a_client=True) if flags else None
    kept = found.profile if found else None
    if found is None or kept is None or not kept.analytics_key or kept.host not in {None, found.host}:
        return None, ""
    return kept.analytics_key, f"`analytics_key` of the profile `{kept.name}`"


def _project_key(text: str, where: str) -> Secret:
    if not re.fullmatch(r"phc_[A-Za-z0-9_-]+", text):
        raise WrongUsage(f"{where} is not a project key, which begins with phc_", "copy it from the project's settings")
    return Secret(text)
