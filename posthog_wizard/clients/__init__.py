"""What we know of each AI client: pure data, one file a family of clients, one row each here."""

from posthog_wizard.clients import (
    amp,
    antigravity,
    auggie,
    claude_code,
    claude_desktop,
    cline,
    codex,
    continue_dev,
    copilot_cli,
    cursor,
    factory_droid,
    gemini_cli,
    goose,
    hermes,
    kimi_code,
    kiro,
    lm_studio,
    mistral_vibe,
    openclaw,
    opencode,
    vscode,
    warp,
    windsurf,
    zed,
)
from posthog_wizard.model import Client

CLIENTS: dict[str, Client] = {
    client.id: client
    for client in (
        amp.CLIENT,
        antigravity.CLIENT,
        auggie.CLIENT,
        claude_code.CLIENT,
        claude_desktop.CLIENT,
        cline.CLIENT,
        codex.CLIENT,
        continue_dev.CLIENT,
        copilot_cli.CLIENT,
        cursor.CLIENT,
        factory_droid.CLIENT,
        gemini_cli.GEMINI_CLI,
        goose.CLIENT,
        hermes.CLIENT,
        opencode.KILO_CODE,
        kimi_code.CLIENT,
        kiro.CLIENT,
        lm_studio.CLIENT,
        mistral_vibe.CLIENT,
        openclaw.CLIENT,
        opencode.OPENCODE,
        gemini_cli.QODER,
        gemini_cli.QWEN_CODE,
        vscode.VSCODE,
        vscode.INSIDERS,
        vscode.VSCODIUM,
        warp.CLIENT,
        windsurf.CLIENT,
        zed.CLIENT,
    )
}
NOT_SUPPORTED: dict[str, str] = {
    "aider": "it has no MCP client",
    "codebuddy": "its package is gone",
    "grok-cli": "its HTTP is not that of MCP",
    "iflow": "its package is gone",
    "jules": "nobody has seen yet how it keeps its servers",
    "pi": "it has no MCP by design",
    "roo-code": "the project was shut down on 15 May 2026",
}
"""Products that people ask for and that we cannot help with, and why."""
