"""MCP analytics: one call and a Python MCP server reports its calls to PostHog, by PostHog's own event contract."""

from typing import TYPE_CHECKING, Any

from posthog_wizard.analytics.handle import Analytics
from posthog_wizard.analytics.instrument import instrument
from posthog_wizard.analytics.options import ContextArgument, Feedback, Identity, ModelArgument
from posthog_wizard.analytics.sessions import SessionTokens

if TYPE_CHECKING:
    from posthog.mcp import POSTHOG_MCP_ANALYTICS_SOURCE, PostHogMCPAnalyticsEvent, PostHogMCPAnalyticsProperty

__all__ = [
    "POSTHOG_MCP_ANALYTICS_SOURCE",
    "Analytics",
    "ContextArgument",
    "Feedback",
    "Identity",
    "ModelArgument",
    "PostHogMCPAnalyticsEvent",
    "PostHogMCPAnalyticsProperty",
    "SessionTokens",
    "instrument",
]


def __getattr__(name: str) -> Any:
    """The names on the wire are the posthog SDK's own, which takes a quarter of a second to import."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import posthog.mcp  # noqa: PLC0415

    return getattr(posthog.mcp, name)
