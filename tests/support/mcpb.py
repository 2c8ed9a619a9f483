"""The official tool for bundles, and what a host makes of one by the official code."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.support.npm import npm_package

MCPB = ("@anthropic-ai/mcpb", "2.1.2")
_HOST = """
import { getMcpConfigForManifest } from "@anthropic-ai/mcpb";
const [manifest, extensionPath, userConfig] = process.argv.slice(1).map((text) => JSON.parse(text));
console.log(JSON.stringify(await getMcpConfigForManifest({ manifest, extensionPath, userConfig, systemDirs: {}, pathSeparator: "/" })));
"""


def mcpb(*words: str | Path) -> str:
    """Run the tool; what it refuses fails the test."""
    program = npm_package(*MCPB) / "node_modules/.bin/mcpb"
    done = subprocess.run([program, *words], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def start_of(manifest: dict[str, Any], folder: Path, settings: dict[str, str]) -> Any:
    """Command, arguments and environment with which a host starts the bundle, for what a person filled in."""
    texts = [json.dumps(each) for each in (manifest, str(folder), settings)]
    done = subprocess.run(
        ["node", "--input-type=module", "-e", _HOST, *texts],
        cwd=npm_package(*MCPB),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(done.stdout)
