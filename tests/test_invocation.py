"""Our own command line as data: built, read, offered by typer, and taken by the fast path of our programs."""

from __future__ import annotations

import ast
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from posthog_wizard.cli import main
from posthog_wizard.invocation import (
    COMMAND_FLAGS,
    HOSTED_MCP_URL,
    Invocation,
    Program,
    flags_of,
    invocation_of,
    parse_flags,
    values_among,
)
from posthog_wizard.model import Limits
from tests.support.command_lines import as_library, as_parsed, library, pieces
from tests.support.program import run

PACKAGE = Path(__file__).parent.parent / "posthog_wizard"
HELP = Path(__file__).parent / "golden" / "help"
PROGRAMS: tuple[Program, ...] = ("bridge", "serve")
URL = "https://mcp.posthog.com/mcp"

# ------------------------------------------------------------------ read as the library reads


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", {}),
        ("--url http://127.0.0.1:1/mcp", {"url": "http://127.0.0.1:1/mcp"}),
        ("--url a --url b", {"url": "b"}),
        ("--url=a=b", {"url": "a=b"}),
        ("--url=", {"url": ""}),
        ("--url --read-only", {"url": "--read-only"}),
        ("--profile -x", {"profile": "-x"}),
        ("--profile -- --read-only", {"profile": "--", "read_only": True}),
        ("--read-only --read-only", {"read_only": True}),
        ("--mode loud --mode tools", {"mode": "tools"}),
        ("--read-only --", {"read_only": True}),
        (
            "--url u --organization 0190 --project 42 --features flags,sql --tools query-run --read-only --mode tools",
            {
                "url": "u",
                "organization": "0190",
                "project": "42",
                "features": "flags,sql",
                "tools": "query-run",
                "read_only": True,
                "mode": "tools",
            },
        ),
        (
            "--allow-http --ca-file /etc/ssl/x.pem --log-file=/tmp/x.log --log-level debug",
            {
                "allow_http": True,
                "ca_file": Path("/etc/ssl/x.pem"),
                "log_file": Path("/tmp/x.log"),
                "log_level": "debug",
            },
        ),
    ],
)
def test_the_fast_path_takes_what_entries_write(words: str, said: dict[str, Any]) -> None:
    fast = main.plain_start("bridge", words.split())
    assert fast is not None
    assert fast.args == (Invocation("bridge", **said).complete,)
    assert fast.args == (as_library("bridge", tuple(words.split())),)


@pytest.mark.parametrize(
    ("words", "unread"),
    [
        ("--help", "--help"),
        ("-h", "-h"),
        ("--url", "--url"),
        ("--mode nonsense", "--mode nonsense"),
        ("--mode tools --mode=", "--mode "),
        ("--log-level loud --read-only", "--log-level loud"),
        ("--read-only=true", "--read-only=true"),
        ("--rea", "--rea"),
        ("x", "x"),
        ("--url x -v", "-v"),
        ("--host x", "--host x"),
        ("-- --url x", "-- --url x"),
    ],
)
def test_what_the_program_refuses_is_left_to_the_library(words: str, unread: str) -> None:
    assert parse_flags("bridge", words.split()).unread == tuple(unread.split(" "))
    assert main.plain_start("bridge", words.split()) is None
    assert as_library("bridge", tuple(words.split())) is None


@pytest.mark.parametrize("words", ["--url phx_0123456789012345678901", "--profile=pha_0123456789012345678901", "phs_x"])
def test_a_key_starts_nothing(words: str) -> None:
    assert main.run(["mcp", "bridge", *words.split()]) == 2


@pytest.mark.unfollowed  # the tables above show the lines
@pytest.mark.parametrize("program", PROGRAMS)
def test_all_pairs_of_words_are_read_as_the_library_reads_them(program: Program) -> None:
    few = pieces(program, of_each_kind=1)
    lines = [(), *((piece,) for piece in pieces(program)), *product(few, repeat=2)]
    ours = {line: as_parsed(program, parse_flags(program, line)) for line in lines}
    assert [line for line in lines if as_library(program, line) != ours[line]] == []


@given(some.sampled_from(PROGRAMS), some.data())
def test_all_words_are_read_as_the_library_reads_them(program: Program, data: some.DataObject) -> None:
    line = tuple(data.draw(some.lists(some.sampled_from(pieces(program)) | some.text(max_size=4), max_size=9)))
    assert as_parsed(program, parse_flags(program, line)) == as_library(program, line)


@pytest.mark.parametrize("program", PROGRAMS)
def test_no_flag_is_read_from_the_environment(program: Program) -> None:
    assert [each.envvar for each in library(program).params] == [None] * len(library(program).params)
    assert library(program).make_context(program, []).auto_envvar_prefix is None


def test_a_shell_that_wants_a_word_completed_gets_it(tmp_path: Path) -> None:
    line = "posthog-wizard mcp bridge --allow"
    asked = run(
        ["mcp", "bridge"],
        tmp_path,
        process=True,
        _POSTHOG_WIZARD_COMPLETE="complete_bash",
        COMP_WORDS=line,
        COMP_CWORD="3",
    )
    assert asked.out.split() == ["--allow-http"]


# ------------------------------------------------------------------ help


@pytest.mark.parametrize("width", ["80", "120"])
@pytest.mark.parametrize("program", PROGRAMS)
def test_the_help_stays_as_it_is(program: Program, width: str, tmp_path: Path) -> None:
    shown = run(["mcp", program, "--help"], tmp_path, COLUMNS=width, NO_COLOR="1").out
    assert shown == (HELP / f"mcp-{program}-{width}.txt").read_text(encoding="utf-8")


# ------------------------------------------------------------------ written, and read back


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (Invocation("bridge", url=URL), f"mcp bridge --url {URL}"),
        (
            Invocation(
                "serve",
                host="https://x",
                organization="o",
                project="1",
                features="a,b",
                tools="c",
                read_only=True,
                allow_http=True,
                ca_file=Path("/c"),
                profile="work",
                launcher=("/bin/posthog-wizard",),
            ),
            "/bin/posthog-wizard mcp serve --host https://x --organization o --project 1 --features a,b --tools c --read-only --allow-http --ca-file /c --profile work",
        ),
        (
            Invocation("bridge", url="u", mode="tools", read_only=True, unread=("x",)),
            "mcp bridge --url u --mode tools --read-only x",
        ),
        (Invocation("serve", sandbox=True, region="eu"), "mcp serve --sandbox --region eu"),
    ],
)  # fmt: skip
def test_the_words_of_an_entry(said: Invocation, words: str) -> None:
    assert " ".join(said.words) == words


@given(some.sampled_from(PROGRAMS), some.data())
def test_what_is_read_is_written_and_read_again(program: Program, data: some.DataObject) -> None:
    line = data.draw(some.lists(some.sampled_from(pieces(program)), max_size=9))
    said = parse_flags(program, line)
    assert parse_flags(program, said.flags) == said


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_flag_has_its_field(program: Program) -> None:
    fields = set(Invocation._fields) - {"program", "unread", "launcher"}
    assert {flag.name for flag in COMMAND_FLAGS} == fields
    assert {flag.name for flag in flags_of(program)} <= fields


@pytest.mark.parametrize(
    ("words", "program", "launcher"),
    [
        ("/x/posthog-wizard mcp bridge --url u", "bridge", "/x/posthog-wizard"),
        (r"C:\x\Posthog-Wizard.EXE mcp serve", "serve", r"C:\x\Posthog-Wizard.EXE"),
        ("python -I -m posthog_wizard mcp serve", "serve", "python -I -m posthog_wizard"),
        ("uvx posthog-wizard mcp serve", "serve", "uvx posthog-wizard"),
        ("uvx --with mcp posthog-wizard mcp bridge", "bridge", "uvx --with mcp posthog-wizard"),
        ("posthog-wizard mcp bridge --profile serve", "bridge", "posthog-wizard"),
        ("posthog-wizard mcp serve --profile mcp bridge", "serve", "posthog-wizard"),
    ],
)
def test_words_that_start_us(words: str, program: Program, launcher: str) -> None:
    said = invocation_of(words.split())
    assert said is not None
    assert (said.program, " ".join(said.launcher)) == (program, launcher)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "mcp",
        "mcp serve",
        "posthog-wizard",
        "posthog-wizard mcp",
        "posthog-wizard mcp doctor",
        "posthog-wizard mcp --help serve",
        "npx mcp serve posthog-wizard",
        "my-posthog-wizard mcp serve",
        "posthog-wizard/x mcp serve",
    ],
)
def test_words_that_start_something_else(words: str) -> None:
    assert invocation_of(words.split()) is None


@pytest.mark.parametrize(
    ("words", "values"),
    [
        ("--url a --url=b", ["a", "b"]),
        ("--profile --url c", ["c"]),
        ("--nonsense --url=d -- --url e", ["e", "d"]),
        ("--url", []),
        ("--urls f", []),
    ],
)
def test_every_value_that_a_reading_could_find(words: str, values: list[str]) -> None:
    assert list(values_among(words.split(), "url")) == values


def test_the_limits() -> None:
    said = Invocation("bridge", organization="o", features=" a,b,,a ", tools="c", read_only=True, mode="cli")
    assert said.limits == Limits("o", None, ("a", "b"), ("c",), read_only=True, mode="cli")
    assert Invocation("serve").limits == Limits()


def test_what_is_taken_where_nothing_is_said() -> None:
    assert Invocation("bridge").complete == Invocation("bridge", url=HOSTED_MCP_URL, log_level="warning")
    assert Invocation("serve").complete == Invocation("serve", max_tokens=20_000, log_level="warning")
    assert Invocation("bridge", url="").complete.url == ""


# ------------------------------------------------------------------ the only place


OTHERS = {  # a command's own flag that looks like one of these
    ("operations/installations/add.py", "--url"): "the server that is installed in a project",
    ("net/addresses.py", "--url"): "what the hint about an address names where the caller says nothing else",
}


def spelled_elsewhere() -> set[tuple[str, str]]:
    """The files in which a text is a flag of ours, or one with its value."""
    flags = tuple(flag.spelled for flag in COMMAND_FLAGS)
    starts = (*(f"{flag}=" for flag in flags), *(f"{flag} " for flag in flags))
    files = [path for path in sorted(PACKAGE.rglob("*.py")) if path.name != "invocation.py"]
    texts = [
        (str(path.relative_to(PACKAGE)), node.value)
        for path in files
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return {(file, text) for file, text in texts if text in flags or text.startswith(starts)}


def test_no_flag_of_ours_is_spelled_anywhere_else() -> None:
    assert spelled_elsewhere() == set(OTHERS)
