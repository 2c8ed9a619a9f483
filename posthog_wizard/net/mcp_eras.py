"""The two eras of MCP, as far as bridge and server share them: with sessions (until 2025-11-25), and without. Pure.

https://modelcontextprotocol.io/specification/2026-07-28/changelog
"""

from typing import Final

from posthog_wizard.model import Json

HANDSHAKE_VERSIONS: Final = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
LEGACY, MODERN = HANDSHAKE_VERSIONS[-1], "2026-07-28"
META_PREFIX: Final = "io.modelcontextprotocol/"
VERSION_FIELD, CLIENT_FIELD = f"{META_PREFIX}protocolVersion", f"{META_PREFIX}clientInfo"
ABILITIES_FIELD, SERVER_FIELD = f"{META_PREFIX}clientCapabilities", f"{META_PREFIX}serverInfo"
_CACHEABLE = {"tools/list", "prompts/list", "resources/list", "resources/templates/list", "resources/read", "server/discover"}  # fmt: skip


def completion_of(method: str | None) -> dict[str, Json]:
    """What a result must say since the later era, beside what an earlier server says."""
    return {"resultType": "complete"} | ({"ttlMs": 0, "cacheScope": "private"} if method in _CACHEABLE else {})
