"""`posthog-wizard mcp serve`: PostHog's tools over stdio, against any PostHog."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Annotated, Literal

import typer

from posthog_wizard.cli import options

RUNNING = "Running"
LogLevel = Literal["debug", "info", "warning", "error"]


def command(
    host: options.Host = None,
    region: options.Region = None,
    profile: options.Profile = None,
    organization: options.Organization = None,
    project: options.Project = None,
    features: options.Features = None,
    tools: options.Tools = None,
    read_only: options.ReadOnly = False,
    allow_http: options.AllowHttp = False,
    ca_file: options.CaFile = None,
    sandbox: options.Sandbox = False,
    analytics_key: Annotated[
        str | None,
        typer.Option(
            "--analytics-key", metavar="KEY", help="Report the calls to this project (phc_).", show_default=False
        ),
    ] = None,
    max_tokens: Annotated[
        int, typer.Option("--max-tokens", min=500, metavar="N", help="Largest answer.", rich_help_panel=RUNNING)
    ] = 20_000,
    log_file: Annotated[
        Path | None,
        typer.Option(
            "--log-file", metavar="PATH", help="Log there, not on stderr.", rich_help_panel=RUNNING, show_default=False
        ),
    ] = None,
    log_level: Annotated[
        LogLevel, typer.Option("--log-level", help="What is logged.", rich_help_panel=RUNNING)
    ] = "warning",
) -> None:
    """Serve PostHog's tools over stdio, straight from a PostHog's API.

    An AI client starts this; `posthog-wizard mcp add --server local` writes the entry for it.

    The key comes from POSTHOG_AUTH_HEADER, POSTHOG_PERSONAL_API_KEY or POSTHOG_API_KEY, else from the profile.

    posthog-wizard mcp serve --host https://posthog.example.com --read-only

    posthog-wizard mcp serve --region eu --features flags,experiments

    posthog-wizard mcp serve --sandbox
    """
    from posthog_wizard.cli.serving import access, limits_of, with_known_names
    from posthog_wizard.cli.serving import analytics_key as wanted_analytics
    from posthog_wizard.machine import this_machine
    from posthog_wizard.sources import Flags

    machine = this_machine()
    environment = {} if sandbox else machine.environment  # what is meant for a real PostHog has no place in the sandbox
    limits = limits_of(environment, organization, project, features, tools, read_only=read_only)
    flags = None if sandbox else Flags(profile, host, region, limits, allow_http)
    if flags is None:
        options.refuse_beside_sandbox(host=host, region=region, profile=profile, allow_http=allow_http, ca_file=ca_file)
        from posthog_wizard.cli import sandboxed

        given = sandboxed.access(machine, limits)
    else:
        given = access(machine, flags, ca_file=ca_file)
    reporting = wanted_analytics(machine, flags, analytics_key)
    gc.disable()  # nothing of the imports is garbage, and looking for it takes an eighth of the start
    from posthog_wizard.server.logs import start_logging
    from posthog_wizard.server.run import serve
    from posthog_wizard.server.service import Service
    from posthog_wizard.tools import TOOLS
    from posthog_wizard.tools.selection import check_names
    from posthog_wizard.tools.workspace import Workspace

    gc.freeze()
    gc.enable()
    check_names(TOOLS, limits)
    given = with_known_names(given)
    start_logging(log_file, log_level)
    serve(Service(Workspace(given), most_tokens=max_tokens), reporting)
