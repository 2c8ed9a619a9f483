"""Why an operation is not offered: what the limits, the key and the organization allow."""

from __future__ import annotations

from collections.abc import Collection

from posthog_wizard.api.scopes import lacking
from posthog_wizard.model import Limits
from posthog_wizard.openapi.model import INTERNAL, Operation
from posthog_wizard.openapi.pins import beyond


def refusal(
    operation: Operation,
    limits: Limits,
    scopes: Collection[str] | None,
    teams: Collection[int] = (),
    *,
    reads_only: bool = False,
) -> str:
    """The reason, empty where there is none; arguments as those of `tools.selection.select`."""
    if INTERNAL in operation.scopes:
        return "PostHog takes no key for it"
    if limits.read_only and not operation.reads:
        return "it writes, and the server is read-only"
    if reads_only and not operation.reads:
        return "it writes, and the organization's settings let MCP servers only read"
    if reason := beyond(operation, limits):
        return reason
    if operation.within != "project" and teams:
        return "the key is limited to projects, and PostHog tells it nothing else"
    return lacking(operation.scopes, scopes)
