"""What we know of each AI client: pure data, one file a client, one row each here."""

from posthog_wizard.clients import (
    claude_code,
    claude_desktop,
    codex,
    cursor,
    gemini_cli,
    lm_studio,
    vscode,
    windsurf,
    zed,
)
from posthog_wizard.model import Client

CLIENTS: dict[str, Client] = {
    client.id: client
    for client in (
        claude_code.CLIENT,
        claude_desktop.CLIENT,
        codex.CLIENT,
        cursor.CLIENT,
        gemini_cli.CLIENT,
        lm_studio.CLIENT,
        vscode.CLIENT,
        windsurf.CLIENT,
        zed.CLIENT,
    )
}
