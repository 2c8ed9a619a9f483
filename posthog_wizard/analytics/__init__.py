"""MCP analytics: one call and a Python MCP server reports its calls to PostHog, by PostHog's own event contract."""

from posthog_wizard.analytics.handle import Analytics
from posthog_wizard.analytics.instrument import instrument
from posthog_wizard.analytics.names import (
    POSTHOG_MCP_ANALYTICS_SOURCE,
    PostHogMCPAnalyticsEvent,
    PostHogMCPAnalyticsProperty,
)
from posthog_wizard.analytics.options import ContextArgument, Feedback, Identity, ModelArgument

__all__ = [
    "POSTHOG_MCP_ANALYTICS_SOURCE",
    "Analytics",
    "ContextArgument",
    "Feedback",
    "Identity",
    "ModelArgument",
    "PostHogMCPAnalyticsEvent",
    "PostHogMCPAnalyticsProperty",
    "instrument",
]
