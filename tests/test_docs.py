"""What is written in the documents is what the program does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from posthog_wizard import __version__
from posthog_wizard.cli.app import program
from tests.support import readme

ROOT = Path(__file__).parents[1]
README = readme.README.read_text(encoding="utf-8")


def test_the_readme_s_tables_are_what_the_program_knows() -> None:
    assert readme.with_tables(README) == README


def test_ci_runs_the_readme_s_test_command() -> None:
    commands = re.findall(r"^python3 -m venv .*$", README, re.MULTILINE)
    assert len(commands) == 2
    assert commands[1] in (ROOT / ".ci/run").read_text(encoding="utf-8")


def test_the_changelog_tells_of_this_version() -> None:
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", sorted(set(re.findall(r"posthog-wizard mcp (\w+)", README))))
def test_every_command_that_the_readme_names_exists(command: str) -> None:
    group = program().get_command(None, "mcp")
    assert group.get_command(None, command) is not None


@pytest.mark.parametrize("flag", sorted(set(re.findall(r"`(--[a-z-]+)", README))))
def test_every_flag_that_the_readme_names_exists(flag: str) -> None:
    known = {option for parameter in parameters(program()) for option in parameter.opts}
    assert flag in known | {"--help", "--version", "--install-completion"}


def parameters(command: Any) -> list[Any]:
    """Those of a command and of all commands below it."""
    below = [command.get_command(None, name) for name in command.list_commands(None)] if is_group(command) else []
    return [*command.params, *(parameter for one in below for parameter in parameters(one))]


def is_group(command: Any) -> bool:
    return hasattr(command, "list_commands")
