"""What no table of command lines reaches: bugs, outputs that take no more, journals that are none."""

from __future__ import annotations

import json
import stat
import subprocess
from pathlib import Path

import pytest

from tests.support.homes import home
from tests.support.machines import KEY
from tests.support.program import STATE, command, run, surroundings

SHOW = """
import sys
from posthog_wizard.cli import failure
code = failure.show_failure({problem}, ["mcp", {command!r}, *{flags!r}])
sys.stdout.flush()
sys.exit(code)
"""


def shown(problem: str, command: str, *flags: str) -> list[str]:
    """The words that show a problem as that command would."""
    return ["-c", SHOW.format(problem=problem, command=command, flags=flags)]


def test_a_bug_is_one_line_and_a_log_for_the_owner_without_keys(tmp_path: Path) -> None:
    place = home(tmp_path)
    result = run(shown(f"KeyError('Bearer {KEY}')", "add"), place)
    log = place / STATE / "bug.log"
    assert (result.code, result.out) == (3, "")
    assert result.err.startswith("error: a bug in posthog-wizard: KeyError\nhint: report it at https://github.com/")
    assert str(log) in result.err
    assert "KeyError" in log.read_text()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_a_bug_as_a_document_where_no_log_can_be_written(tmp_path: Path) -> None:
    place = home(tmp_path)
    (place / ".local").write_text("")
    result = run(shown("KeyError('x')", "list", "--json"), place)
    assert (result.code, result.document["error"]["code"]) == (3, "bug")
    assert (result.document["schema"], result.document["clients"]) == ("posthog-wizard.list/1", [])
    assert "say that it was KeyError" in result.document["error"]["hint"]


@pytest.mark.parametrize(
    ("problem", "flags", "code", "words"),
    [
        ("KeyboardInterrupt()", (), 130, "nothing was changed"),
        ("EOFError()", (), 130, "nothing was changed"),
        ("OSError(28, 'No space left on device')", (), 1, "the output could not be written: No space left"),
        ("OSError(2, 'No such file', '/x')", (), 3, "a bug in posthog-wizard: FileNotFoundError"),
        ("BrokenPipeError(32, 'Broken pipe')", (), 0, ""),
        ("KeyboardInterrupt()", ("--json", "--dry-run"), 130, '"dry_run": true'),
        ("KeyboardInterrupt()", ("--list", "--json"), 130, '"posthog-wizard.journal/1"'),
    ],
)
def test_what_else_can_end_a_run(problem: str, flags: tuple[str, ...], code: int, words: str, tmp_path: Path) -> None:
    result = run(shown(problem, "undo" if "--list" in flags else "add", *flags), home(tmp_path))
    assert result.code == code
    assert words in result.out + result.err
    assert "Traceback" not in result.err


def test_an_unknown_command_has_a_document_too(tmp_path: Path) -> None:
    assert run(["mcp", "nonsense", "--json"], home(tmp_path)).document["schema"] == "posthog-wizard.error/1"


@pytest.mark.parametrize(("target", "code"), [("/dev/full", 1), ("/dev/null", 0)])
def test_an_output_that_takes_no_more(target: str, code: int, tmp_path: Path) -> None:
    place = home(tmp_path)
    with Path(target).open("w", encoding="utf-8") as output:
        done = subprocess.run(
            command(["mcp", "list", "--json"]),
            stdout=output,
            stderr=subprocess.PIPE,
            env=surroundings(place),
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr.startswith("error: the output could not be written") if code else True) == (
        code,
        True,
    )


def test_a_file_in_the_journal_that_is_none_is_named(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    run(["mcp", "add", "--no-verify", "--api-key-stdin"], place, KEY)
    (journal,) = (path for path in (place / STATE).rglob("0001-*") if path.is_file())
    journal.write_text("{\n")
    result = run(["mcp", "undo"], place)
    assert (result.code, str(journal) in result.err) == (1, True)  # or undo would take back an older run
    assert json.loads(run(["mcp", "undo", "--list", "--json"], place).out)["changes"] == []
