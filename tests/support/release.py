"""What registries read of a release, made from the program's own data. `python -m tests.support.release` writes `server.json` anew.

With the path of a bundle it also names that, by its hash, as the release workflow does.
"""

from __future__ import annotations

import json
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

from posthog_wizard import __version__

ROOT = Path(__file__).parents[2]
REPOSITORY = "PostHog/posthog-wizard"  # on GitHub; whose it is stands here alone, the files follow
SERVER_NAME = f"io.github.{REPOSITORY}"
SERVER_JSON = ROOT / "server.json"
SCHEMA = Path(__file__).with_name("schemas") / "server.schema.json"  # modelcontextprotocol/static, of 2025-12-11
_URL = f"https://github.com/{REPOSITORY}"
_VARIABLES: tuple[tuple[str, str, bool], ...] = (
    ("POSTHOG_PERSONAL_API_KEY", "A personal API key with the MCP Server preset; else what `login` stored.", True),
    ("POSTHOG_HOST", "The address of a self-hosted PostHog, or `us` or `eu`.", False),
    ("POSTHOG_ORGANIZATION_ID", "Only this organization.", False),
    ("POSTHOG_PROJECT_ID", "Only this project.", False),
)


def server_entry(bundle: bytes | None = None) -> dict[str, Any]:
    """What `server.json` says; a bundle's bytes add it as a second package."""
    transport = {"type": "stdio"}
    variables = [
        {"name": name, "description": text, "isRequired": False, "isSecret": secret}
        for name, text, secret in _VARIABLES
    ]
    pypi = {
        "registryType": "pypi",
        "identifier": "posthog-wizard",
        "version": __version__,
        "runtimeHint": "uvx",
        "transport": transport,
        "packageArguments": [{"type": "positional", "value": word} for word in ("mcp", "serve")],
        "environmentVariables": variables,
    }
    mcpb = {
        "registryType": "mcpb",
        "identifier": f"{_URL}/releases/download/v{__version__}/posthog.mcpb",
        "fileSha256": sha256(bundle or b"").hexdigest(),
        "transport": transport,
    }
    return {
        "$schema": json.loads(SCHEMA.read_text(encoding="utf-8"))["$id"],
        "name": SERVER_NAME,
        "title": "PostHog",
        "description": "PostHog's tools for agents, for PostHog Cloud and for any PostHog that you host yourself.",
        "version": __version__,
        "repository": {"url": _URL, "source": "github"},
        "packages": [pypi, mcpb] if bundle is not None else [pypi],
    }


def text(entry: dict[str, Any]) -> str:
    """The file's text."""
    return json.dumps(entry, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    named = [Path(word).read_bytes() for word in sys.argv[1:]]
    SERVER_JSON.write_text(text(server_entry(*named)), encoding="utf-8")
