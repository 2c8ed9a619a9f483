"""What we know of each AI client: pure data, one file a client, one row each here."""

from posthog_wizard.clients import claude_code, claude_desktop, cursor, gemini_cli, vscode, windsurf, zed
from posthog_wizard.model import Client

CLIENTS: dict[str, Client] = {
    client.id: client
    for client in (
        claude_code.CLIENT,
        claude_desktop.CLIENT,
        cursor.CLIENT,
        gemini_cli.CLIENT,
        vscode.CLIENT,
        windsurf.CLIENT,
        zed.CLIENT,
    )
}
