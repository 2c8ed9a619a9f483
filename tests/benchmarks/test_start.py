"""How long a command takes, beside the least that a program of its kind can take."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.side_by_side import Timed, timed
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
FILES = """
import os
import typer
app = typer.Typer()

@app.command()
def write(folder: str, count: int) -> None:
    for number in range(count):
        descriptor = os.open(f"{folder}/{number}.json", os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        os.write(descriptor, b'{"mcpServers": {"posthog": {"url": "https://mcp.posthog.com/mcp"}}}')
        os.fsync(descriptor)
        os.close(descriptor)

app()
"""
AGENTS = ("claude-code", "codex", "cursor", "opencode", "vscode", "zed")  # six that it can do
CLIENTS = (".claude/", ".config/Claude/", ".config/Code/User/", ".config/zed/", ".cursor/", ".codeium/windsurf/")
TEN = (*CLIENTS, ".gemini/", ".qwen/", ".kiro/", ".factory/")  # all in JSON


def script(folder: Path, name: str, text: str) -> list[str]:
    """A Python program of its own."""
    (folder / name).write_text(text)
    return [sys.executable, str(folder / name)]


def fresh(home: Path, clients: tuple[str, ...]) -> None:
    """A home with these clients and nothing in their files."""
    shutil.rmtree(home, ignore_errors=True)
    lay(home, *clients)


def surroundings(folder: Path) -> dict[str, str]:
    """What all of them are started with."""
    base = {"HOME": str(folder / "home"), "PATH": "/usr/local/bin:/usr/bin:/bin", "TMPDIR": str(folder / "tmp")}
    return {**base, "HTTPS_PROXY": NOWHERE, "POSTHOG_PERSONAL_API_KEY": KEY}


def adding(folder: Path, clients: tuple[str, ...]) -> dict[str, Timed]:
    """`mcp add` for these clients, beside the least that writes as many files and waits until they are on the disk."""
    home, count = folder / "home", str(len(clients))
    (folder / "files").mkdir()
    least = [*script(folder, "files.py", FILES), str(folder / "files"), count]
    words = [wizard(), "mcp", "add", "--all", "--json", "--no-verify"]
    return {
        "posthog-wizard mcp add": Timed(words, surroundings(folder), lambda: fresh(home, clients)),
        f"typer program, {count} files with fsync": Timed(least, surroundings(folder)),
    }


def wizard() -> str:
    """The console program of the environment that runs the tests."""
    return str(Path(sys.executable).with_name("posthog-wizard"))


def test_help_beside_a_hello_world(tmp_path: Path) -> None:
    environment = surroundings(tmp_path)
    cpu, _ = timed(
        "--help",
        {
            "posthog-wizard --help": Timed([wizard(), "--help"], environment),
            "typer hello-world --help": Timed([*script(tmp_path, "hello.py", HELLO), "--help"], environment),
        },
    )
    assert cpu["posthog-wizard --help"] <= 1.4 * cpu["typer hello-world --help"]  # 1.3, and 0.1 for noise


def test_looking_beside_help(tmp_path: Path) -> None:
    environment = surroundings(tmp_path)
    fresh(tmp_path / "home", TEN)
    subprocess.run([wizard(), "mcp", "add", "--all", "--no-verify"], env=environment, check=True, capture_output=True)
    commands = ("mcp list", "mcp print cursor", "mcp undo --list", "--help")
    cpu, _ = timed("looking", {name: Timed([wizard(), *name.split()], environment) for name in commands})
    assert max(cpu[name] for name in commands[:3]) <= 1.15 * cpu["--help"]  # they take half of it


def test_adding_to_six_clients_beside_writing_six_files(tmp_path: Path) -> None:
    agents = [word for agent in AGENTS for word in ("-a", agent)]
    header = ["--header", f"Authorization: Bearer {KEY}"]
    program = str(npm_program("add-mcp", ADD_MCP, "add-mcp"))
    other = [program, "https://mcp.posthog.com/mcp", "-n", "posthog", "-t", "http", *header, "-g", "-y", *agents]
    theirs = Timed(other, surroundings(tmp_path), lambda: fresh(tmp_path / "home", CLIENTS))
    cpu, _ = timed("adding to six clients", {**adding(tmp_path, CLIENTS), f"add-mcp {ADD_MCP}": theirs})
    ours, least, _ = cpu.values()
    assert ours <= 1.3 * least  # 1.2, and 0.1 for noise


def test_adding_to_ten_clients_beside_writing_ten_files(tmp_path: Path) -> None:
    cpu, _ = timed("adding to ten clients", adding(tmp_path, TEN))
    ours, least = cpu.values()
    assert ours <= 1.4 * least  # 1.3, and 0.1 for noise
