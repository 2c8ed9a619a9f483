"""What needs PostHog's own machines: its AI, and the search in its documentation."""

from __future__ import annotations

from posthog_wizard.sandbox.api.http_messages import HttpReply, forbidden, invalid, reply
from posthog_wizard.sandbox.api.routes import RequestContext, Route
from posthog_wizard.tools.docs import links_for


def _generated(_visit: RequestContext) -> HttpReply:
    raise forbidden("PostHog AI is not available in the sandbox: write the HogQL yourself and run it with query-run.")


def _searched(context: RequestContext) -> HttpReply:
    """The pages that fit, by an index of ours: the sandbox has no network."""
    question = context.fields.get("query")
    if not isinstance(question, str) or not question.strip():
        raise invalid("query", "This field is required.", "required")
    lines = [f"- {link['title']}: {link['url']}" for link in links_for(question)]
    return reply({"content": "\n".join(["The sandbox has no network. These pages of the documentation fit:", *lines])})


ROUTES: tuple[Route, ...] = (
    Route(
        "POST",
        "max_tools/create_and_query_insight/",
        "insight:read",
        _generated,
        fields=frozenset({"query", "insight_type"}),
    ),
    Route("POST", "mcp_tools/docs_search/", "project:read", _searched, fields=frozenset({"query"})),
)
