"""The terminal at 60, 80 and 120 columns, with and without colour, as it was recorded; and what holds for every width."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from posthog_wizard.cli import output
from tests.support.homes import home
from tests.support.program import run
from tests.support.screens import SHAPES, recorded, text

SENTENCE = "hint: run `posthog-wizard mcp remove cursor --name other`, then `posthog-wizard mcp list` once more"
MARKS = re.compile(r"⟨\d+⟩|⟩")


@pytest.mark.parametrize(
    ("columns", "colour"), [SHAPES[0], *(pytest.param(*shape, marks=pytest.mark.unfollowed) for shape in SHAPES[1:])]
)
def test_screens(columns: int, colour: bool, tmp_path: Path) -> None:
    """`python -m tests.support.screens` records them anew."""
    assert text(tmp_path, columns, colour=colour) == recorded(columns, colour=colour).read_text(encoding="utf-8")


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_colour_is_all_that_colour_adds(columns: int) -> None:
    plain, coloured = (recorded(columns, colour=colour).read_text(encoding="utf-8") for colour in (False, True))
    assert MARKS.sub("", coloured) == plain


@pytest.mark.parametrize(
    ("columns", "lines"),
    [
        (200, [SENTENCE]),
        (
            60,
            [
                "hint: run `posthog-wizard mcp remove cursor --name other`,",
                "  then `posthog-wizard mcp list` once more",
            ],
        ),
        (
            24,
            [
                "hint: run",
                "  `posthog-wizard mcp",
                "  remove cursor --name",
                "  other`, then",
                "  `posthog-wizard mcp",
                "  list` once more",
            ],
        ),
    ],
)
def test_lines_end_between_words_and_not_within_a_command_that_fits(columns: int, lines: list[str]) -> None:
    assert output.wrapped(SENTENCE, columns, "", "  ").split("\n") == lines


@pytest.mark.parametrize(
    ("text", "columns", "lines"),
    [
        ("日本語 日本語 日本語", 14, ["日本語 日本語", "日本語"]),
        ("~/a/very/long/path/that/no/line/can/hold x", 20, ["~/a/very/long/path/that/no/line/can/hold", "x"]),
        ("\x1b[31merror:\x1b[0m abc def", 13, ["\x1b[31merror:\x1b[0m abc", "def"]),
        ("a `b", 80, ["a `b"]),
        ("", 80, [""]),
    ],
)
def test_widths_are_those_of_the_screen(text: str, columns: int, lines: list[str]) -> None:
    assert output.wrapped(text, columns).split("\n") == lines


@pytest.mark.parametrize(
    ("shell", "words", "offered"),
    [
        (shell, words, offered)
        for shell in ("bash", "zsh", "fish")
        for words, offered in (
            ("mcp add c", ["claude-code", "claude-desktop", "codex", "cursor"]),
            ("mcp doctor z", ["zed"]),
            ("mcp undo --client cu", ["cursor"]),
            ("mcp tools --features flags,ex", ["flags,experiments"]),
            ("mcp serve --tools query-r", ["query-run"]),
            ("key show --profile w", ["work"]),
            ("mcp undo 0", ["0001"]),
        )
    ],
)
def test_shells_complete_values(shell: str, words: str, offered: list[str], tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    run(["mcp", "add", "cursor", "--oauth"], place)
    profiles = place / ".config/posthog-wizard/config.toml"
    profiles.parent.mkdir(parents=True, exist_ok=True)
    profiles.write_text('[profiles.work]\nhost = "https://us.posthog.com"\n')
    line = f"posthog-wizard {words}"
    asked: dict[str, Any] = {
        "_POSTHOG_WIZARD_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words.split())),
        "_TYPER_COMPLETE_ARGS": line,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    shown = run([], place, process=True, **asked).out
    assert [name for name in offered if name not in shown] == []
    assert "windsurf" not in shown
