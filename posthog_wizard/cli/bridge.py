"""`posthog-wizard mcp bridge`: stdio to the hosted server, for clients that speak only stdio."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from posthog_wizard.api.hosted import HOSTED_MCP_URL
from posthog_wizard.bridge.settings import LogLevel
from posthog_wizard.cli import options

RUNNING = "Running"


def command(
    url: Annotated[
        str, typer.Option("--url", metavar="URL", help="The server to reach.", rich_help_panel=options.WHERE)
    ] = HOSTED_MCP_URL,
    profile: options.Profile = None,
    organization: options.Organization = None,
    project: options.Project = None,
    features: options.Features = None,
    tools: options.Tools = None,
    read_only: options.ReadOnly = False,
    mode: options.Mode = None,
    allow_http: options.AllowHttp = False,
    ca_file: options.CaFile = None,
    log_file: Annotated[
        Path | None,
        typer.Option(
            "--log-file", metavar="PATH", help="Log there, not on stderr.", rich_help_panel=RUNNING, show_default=False
        ),
    ] = None,
    log_level: Annotated[
        LogLevel, typer.Option("--log-level", help="What is logged.", rich_help_panel=RUNNING)
    ] = "warning",
) -> int:
    """Forward between stdin and stdout and an MCP server on the web, PostHog's if no other is named.

    An AI client starts this; `posthog-wizard mcp add` writes the entry for it.

    The key comes from POSTHOG_AUTH_HEADER, POSTHOG_PERSONAL_API_KEY or POSTHOG_API_KEY, else from the profile.

    posthog-wizard mcp bridge

    posthog-wizard mcp bridge --read-only --features dashboards,insights
    """
    from posthog_wizard.cli.bridging import start

    return start(
        url=url,
        profile=profile,
        organization=organization,
        project=project,
        features=features,
        tools=tools,
        read_only=read_only,
        mode=mode,
        allow_http=allow_http,
        ca_file=ca_file,
        log_file=log_file,
        log_level=log_level,
    )
