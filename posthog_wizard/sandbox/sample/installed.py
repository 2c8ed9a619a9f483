"""The servers that are installed in the sandbox from the beginning: one that works, one to sign in to, one switched off."""

from __future__ import annotations

from typing import Any

from posthog_wizard.sandbox.row_store import SampleRow

KIND = "mcp_server_installations"
_PROJECT = 1


def _sample(number: int, name: str, url: str, description: str, created_at: str, **more: Any) -> SampleRow:
    usual = {
        "id": f"018f0000-0000-7000-8000-0000000a000{number}",
        "server_id": f"018f0000-0000-7000-8000-0000000b000{number}",
        "display_name": name,
        "url": url,
        "description": description,
        "auth_type": "oauth",
        "is_enabled": True,
        "needs_reauth": False,
        "pending_oauth": False,
        "created_at": created_at,
        "updated_at": created_at,
        "signed_in_at": None,
        "secret": None,
    }
    return KIND, _PROJECT, usual | more


SAMPLES: tuple[SampleRow, ...] = (
    _sample(1, "Linear", "https://mcp.linear.app/mcp", "Issues and roadmap", "~60d"),
    _sample(2, "Notion", "https://mcp.notion.com/mcp", "Meeting notes", "~30d", needs_reauth=True),
    _sample(3, "Warehouse", "https://mcp.leafline.example/mcp", "Stock", "~10d", auth_type="api_key", is_enabled=False),
)
