"""Every line that is printed: results on stdout, talk on stderr, and the JSON documents."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import dropwhile
from typing import TextIO
from unicodedata import east_asian_width

from posthog_wizard.cli.run_context import this_run
from posthog_wizard.errors import WizardError
from posthog_wizard.installer import this_installer
from posthog_wizard.model import Json, Limits, Outcome, Plan
from posthog_wizard.printable import printable

_INSTALLATIONS_SCHEMA = "posthog-wizard.installations/1"
SCHEMAS = {
    "installations": _INSTALLATIONS_SCHEMA,  # its commands, which stand behind it, are called list, add, remove too
    "add": "posthog-wizard.change/1",
    "remove": "posthog-wizard.change/1",
    "undo": "posthog-wizard.change/1",
    "list": "posthog-wizard.list/1",
    "print": "posthog-wizard.print/1",
    "tools": "posthog-wizard.tools/1",
    "call": "posthog-wizard.call/1",
    "bundle": "posthog-wizard.bundle/1",
    "doctor": "posthog-wizard.doctor/1",
    "sandbox": "posthog-wizard.sandbox/1",
    "key": "posthog-wizard.key/1",
    "login": "posthog-wizard.login/1",
    "logout": "posthog-wizard.key/1",
    "version": "posthog-wizard.version/1",
}
JOURNAL_SCHEMA, KEYS_SCHEMA = "posthog-wizard.journal/1", "posthog-wizard.keys/1"
NO_KEY: Mapping[str, Json] = {
    "state": "none",
    **dict.fromkeys(("source", "host", "region", "user", "organization", "project")),
    "scopes": [],
    "missing_scopes": [],
}
# What a document holds when the command stopped early.
EMPTY: dict[str, Mapping[str, Json]] = {
    "posthog-wizard.change/1": {"dry_run": False, "change_id": None, "key": NO_KEY, "clients": []},
    "posthog-wizard.list/1": {"clients": [], "installations": []},
    "posthog-wizard.doctor/1": {"status": "fail", "checks": []},
    JOURNAL_SCHEMA: {"changes": []},
    _INSTALLATIONS_SCHEMA: {"installations": []},
    KEYS_SCHEMA: {"profiles": []},
    "posthog-wizard.bundle/1": {"path": None, "sha256": None, "manifest": {}},
    "posthog-wizard.call/1": {"tool": None, "arguments": {}, "result": None},
    "posthog-wizard.login/1": {
        **dict.fromkeys(("profile", "host", "region", "store", "way", "expires")),
        "key": NO_KEY,
    },
    "posthog-wizard.key/1": {
        **dict.fromkeys(("profile", "host", "store", "state", "outcome", "delete_at")),
        "profiles": [],
    },
}
_MARKS = {  # sign and colour of an outcome
    "added": ("+", 32),
    "updated": ("~", 32),
    "unchanged": ("=", 2),
    "removed": ("-", 32),
    "restored": ("<", 32),
    "skipped": (" ", 33),
    "failed": ("!", 31),
}
CHANGES = frozenset({"added", "updated", "removed", "restored"})
_OUR_COLOURS = re.compile(r"(\x1b\[(?:[012]|3[1236])m)")
_WORDS = re.compile(r" *(?:`[^`]*`|[^ `]|`)+")


def schema_of(arguments: Sequence[str]) -> str:
    """The schema of the document that a command line would have printed."""
    command, *rest = [*dropwhile(lambda word: word not in SCHEMAS, arguments), ""]
    if command == "undo" and "--list" in rest:
        return JOURNAL_SCHEMA
    if command == "key" and rest[0] == "show":
        return KEYS_SCHEMA
    return SCHEMAS.get(command, "posthog-wizard.error/1")


def json_document(schema: str, *, error: Json = None, **fields: Json) -> None:
    """The one JSON document of a `--json` run."""
    text = _startable(json.dumps({"schema": schema, "error": error, **fields}, ensure_ascii=False))
    _write_result("".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text))


def error(problem: WizardError) -> Json:
    """An error as the JSON documents carry it."""
    return {"code": problem.code, "message": masked(str(problem)), "hint": problem.hint}


def problem(problem: WizardError) -> None:
    """An error as people read it."""
    say(f"{styled('error:', 31)} {_plain(masked(str(problem)))}")
    if problem.hint:
        say(f"{styled('hint:', 36)} {_plain(problem.hint)}")


def masked(text: str) -> str:
    """A message without keys: it may quote what was typed, and people paste keys in the wrong place."""
    from posthog_wizard.documents.masking import mask_text

    return mask_text(text)


def masked_values(value: Json) -> Json:
    """A part of a document with the keys in its texts masked: an address or a name may hold one."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, Mapping):
        return {name: masked_values(each) for name, each in value.items()}
    return [masked_values(each) for each in value] if isinstance(value, list | tuple) else value


def say(text: str) -> None:
    """Talk: progress, warnings, questions' surroundings. Never data."""
    with suppress(OSError):  # there is nowhere left to say so
        this_run().stderr.write(f"{_fitted(_shown(text), this_run().stderr)}\n")


def warn(text: str) -> None:
    """Something the user should know, though it went on."""
    say(f"{styled('warning:', 33)} {_plain(text)}")


def result(text: str) -> None:
    """What the command was run for. Raises OSError where stdout takes no more."""
    _write_result(_fitted(_shown(text), this_run().stdout))


def show_columns(lines: Sequence[Sequence[str]]) -> None:
    """Lines of cells as results, each column as wide as its widest cell."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        result("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def data(text: str) -> None:
    """What is to be pasted or read by a program: a terminal, too, gets it unwrapped, and with whole paths."""
    _write_result(_shown(text))


def _write_result(text: str) -> None:
    with suppress(BrokenPipeError):  # `posthog-wizard ... | head`: nobody reads on, which is no failure
        this_run().stdout.write(f"{text}\n")


def with_short_home(text: str) -> str:
    """The text with `~` for the home, as shells read it."""
    home = this_run().environment.get("HOME") or this_run().environment.get("USERPROFILE")
    return re.sub(rf"(?<![\w/]){re.escape(home)}(?=[/\\\\])", "~", text) if home else text


def _fitted(text: str, stream: TextIO) -> str:
    """The text as it fits a terminal; elsewhere as it is, since programs read that."""
    if not stream.isatty():
        return text
    columns = this_run().columns
    lines = with_short_home(text).split("\n")
    indents = [line[: len(line) - len(line.lstrip(" "))] for line in lines]
    return "\n".join(
        wrapped(line.lstrip(" "), columns, indent, f"{indent}  ") for line, indent in zip(lines, indents, strict=True)
    )


def wrapped(text: str, columns: int, first: str = "", rest: str = "") -> str:
    """The text in lines of that width behind `first` and `rest`, broken between words.

    A command in backticks stays whole where a line can hold it. What is wider than a line stays whole, too.
    """
    lines, begun = [first], False
    for word in _WORDS.findall(text):
        whole = _width(rest + word.strip()) <= columns
        for part in [word] if whole else re.findall(r" *[^ ]+", word):
            if begun and _width(lines[-1] + part) > columns:
                lines.append(rest + part.lstrip())
            else:
                lines[-1] += part
            begun = True
    return "\n".join(lines)


def _width(text: str) -> int:
    """How many columns a terminal needs for it."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in _OUR_COLOURS.sub("", text))


def _shown(text: str) -> str:
    """The text with nothing in it that a terminal acts upon, but our own colours: names and comments are others'."""
    pieces = _OUR_COLOURS.split(text)
    return "".join(piece if index % 2 else _plain(piece) for index, piece in enumerate(pieces))


def _plain(text: str) -> str:
    """The text without colours of its own, for a part that is not ours."""
    return printable(_startable(text), keep="\n\t")


def _startable(text: str) -> str:
    """The text with its commands as they can be started here: one that `uvx` ran for once is on no PATH."""
    return text.replace("`posthog-wizard ", f"`{this_installer().commands.start} ")


def styled(text: str, code: int, stream: TextIO | None = None) -> str:
    """The text in a colour (an ANSI number) where that stream shows colours: a terminal, unless NO_COLOR says no."""
    run = this_run()
    plain = run.environment.get("NO_COLOR") or not _is_screen(stream or run.stderr, run.environment)
    return text if plain else f"\x1b[{code}m{text}\x1b[0m"


def _is_screen(stream: TextIO, environment: Mapping[str, str]) -> bool:
    return stream.isatty() and environment.get("TERM") != "dumb"


def show_diff(plan: Plan, *, as_result: bool = False) -> None:
    """The change: what a dry run was asked for, else what a question is about."""
    from posthog_wizard.diff import diff

    show, stream = (result, this_run().stdout) if as_result else (say, this_run().stderr)
    for text in diff(plan).split("\n")[:-1]:  # a line of a file may hold what Python takes for the end of one
        line = printable(text, keep="\t")
        colour = {"+": 32, "-": 31, "@": 36}.get(line[:1])
        show(styled(line, colour, stream) if colour else line)


def show_files(plan: Plan) -> None:
    """The files of a change, one a line."""
    width = max(len(step.found.client.title) for step in plan.steps)
    for step in plan.steps:
        if step.due:
            name = f"`{step.told.name}` " if step.told.name else ""
            say(f"  {_MARKS[step.outcome][0]} {step.found.client.title:{width}}  {name}{_plain(str(step.change.path))}")


@contextmanager
def progress(text: str) -> Iterator[Callable[[str], None]]:
    """A spinner on a terminal while something takes its time; gone when it is done. Yields what changes its text."""
    run = this_run()
    if not _is_screen(run.stderr, run.environment):
        yield lambda _: None
        return
    from rich.console import Console
    from rich.markup import escape

    with Console(file=run.stderr).status(escape(text)) as status:
        yield lambda now: status.update(escape(now))


@contextmanager
def bar(text: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal, which is told how much of how much is done; it shows with the first word and is then gone."""
    run = this_run()
    if not _is_screen(run.stderr, run.environment):
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(file=run.stderr), transient=True) as shown:
        task = shown.add_task(text, visible=False, total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total, visible=True)


def standard_input() -> bytes:
    """Everything that is piped in."""
    return this_run().stdin.buffer.read()


def flush() -> None:
    """Let what was printed be read at once: the command goes on."""
    with suppress(OSError):
        this_run().stdout.flush()


def outcomes(rows: Iterable[Outcome], titles: dict[str, str], *, dry_run: bool = False) -> None:
    """One line an outcome, its reason and next step below it; failures last, where they are seen.

    What changes have in common is said once, below them.
    """
    rows = tuple(rows)
    hints = Counter(row.hint for row in rows if row.hint)
    notes = Counter(note for row in rows if row.outcome in CHANGES for note in _notes(row))
    for row in sorted(rows, key=lambda row: row.outcome == "failed"):
        word = f"would be {row.outcome}" if dry_run and row.outcome in CHANGES else row.outcome
        sign, colour = _MARKS[row.outcome]
        result(
            f"{styled(f'{sign} {word}', colour, this_run().stdout)}  {titles[row.client]}{f'  {_plain(str(row.path))}' if row.path else ''}"
        )
        own = row.hint if hints[row.hint or ""] == 1 else None
        reason = "; ".join(note for note in _notes(row) if notes[note] <= 1 or row.outcome not in CHANGES)
        for label, text in (("", reason), ("hint: ", own), ("next: ", row.next_step)):
            if text:
                result(f"      {label}{_plain(text)}")
    for before, counted in (("for", notes), ("hint for", hints)):
        for text, count in counted.items():
            if count > 1:
                result(f"{before} these {count}: {_plain(text)}")


def _notes(row: Outcome) -> list[str]:
    return row.reason.split("; ") if row.reason else []


def _limits(limits: Limits | None) -> Json:
    """The limits that there are, by their flags' names; None where there is no entry."""
    return None if limits is None else {field: value for field, value in limits._asdict().items() if value}


def outcome_rows(rows: Iterable[Outcome]) -> Json:
    """The outcomes as the JSON documents carry them."""
    return [
        {
            "client": row.client,
            "scope": row.scope,
            "path": str(row.path) if row.path else None,
            "name": row.name,
            "limits": {"before": _limits(row.limits.before), "after": _limits(row.limits.after)},
            "outcome": row.outcome,
            "reason": row.reason,
            "hint": row.hint,
            "next_step": row.next_step,
        }
        for row in rows
    ]
