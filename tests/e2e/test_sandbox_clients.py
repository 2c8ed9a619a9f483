"""The README's first command in a throw-away home, without a network: a real client shows the server connected."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.npm import npm_program
from tests.support.readme import README

pytestmark = pytest.mark.e2e
CLAUDE = ("@anthropic-ai/claude-code", "2.1.330", "claude")
PROGRAMS = Path(sys.executable).parent
# A network of its own, in which there is only loopback (Linux).
ALONE = ("unshare", "--map-root-user", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "alone")


def first_command() -> str:
    """What the README's first command does once it is installed."""
    found = re.search(
        r"^python3 -m venv \.venv && \S+ install -q '\.\[sandbox\]' && (.*)$", README.read_text(), re.MULTILINE
    )
    assert found is not None
    return found[1].replace(".venv/bin/", f"{PROGRAMS}/")


def alone(home: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run it in that home, where nothing but loopback can be reached."""
    (home / "tmp").mkdir(exist_ok=True)
    environment = {
        "HOME": str(home),
        "TMPDIR": str(home / "tmp"),
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        "DISABLE_AUTOUPDATER": "1",
    }
    words = [*ALONE, *map(str, command)]
    return subprocess.run(words, cwd=home, env=environment, capture_output=True, text=True, timeout=180, check=False)


def test_there_is_no_network(tmp_path: Path) -> None:
    looked = alone(tmp_path, sys.executable, "-c", "import socket; socket.create_connection(('1.1.1.1', 53), 3)")
    assert "Network is unreachable" in looked.stderr


def test_claude_code_connects(tmp_path: Path) -> None:
    claude = npm_program(*CLAUDE)
    (tmp_path / ".claude").mkdir()
    done = alone(tmp_path, "sh", "-c", first_command())
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Everything is in order" in done.stdout + done.stderr
    shown = alone(tmp_path, claude, "mcp", "get", "posthog")
    assert "Connected" in shown.stdout, shown.stdout + shown.stderr
    assert "--sandbox" in shown.stdout


def test_without_a_client_it_is_shown_and_nothing_fails(tmp_path: Path) -> None:
    done = alone(tmp_path, "sh", "-c", first_command())
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"--sandbox"' in done.stdout
