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
    "ampcode": "amp", "sourcegraphamp": "amp", "googleantigravity": "antigravity", "augment": "auggie",
    "augmentcode": "auggie", "claudeapp": "claude-desktop", "openaicodex": "codex", "continuedev": "continue",
    "ghcopilot": "copilot-cli", "githubcopilot": "copilot-cli", "factory": "factory-droid", "blockgoose": "goose",
    **dict.fromkeys(
        ("jetbrainsai", "junie", "clion", "datagrip", "goland", "intellij", "intellijidea", "phpstorm", "pycharm",
         "rider", "rubymine", "rustrover", "webstorm"), "jetbrains"
    ),
    "mistral": "mistral-vibe", "clawdbot": "openclaw", "moltbot": "openclaw", "opencodeai": "opencode",
    "opendevin": "openhands", "bytedancetrae": "trae", "traecn": "trae", "vs": "visual-studio",
    "visualstudiocode": "vscode", "codeserver": "vscode", "insiders": "vscode-insiders",
    "visualstudiocodeinsiders": "vscode-insiders", "cascade": "windsurf", "codeium": "windsurf",
    "devindesktop": "windsurf", "windsurfnext": "windsurf", "windsurfinsiders": "windsurf",
    "aiderchat": "aider", "codebuddycode": "codebuddy", "grok": "grok-cli", "letta": "letta-code",
    "picodingagent": "pi", "roo": "roo-code", "roocline": "roo-code",
}  # fmt: skip
"""What people call a product, in letters and digits alone, beside its id, its title and its programs' names."""
NOT_SUPPORTED: dict[str, str] = {
    "aider": "it has no MCP client",
    "codebuddy": "its package is gone",
    "grok-cli": "its HTTP is not that of MCP",
    "iflow": "its package is gone",
    "jules": "it is not known yet how it keeps its servers",
    "letta-code": "its package cannot be installed",
    "pi": "it has no MCP by design",
    "roo-code": "the project was shut down on 15 May 2026",
}
"""Products that people ask for and that we cannot help with, and why."""
