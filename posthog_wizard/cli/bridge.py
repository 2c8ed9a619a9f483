"""`mcp bridge`: stdio to the hosted server, for clients that speak only stdio."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from posthog_wizard.api.hosted import HOSTED_MCP_URL
from posthog_wizard.bridge.settings import LogLevel, Settings
from posthog_wizard.cli import options
from posthog_wizard.credentials.environment import key_from_environment
from posthog_wizard.errors import NotSupported
from posthog_wizard.model import Limits


def command(
    url: Annotated[
        str, typer.Option("--url", metavar="URL", help="The server to reach.", rich_help_panel=options.WHERE)
    ] = HOSTED_MCP_URL,
    profile: Annotated[
        str | None,
        typer.Option("--profile", help="A profile of the key store.", rich_help_panel=options.KEY, show_default=False),
    ] = None,
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
            "--log-file", metavar="PATH", help="Log here too.", rich_help_panel=options.HOW, show_default=False
        ),
    ] = None,
    log_level: Annotated[
        LogLevel, typer.Option("--log-level", help="How much to log.", rich_help_panel=options.HOW)
    ] = "warning",
) -> int:
    """Forward between this program's stdin and stdout and an MCP server on the web.

    A client starts it; `mcp add` writes the entry. The key comes from the environment: POSTHOG_AUTH_HEADER
    (`Bearer KEY`), POSTHOG_PERSONAL_API_KEY, POSTHOG_API_KEY.

    posthog-wizard mcp bridge

    posthog-wizard mcp bridge --read-only --features dashboards,insights
    """
    if profile is not None:
        raise NotSupported("--profile needs the key store, which is not there yet", "Set POSTHOG_AUTH_HEADER instead.")
    from posthog_wizard.bridge.run import run

    limits = Limits(organization, project, _names(features), _names(tools), read_only, mode)
    settings = Settings(
        url=url, allow_http=allow_http, ca_file=ca_file, log_file=log_file, log_level=log_level, limits=limits
    )
    return run(with_environment(settings, os.environ))


def with_environment(settings: Settings, environment: Mapping[str, str]) -> Settings:
    """The settings with what the flags left open taken from the environment, and the key."""
    found = key_from_environment(environment, started_by_a_client=True)
    for note in found.notes:
        sys.stderr.write(f"note: {note}\n")
    limits = settings.limits._replace(
        organization=settings.limits.organization or environment.get("POSTHOG_ORGANIZATION_ID"),
        project=settings.limits.project or environment.get("POSTHOG_PROJECT_ID"),
    )
    source = f"the environment variable `{found.variable}`" if found.variable else None
    return replace(settings, key=found.key, key_source=source, limits=limits)


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())
