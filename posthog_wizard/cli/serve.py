"""`posthog-wizard mcp serve`: PostHog's tools over stdio, against any PostHog."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Annotated, Literal

import typer

from posthog_wizard.cli import shared_options

_RUNNING = "Running"
_LogLevel = Literal["debug", "info", "warning", "error"]


def command(
    host: shared_options.HostOption = None,
    region: shared_options.RegionOption = None,
    profile: shared_options.ProfileOption = None,
    organization: shared_options.OrganizationOption = None,
    project: shared_options.ProjectOption = None,
    features: shared_options.FeaturesOption = None,
    tools: shared_options.ToolsOption = None,
    read_only: shared_options.ReadOnlyOption = False,
    allow_http: shared_options.AllowHttpOption = False,
    ca_file: shared_options.CaFileOption = None,
    sandbox: shared_options.SandboxOption = False,
    analytics_key: Annotated[
        str | None,
        typer.Option(
            "--analytics-key", metavar="KEY", help="Report the calls to this project (phc_).", show_default=False
        ),
    ] = None,
    max_tokens: Annotated[
        int, typer.Option("--max-tokens", min=500, metavar="N", help="Largest answer.", rich_help_panel=_RUNNING)
    ] = 20_000,
    log_file: Annotated[
        Path | None,
        typer.Option(
            "--log-file", metavar="PATH", help="Log there, not on stderr.", rich_help_panel=_RUNNING, show_default=False
        ),
    ] = None,
    log_level: Annotated[
        _LogLevel, typer.Option("--log-level", help="What is logged.", rich_help_panel=_RUNNING)
    ] = "warning",
) -> None:
    """Serve PostHog's tools over stdio, straight from a PostHog's API.

    An AI client starts this; `posthog-wizard mcp add --server local` writes the entry for it.

    The key comes from POSTHOG_AUTH_HEADER, POSTHOG_PERSONAL_API_KEY or POSTHOG_API_KEY, else from the profile.

    posthog-wizard mcp serve --host https://posthog.example.com --read-only

    posthog-wizard mcp serve --region eu --features flags,experiments

    posthog-wizard mcp serve --sandbox
    """
    from posthog_wizard.cli.run_context import this_run
    from posthog_wizard.cli.serve_settings import analytics_key as wanted_analytics
    from posthog_wizard.cli.serve_settings import limits_from_flags, serve_access, with_known_names
    from posthog_wizard.settings import Flags

    machine = this_run().machine
    environment = {} if sandbox else machine.environment  # what is meant for a real PostHog has no place in the sandbox
    limits = limits_from_flags(environment, organization, project, features, tools, read_only=read_only)
    flags = None if sandbox else Flags(profile, host, region, limits, allow_http)
    if flags is None:
        from posthog_wizard.operations.server_choice import refuse_beside_sandbox

        refuse_beside_sandbox(host=host, region=region, profile=profile, allow_http=allow_http, ca_file=ca_file)
        from posthog_wizard.operations import sandbox_setup

        given = sandbox_setup.sandbox_access(machine, limits)
    else:
        given = serve_access(machine, flags, ca_file=ca_file)
    reporting = wanted_analytics(machine, flags, analytics_key)
    gc.disable()  # nothing of the imports is garbage, and looking for it takes an eighth of the start
    from posthog_wizard.server.logs import start_server_logging
    from posthog_wizard.server.run import serve_stdio
    from posthog_wizard.server.service import Service
    from posthog_wizard.tools import TOOLS
    from posthog_wizard.tools.selection import check_names
    from posthog_wizard.tools.workspace import Workspace

    gc.freeze()
    gc.enable()
    check_names(TOOLS, limits)
    given = with_known_names(given)
    start_server_logging(log_file, log_level)
    serve_stdio(Service(Workspace(given), most_tokens=max_tokens), reporting)
