"""`posthog-wizard mcp serve`: PostHog's tools over stdio, against any PostHog. Light, for a client waits for it.

Flags win over the environment, that over the profile; `mcp tools` and `mcp call` are told the same.
"""

from __future__ import annotations

import gc
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posthog_wizard.cli.run_context import tell_who_types, this_run
from posthog_wizard.errors import WrongUsage
from posthog_wizard.invocation import Invocation
from posthog_wizard.machine import cache_directory
from posthog_wizard.model import Machine, Secret
from posthog_wizard.operations.connection import connection, limits_of, refuse_misnumbered
from posthog_wizard.settings import PROJECT, Flags, resolve_settings

if TYPE_CHECKING:
    from posthog_wizard.tools.workspace import Access


def command(**given: Any) -> None:
    """Serve PostHog's tools over stdio, straight from a PostHog's API.

    An AI client starts this; `posthog-wizard mcp add --server local` writes the entry for it.

    The key comes from POSTHOG_AUTH_HEADER, POSTHOG_PERSONAL_API_KEY or POSTHOG_API_KEY, else from the profile.

    posthog-wizard mcp serve --host https://posthog.example.com --read-only

    posthog-wizard mcp serve --region eu --features flags,experiments

    posthog-wizard mcp serve --sandbox
    """
    start_server(Invocation("serve", **given))


vars(command).update(program="serve")  # whose flags typer takes from the table


def start_server(said: Invocation) -> None:
    """Run the server with the command's flags, until its client goes. Raises WizardError where it cannot start."""
    machine = this_run().machine
    flags, access = _flags(machine, said), chosen_access(machine, said)
    reporting = _analytics_key(machine, None if said.sandbox else flags, said.analytics_key)
    gc.disable()  # nothing of the imports is garbage, and looking for it takes an eighth of the start
    from posthog_wizard.server.run import serve_stdio, start_server_logging
    from posthog_wizard.server.service import Service
    from posthog_wizard.tools import TOOLS
    from posthog_wizard.tools.selection import check_names
    from posthog_wizard.tools.workspace import Workspace

    gc.freeze()
    gc.enable()

    check_names(TOOLS, flags.limits)
    tell_who_types("serve")
    start_server_logging(said.log_file, said.log_level or "warning")
    workspace = Workspace(_with_known_names(access), allow_dangerous=said.allow_dangerous)
    serve_stdio(Service(workspace, most_tokens=said.max_tokens or Service.most_tokens), reporting)


def chosen_access(machine: Machine, said: Invocation) -> Access:
    """The PostHog and the key that a command line means: the sandbox, or one that flags, environment and profile name.

    That there is no key to be had is no reason not to start: every call then says so.

    Raises:
        WrongUsage: flags that cannot be combined, or an invalid address.
        WizardError: the sandbox cannot be had or kept.
    """
    flags = _flags(machine, said)
    if not said.sandbox:
        return _named_access(machine, flags, said.ca_file)
    from posthog_wizard.operations import sandbox_setup
    from posthog_wizard.operations.server_choice import refuse_beside_sandbox
    from posthog_wizard.sandbox.engine import check_installed

    refuse_beside_sandbox(
        host=said.host, region=said.region, profile=said.profile, allow_http=said.allow_http, ca_file=said.ca_file
    )
    check_installed()  # or only queries would fail, one by one
    return sandbox_setup.sandbox_access(machine, flags.limits)


def _flags(machine: Machine, said: Invocation) -> Flags:
    """The flags. Raises WrongUsage where they cannot be combined, for a project that is no number in the environment too."""
    kept = None if said.sandbox else machine.environment.get(PROJECT)  # a real PostHog's has no place in the sandbox
    refuse_misnumbered(said.project or kept or None)
    return Flags(said.profile, said.host, said.region, limits_of(said), said.allow_http)


def _named_access(machine: Machine, flags: Flags, ca_file: Path | None) -> Access:
    from posthog_wizard.tools.workspace import Access

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
        again=lambda: _with_known_names(_named_access(machine, flags, ca_file)),
    )


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

    None where there is none, or DO_NOT_TRACK forbids it. `flags` are None where no profile counts (the sandbox).

    Raises:
        WrongUsage: it is not a project's key.
    """
    text, where = given, "`--analytics-key`"
    if given is None and flags is not None:
        found = resolve_settings(machine, flags, started_by_a_client=True)
        if found.profile is not None and found.profile.host in {None, found.host}:
            text, where = found.profile.analytics_key or None, f"`analytics_key` of the profile `{found.profile.name}`"
    if text is None:
        return None
    from posthog_wizard.analytics.instrument import do_not_track

    if do_not_track(machine.environment):
        return None
    if not re.fullmatch(r"phc_[A-Za-z0-9_-]+", text):
        raise WrongUsage(f"{where} is not a project key, which begins with phc_", "copy it from the project's settings")
    return Secret(text)
