"""What a person sees of the wizard on a terminal of some width; `python -m tests.support.screens` records it anew."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.support.homes import home
from tests.support.machines import KEY
from tests.support.terminal import ENTER, ESCAPES, Terminal

FOLDER = Path(__file__).parent.parent / "golden" / "screens"
SHAPES = [(columns, colour) for columns in (60, 80, 120) for colour in (False, True)]
OLD = '{\n  "mcpServers": {\n    "posthog": {"url": "https://mcp.posthog.com/mcp?readonly=true"}\n  }\n}\n'
_COLOUR = re.compile(r"\x1b\[(\d+)m")
_CHANGE = re.compile(r"\b\d{4}-[a-z0-9]{3}\b")


def screens(root: Path, columns: int, *, colour: bool) -> Iterator[tuple[str, str]]:
    """Commands one after the other, each with what it showed: questions line by line, a list, a refusal, a removal."""
    place = home(root, "zed", "codex", cursor=OLD, windsurf="{ broken")
    more = {"ACCESSIBLE": "1", **({} if colour else {"NO_COLOR": "1"})}
    with Terminal(["mcp", "add", "--no-verify"], place, columns=columns, **more) as person:
        person.reads("0: none").reads("> ").types("1,2,4", ENTER)
        person.reads("How should PostHog know you?").reads("> ").types("2", ENTER)
        person.reads("API key:").types(KEY, ENTER)
        person.reads("What may agents do").reads("> ").types(ENTER)
        person.reads("Change 3 files?").reads("> ").types("d", ENTER)
        person.reads("Change 3 files?").reads("> ").types("y", ENTER)
    yield "mcp add", _seen(person.raw)
    for words in ("mcp list", "mcp add --oauth --all --no-input", "mcp remove --yes", "mcp undo --list"):
        with Terminal(words.split(), place, columns=columns, **more) as person:
            pass
        yield words, _seen(person.raw)


def recorded(columns: int, *, colour: bool) -> Path:
    """The file with the screens of that width."""
    return FOLDER / f"{columns}{'-colour' if colour else ''}.txt"


def text(root: Path, columns: int, *, colour: bool) -> str:
    """All screens of that width in one text; colours are numbers in brackets."""
    return "".join(f"$ posthog-wizard {words}\n{seen}\n" for words, seen in screens(root, columns, colour=colour))


def _seen(raw: str) -> str:
    shown = ESCAPES.sub("", _COLOUR.sub(r"⟨\1⟩", raw)).replace("\r\n", "\n").replace("⟨0⟩", "⟩")
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:]+Z", "2026-01-31T12:00:00Z", _CHANGE.sub("0001-abc", shown))


def main() -> None:
    """Record every screen anew."""
    FOLDER.mkdir(exist_ok=True)
    for columns, colour in SHAPES:
        with tempfile.TemporaryDirectory() as root:
            recorded(columns, colour=colour).write_text(text(Path(root), columns, colour=colour), encoding="utf-8")


if __name__ == "__main__":
    main()
