"""Streams that are closed, full, or that nobody reads to the end."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.homes import home
from tests.support.program import command, surroundings

ADD = ("mcp", "add", "cursor", "--oauth")


def shell(script: str, arguments: tuple[str, ...], place: Path) -> tuple[int, str]:
    """The exit code and what reached stderr when a shell runs the program, `"$@"`, in this script."""
    done = subprocess.run(
        ["/bin/sh", "-c", script, "sh", *command(arguments)],
        cwd=place,
        env=surroundings(place, {"PYTHONUNBUFFERED": "1", "PATH": "/usr/bin:/bin"}),
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stderr.decode()


@pytest.mark.parametrize(
    ("redirections", "arguments", "code"),
    [
        ("<&-", ADD, 0),
        (">&-", ADD, 0),
        (">&-", (*ADD, "--json"), 0),
        (">&-", ("mcp", "list", "--json"), 0),
        (">&-", ("--help",), 0),
        (">&-", ("nonsense",), 2),
        ("2>&-", ADD, 0),
        ("2>&-", ("nonsense",), 2),
        ("<&- >&- 2>&-", ADD, 0),
        ("<&- >&- 2>&-", ("mcp", "add", "--api-key-stdin"), 1),
        (">/dev/full", ("mcp", "list"), 1),
        (">/dev/full", ("mcp", "list", "--json"), 1),
        ("2>/dev/full", ("nonsense",), 2),
    ],
)
def test_streams_that_take_nothing(redirections: str, arguments: tuple[str, ...], code: int, tmp_path: Path) -> None:
    got, said = shell(f'"$@" {redirections}', arguments, home(tmp_path, "cursor"))
    assert (got, "bug" in said, "Traceback" in said) == (code, False, False)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (ADD, 0),
        (("mcp", "list"), 0),
        (("mcp", "list", "--json"), 0),
        (("--help",), 0),
        (("mcp", "add", "--help"), 0),
        (("--version",), 0),
        (("mcp", "list", "--json", "--nonsense"), 2),
    ],
)
def test_a_reader_who_has_gone_changes_nothing(arguments: tuple[str, ...], code: int, tmp_path: Path) -> None:
    _, said = shell('{ sleep 0.2; "$@"; echo $? >code; } | :', arguments, home(tmp_path, "cursor"))
    assert ((tmp_path / "home/code").read_text(), "Traceback" in said) == (f"{code}\n", False)
