"""How long a command takes, beside the least that a program of its kind can take."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.benchmarks.side_by_side import Timed, medians, report
from tests.support.machines import KEY, lay
from tests.support.npm import npm_program

pytestmark = pytest.mark.benchmark
NOWHERE = "http://127.0.0.1:9"  # whoever wants to call home cannot
ADD_MCP = "2.4.0"
HELLO = """
import typer
app = typer.Typer()

@app.command()
def hello(name: str = "world") -> None:
    print("hello", name)

app()
"""
SIX_FILES = """
import os
import typer
app = typer.Typer()

@app.command()
def write(folder: str) -> None:
    for number in range(6):
        descriptor = os.open(f"{folder}/{number}.json", os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        os.write(descriptor, b'{"mcpServers": {"posthog": {"url": "https://mcp.posthog.com/mcp"}}}')
        os.fsync(descriptor)
        os.close(descriptor)

app()
"""
AGENTS = ("claude-code", "codex", "cursor", "opencode", "vscode", "zed")  # six that it can do
CLIENTS = (".claude/", ".config/Claude/", ".config/Code/User/", ".config/zed/", ".cursor/", ".codeium/windsurf/")


def script(folder: Path, name: str, text: str) -> list[str]:
    """A Python program of its own."""
    (folder / name).write_text(text)
    return [sys.executable, str(folder / name)]


def fresh(home: Path) -> None:
    """A home with six clients and nothing in their files."""
    shutil.rmtree(home, ignore_errors=True)
    lay(home, *CLIENTS)


def wizard() -> str:
    """The console program of the environment that runs the tests."""
    return str(Path(sys.executable).with_name("posthog-wizard"))


def test_help_beside_a_hello_world(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    measured = medians(
        {
            "typer hello-world --help": Timed([*script(tmp_path, "hello.py", HELLO), "--help"], environment),
            "posthog-wizard --help": Timed([wizard(), "--help"], environment),
        }
    )
    report(measured)
    assert measured["posthog-wizard --help"] <= 1.3 * measured["typer hello-world --help"]


def test_adding_to_six_clients_beside_writing_six_files(tmp_path: Path) -> None:
    home = tmp_path / "home"
    environment = {
        "HOME": str(home),
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "TMPDIR": str(tmp_path / "tmp"),
        "HTTPS_PROXY": NOWHERE,
    }
    header = ["--header", f"Authorization: Bearer {KEY}"]
    other = [
        str(npm_program("add-mcp", ADD_MCP, "add-mcp")),
        "https://mcp.posthog.com/mcp",
        "-n",
        "posthog",
        "-t",
        "http",
        *header,
    ]
    agents = [word for agent in AGENTS for word in ("-a", agent)]
    (tmp_path / "six").mkdir()
    measured = medians(
        {
            "typer program, six files with fsync": Timed(
                [*script(tmp_path, "six.py", SIX_FILES), str(tmp_path / "six")], environment
            ),
            "posthog-wizard mcp add, six clients": Timed(
                [wizard(), "mcp", "add", "--json", "--no-verify"],
                {**environment, "POSTHOG_PERSONAL_API_KEY": KEY},
                lambda: fresh(home),
            ),
            "add-mcp, six clients": Timed([*other, "-g", "-y", *agents], environment, lambda: fresh(home)),
        }
    )
    report(measured)
    assert measured["posthog-wizard mcp add, six clients"] <= 1.3 * measured["typer program, six files with fsync"]
