"""Servers that people really run, from their registries, as processes on a port that can be started again."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Self

from filelock import FileLock

from posthog_wizard.model import NOTHING
from tests.support.guard import OUTSIDE
from tests.support.npm import CACHE, npm_package, npm_program

ROOT = Path(__file__).parents[2]
STDIO = [sys.executable, "-m", "tests.support.sdk_server", "stdio"]
MCP_PROXY = "mcp-proxy==0.13.0"
SUPERGATEWAY = ("supergateway", "4.0.0")
TYPESCRIPT = ("@modelcontextprotocol/sdk", "1.32.2")
EXAMPLE = "node_modules/@modelcontextprotocol/sdk/dist/esm/examples/server/simpleStreamableHttp.js"
FASTMCP = """
import sys
from fastmcp import Context, FastMCP
server = FastMCP("demo")
@server.tool
async def steps(context: Context) -> str:
    for number in range(3):
        await context.report_progress(number, 3)
    return "done"
server.run(transport="http", host="127.0.0.1", port=int(sys.argv[1]), show_banner=False)
"""


class Kind(NamedTuple):
    """How one is started on a port, and the tool that makes it say something; None where it cannot."""

    command: Callable[[int], list[str]]
    tool: str | None = "steps"
    arguments: Mapping[str, Any] = NOTHING


def python_sdk(*words: str) -> Callable[[int], list[str]]:
    """The Python SDK's server, with words of `sdk_server`."""
    return lambda port: [sys.executable, "-m", "tests.support.sdk_server", *words, str(port)]


def mcp_proxy() -> Path:
    """mcp-proxy in an environment of its own: its dependencies are not ours."""
    folder = CACHE / "pypi" / MCP_PROXY
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not (folder / "bin" / "mcp-proxy").exists():
            making = [sys.executable, "-m", "venv", "--clear", str(folder)]  # not here: pip would look for a home
            subprocess.run(making, check=True, capture_output=True, env=OUTSIDE)
            pip = folder / "bin" / "pip"
            subprocess.run([pip, "install", "--quiet", MCP_PROXY], check=True, capture_output=True, env=OUTSIDE)
    return folder / "bin" / "mcp-proxy"


def _supergateway(port: int) -> list[str]:
    program = str(npm_program(*SUPERGATEWAY, "supergateway"))
    kind = ["--outputTransport", "streamableHttp", "--stateful", "--logLevel", "none"]
    return [program, "--stdio", " ".join(STDIO), *kind, "--port", str(port)]


def _example(port: int) -> list[str]:
    return ["env", f"MCP_PORT={port}", "node", str(npm_package(*TYPESCRIPT) / EXAMPLE)]


KINDS = {
    "Python SDK": Kind(python_sdk()),
    "Python SDK, JSON": Kind(python_sdk("json"), None),
    "Python SDK, stateless": Kind(python_sdk("stateless")),
    "Python SDK, stateless, JSON": Kind(python_sdk("stateless", "json"), None),
    "TypeScript SDK": Kind(_example, "start-notification-stream", {"interval": 20, "count": 3}),
    "FastMCP": Kind(lambda port: [sys.executable, "-c", FASTMCP, str(port)]),
    "mcp-proxy": Kind(lambda port: [str(mcp_proxy()), "--port", str(port), "--", *STDIO], None),
    "supergateway": Kind(_supergateway),
}


class Served:
    """One of them, running while the block lasts."""

    def __init__(self, kind: Kind, home: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self._command, self._home = kind.command(self._port), home
        self.url = f"http://127.0.0.1:{self._port}/mcp"

    def __enter__(self) -> Self:
        kept = {name: os.environ[name] for name in ("PATH",) if name in os.environ}
        self._log = (self._home / "server.log").open("ab")
        self._process = subprocess.Popen(
            self._command, cwd=ROOT, env={**kept, "HOME": str(self._home)}, stdin=subprocess.PIPE, stdout=self._log, stderr=self._log,
            start_new_session=True,
        )  # fmt: skip
        self._wait()
        return self

    def __exit__(self, *_: object) -> None:
        os.killpg(self._process.pid, 9)
        self._process.communicate()
        self._log.close()

    def again(self) -> None:
        """End it without a word, and start it anew."""
        self.__exit__()
        self.__enter__()

    def _wait(self, patience: float = 60) -> None:
        end = time.monotonic() + patience
        while not self._listens():
            assert self._process.poll() is None, (self._home / "server.log").read_text()
            assert time.monotonic() < end, (self._home / "server.log").read_text()
            time.sleep(0.05)

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self._port), 1).close()
        except OSError:
            return False
        return True
