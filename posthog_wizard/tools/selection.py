"""Which tools a client is offered: those that its limits name and its key can use."""

import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import get_args

from posthog_wizard.api.scopes import lacking
from posthog_wizard.errors import WrongUsage
from posthog_wizard.invocation import flag_called
from posthog_wizard.model import Limits
from posthog_wizard.tools.tool import REMEMBERS, Feature, Tool

ALL_FEATURES = "all"  # every one but those that are offered only by name
FEATURES: tuple[str, ...] = (ALL_FEATURES, *get_args(Feature))
NAMED_FEATURE = "api"  # the feature that is offered only where it is named
_UNASKED = f"offered with `--features all,{NAMED_FEATURE}`"
_UNNAMED = "not among --features and --tools"
BY_CHOICE = frozenset((_UNASKED, _UNNAMED))  # what the flags themselves leave out, or never name
_RESTRICTED = "it writes, and the organization's settings let MCP servers only read"
_SWITCHES = ("switch-organization", "switch-project")


@dataclass(frozen=True)
class Selection:
    """The tools on offer, and why each other one is not."""

    offered: tuple[Tool, ...]
    left_out: dict[str, str] = field(default_factory=dict)


def select(
    tools: Iterable[Tool],
    limits: Limits,
    scopes: Collection[str] | None,
    teams: Collection[int] = (),
    *,
    reads_only: bool = False,
) -> Selection:
    """Apply limits, scopes, the projects that the key is limited to, and that its organization `reads_only`.

    `scopes` is None when they are not known, and then nothing is left out for them; `teams` is empty for a key without limit.

    Raises:
        WrongUsage: a feature or tool that does not exist.
    """
    tools = tuple(tools)
    check_names(tools, limits)
    reasons = {
        tool.name: _reason(tool, limits, scopes, teams)
        or (_RESTRICTED if reads_only and not (tool.hints.read_only or tool.hints is REMEMBERS) else "")
        for tool in tools
    }
    left_out = {name: reason for name, reason in reasons.items() if reason}
    return Selection(tuple(tool for tool in tools if tool.name not in left_out), left_out)


def check_names(tools: Iterable[Tool], limits: Limits) -> None:
    """Raise WrongUsage for a feature or tool that does not exist, with the one that is meant."""
    for flag, asked, known in (
        ("features", (_feature(name) for name in limits.features), FEATURES),
        ("tools", limits.tools, tuple(tool.name for tool in tools)),
    ):
        for name in asked:
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1)
                meant = f"Did you mean `{close[0]}`?" if close else f"There are {', '.join(known)}."
                raise WrongUsage(f"`{flag_called(flag).spelled}`: there is no `{name}`", meant)


def _reason(tool: Tool, limits: Limits, scopes: Collection[str] | None, teams: Collection[int]) -> str:
    features = {_feature(name) for name in limits.features}
    named = bool(features or limits.tools)
    everything = (ALL_FEATURES in features or not named) and tool.feature != NAMED_FEATURE
    if not (everything or tool.feature in features or tool.name in limits.tools):
        return _UNNAMED if named else _UNASKED
    if limits.read_only and not tool.hints.read_only:
        return "it writes, and the server is read-only"
    if tool.name in _SWITCHES and (limits.project or limits.organization):
        return "the project or organization is pinned"
    if lack := lacking(tool.scopes, scopes):
        return lack
    # PostHog refuses such a key everything about organizations, also their list of projects; one that is pinned needs none.
    if teams and ("organization:read" in tool.scopes or (tool.within == "organization" and not limits.project)):
        keys = f"the key is limited to projects ({', '.join(map(str, teams))})"
        return f"{keys}, and PostHog tells it nothing of organizations"
    return ""


def _feature(name: str) -> str:
    """`error_tracking` and `error-tracking` are the same."""
    return name.strip().lower().replace("_", "-")
