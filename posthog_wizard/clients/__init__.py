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

CLIENTS: dict[str, Client] = {client.id: client for client in (
    amp.CLIENT, antigravity.CLIENT, auggie.CLIENT, claude_code.CLIENT, claude_desktop.CLIENT, cline.CLIENT,
    codex.CLIENT, continue_dev.CLIENT, copilot_cli.CLIENT, cursor.CLIENT, factory_droid.CLIENT,
    gemini_cli.GEMINI_CLI, goose.CLIENT, hermes.CLIENT, opencode.KILO_CODE, kimi_code.CLIENT, kiro.CLIENT,
    lm_studio.CLIENT, mistral_vibe.CLIENT, openclaw.CLIENT, opencode.OPENCODE, gemini_cli.QODER,
    gemini_cli.QWEN_CODE, vscode.VSCODE, vscode.INSIDERS, vscode.VSCODIUM, warp.CLIENT, windsurf.CLIENT,
    zed.CLIENT,
)}  # fmt: skip
OTHER_NAMES: dict[str, str] = {
    "ampcode": "amp", "sourcegraph-amp": "amp", "agy": "antigravity", "google-antigravity": "antigravity",
    "augment": "auggie", "augment-code": "auggie", "claude": "claude-code", "claudecode": "claude-code",
    "claude-app": "claude-desktop", "codex-cli": "codex", "openai-codex": "codex", "cn": "continue",
    "continue-dev": "continue", "copilot": "copilot-cli", "gh-copilot": "copilot-cli",
    "github-copilot": "copilot-cli", "github-copilot-cli": "copilot-cli", "cursor-agent": "cursor",
    "cursor-cli": "cursor", "droid": "factory-droid", "factory": "factory-droid", "gemini": "gemini-cli",
    "block-goose": "goose", "goose-cli": "goose", "hermes-agent": "hermes", "intellij": "jetbrains",
    "jetbrains-ai": "jetbrains", "junie": "jetbrains", "pycharm": "jetbrains", "webstorm": "jetbrains",
    "kilo": "kilo-code", "kilocode": "kilo-code", "kimi": "kimi-code", "kimi-cli": "kimi-code",
    "kiro-cli": "kiro", "lms": "lm-studio", "lmstudio": "lm-studio",
    "mistral": "mistral-vibe", "vibe": "mistral-vibe", "clawdbot": "openclaw", "moltbot": "openclaw",
    "open-code": "opencode", "opencode-ai": "opencode", "open-hands": "openhands", "opendevin": "openhands",
    "qoder-cli": "qoder", "qodercli": "qoder", "qwen": "qwen-code", "bytedance-trae": "trae", "trae-cn": "trae",
    "visualstudio": "visual-studio", "vs": "visual-studio", "code": "vscode", "visual-studio-code": "vscode",
    "vs-code": "vscode", "code-insiders": "vscode-insiders", "insiders": "vscode-insiders",
    "code-server": "vscode", "codium": "vscodium", "warp-terminal": "warp", "cascade": "windsurf",
    "codeium": "windsurf", "devin": "windsurf", "devin-desktop": "windsurf", "zed-editor": "zed",
}  # fmt: skip
"""What people call a client, beside its id."""
NOT_SUPPORTED: dict[str, str] = {
    "aider": "it has no MCP client",
    "codebuddy": "its package is gone",
    "grok-cli": "its HTTP is not that of MCP",
    "iflow": "its package is gone",
    "jules": "it is not known yet how it keeps its servers",
    "pi": "it has no MCP by design",
    "roo-code": "the project was shut down on 15 May 2026",
}
"""Products that people ask for and that we cannot help with, and why."""
