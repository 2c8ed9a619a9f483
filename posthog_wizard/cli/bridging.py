"""What `mcp bridge` is told, and its start: flags win over the environment. Light, for a client waits for it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from posthog_wizard.api.hosted import HOSTED_MCP_URL
from posthog_wizard.bridge.settings import LogLevel, Settings
from posthog_wizard.cli.connection import limits
from posthog_wizard.credentials.environment import key_from_environment
from posthog_wizard.errors import NotSupported

ORGANIZATION, PROJECT = "POSTHOG_ORGANIZATION_ID", "POSTHOG_PROJECT_ID"


def start(
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
    if profile is not None:
        raise NotSupported("`--profile` needs the key store, which is not there yet", "set POSTHOG_AUTH_HEADER instead")
    organization = organization or os.environ.get(ORGANIZATION) or None
    project = project or os.environ.get(PROJECT) or None
    asked = limits(organization, project, features, tools, read_only=read_only, mode=mode, kind="hosted")
    settings = Settings(
        url, limits=asked, allow_http=allow_http, ca_file=ca_file, log_file=log_file, log_level=log_level
    )
    from posthog_wizard.bridge.run import run

    return run(with_key(settings, os.environ))


def with_key(settings: Settings, environment: Mapping[str, str]) -> Settings:
    """The settings with the key that the environment holds, if it holds one; what was passed over is said."""
    found = key_from_environment(environment, started_by_a_client=True)
    for note in found.notes:
        sys.stderr.write(f"note: {note}\n")
    source = f"the environment variable `{found.variable}`" if found.variable else None
    return settings._replace(key=found.key, key_source=source)
