"""Every command that README and `docs/` print does what it should, as it is printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.documented import ELSEWHERE, HELPED, SWAPS, commands, ours, ran, runnable, swapped
from tests.support.readme import ROOT


@pytest.mark.parametrize("command", runnable())
def test_it_runs(command: str, tmp_path: Path) -> None:
    assert ran(command, tmp_path) == (0, "")


@pytest.mark.parametrize("begin", ELSEWHERE)
def test_what_runs_elsewhere_is_printed_somewhere(begin: str) -> None:
    assert [command for command in commands() if command.startswith(begin)]


@pytest.mark.parametrize(
    "file", sorted(set(re.findall(r"(?:tests|\.ci|\.github)/[\w./]*\w", " ".join(ELSEWHERE.values()))))
)
def test_where_it_runs_instead_is_there(file: str) -> None:
    assert (ROOT / file).is_file()


@pytest.mark.parametrize("command", HELPED)
def test_what_is_helped_is_printed_somewhere(command: str) -> None:
    assert command in runnable()


@pytest.mark.parametrize("printed", [printed for printed, _ in SWAPS])
def test_what_is_swapped_is_printed_somewhere(printed: str) -> None:
    assert [command for command in runnable() if swapped(command, printed)]


@pytest.mark.parametrize("command", ["make install", "curl https://example.com", "pipx run posthog-wizard"])
def test_another_program_s_command_needs_a_row(command: str) -> None:
    with pytest.raises(ValueError, match="no command of ours"):
        ours(command, "http://127.0.0.1:1")
