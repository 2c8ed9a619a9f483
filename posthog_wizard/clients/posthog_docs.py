"""The words that PostHog's own documentation uses, kept for `mcp print --documented`."""

from posthog_wizard.model import Json

HOSTED_URL = "https://mcp.posthog.com/mcp"
_SSE_URL = "https://mcp.posthog.com/sse"
PLACEHOLDER = "{INSERT_YOUR_PERSONAL_API_KEY_HERE}"


def remote_block(**before_url: Json) -> Json:
    """The documented entry of a client that reaches the server over HTTP."""
    return {**before_url, "url": HOSTED_URL, "headers": {"Authorization": f"Bearer {PLACEHOLDER}"}}


def mcp_remote_block() -> Json:
    """The documented entry of a client that starts `npx mcp-remote`."""
    return {
        "command": "npx",
        "args": ["-y", "mcp-remote@latest", _SSE_URL, "--header", "Authorization:${POSTHOG_AUTH_HEADER}"],
        "env": {"POSTHOG_AUTH_HEADER": f"Bearer {PLACEHOLDER}"},
    }
