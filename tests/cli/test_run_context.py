"""A command line runs in this process, too: machine and streams are arguments, and nothing else is looked at."""

import io
import json
import re
from pathlib import Path

import pytest

from posthog_wizard import cli, operations
from posthog_wizard.cli.main import run
from posthog_wizard.cli.run_context import RunContext
from tests.support.machines import KEY, machine


class Screen(io.StringIO):
    """A stream with a person behind it."""

    def isatty(self) -> bool:
        return True


def stdin(text: str = "") -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(text.encode()))


def test_a_key_comes_from_the_stdin_that_was_given_and_goes_into_the_home_that_was_given(tmp_path: Path) -> None:
    out, err, cursor = io.StringIO(), io.StringIO(), tmp_path / "home/.cursor"
    cursor.mkdir(parents=True)
    words = ["mcp", "add", "cursor", "--api-key-stdin", "--no-verify", "--json"]
    assert run(words, machine=machine(tmp_path), stdin=stdin(KEY), stdout=out, stderr=err) == 0
    assert [row["outcome"] for row in json.loads(out.getvalue())["clients"]] == ["added"]
    assert KEY in (cursor / "mcp.json").read_text()


@pytest.mark.parametrize(
    ("words", "code", "said", "errors"),
    [
        (["--version"], 0, "posthog-wizard", ""),
        (["mcp", "add", "--help"], 0, "posthog-wizard mcp add --sandbox", ""),
        (["mcp", "ad"], 2, "", "error: there is no command `ad`"),
        (["mcp", "add", "--nothing"], 2, "", "error: "),
        (["mcp", "undo"], 0, "", "there is no change to take back"),
        (["mcp", "undo", "1"], 1, "", "error: "),
        (["mcp", "list"], 0, "not found on this machine", ""),
    ],
)
def test_results_and_talk_go_to_the_streams_that_were_given(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], words: list[str], code: int, said: str, errors: str
) -> None:
    out, err = io.StringIO(), io.StringIO()
    assert run(words, machine=machine(tmp_path), stdin=stdin(), stdout=out, stderr=err) == code
    assert said in out.getvalue()
    assert errors in err.getvalue()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("environment", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_the_environment_is_that_of_the_machine(tmp_path: Path, environment: dict[str, str], coloured: bool) -> None:
    err = Screen()
    run(
        ["mcp", "ad"],
        machine=machine(tmp_path, environment=environment),
        stdin=stdin(),
        stdout=io.StringIO(),
        stderr=err,
    )
    assert ("\x1b[31m" in err.getvalue()) == coloured


@pytest.mark.parametrize(("columns", "width"), [("120", 120), ("0", 80), ("wide", 80), ("", 80)])
def test_lines_are_as_wide_as_the_environment_says(tmp_path: Path, columns: str, width: int) -> None:
    context = RunContext(machine(tmp_path, environment={"COLUMNS": columns}), stdin(), io.StringIO(), io.StringIO())
    assert context.columns == width


FILES = [path for room in (cli, operations) for path in sorted(Path(str(room.__file__)).parent.rglob("*.py"))]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.stem}.{path.stem}")
def test_no_command_looks_past_its_run(path: Path) -> None:
    found = re.findall(r"os\.environ|getenv|sys\.std\w+|this_machine", path.read_text(encoding="utf-8"))
    assert bool(found) == (path.stem == "run_context")
