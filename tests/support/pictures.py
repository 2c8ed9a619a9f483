"""The README's pictures, made by running the program: `python -m tests.support.pictures` draws them anew.

Runs on a terminal are shown as pyte, a terminal, has them on its screen at the end. What differs between two runs (ids,
times, how this program is installed) has stand-ins. An agent's words are ours; its call, and each number, are the sandbox's.
"""

from __future__ import annotations

import io
import json
import re
import tempfile
from collections.abc import Iterator
from functools import reduce
from itertools import groupby
from pathlib import Path
from typing import Any

import pyte
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.style import Style
from rich.text import Text

from tests.support.homes import FILES, home
from tests.support.posthog_tools import said
from tests.support.sandboxes import lay_data
from tests.support.serving import bench
from tests.support.terminal import DOWN, ENTER, Terminal

FOLDER = Path(__file__).parents[2] / "docs/pictures"
COLUMNS, ROWS = 88, 120
MINE = '{\n  "mcpServers": {\n    "github": {"url": "https://api.githubcopilot.com/mcp/"}\n  }\n}\n'
COMMENTED = '{\n  // what I use at work\n  "servers": {\n    "docs": {"url": "https://docs.example.com/mcp"}\n  }\n}\n'
STAND_INS = (
    (re.compile(r"\b(\d{4})-[a-z0-9]{3}\b"), r"\1-abc"),  # ids of changes
    (re.compile(r"[\d,]+ ms"), "412 ms"),
    (re.compile(r"posthog-wizard [\d.]+ \(.*\), Python 3\.\d+"), "posthog-wizard (pipx), Python 3.14"),
)
# Without the addresses of fonts: a picture in a page may load none, and shows those of the reader.
FORMAT = re.sub(r"\s*@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL).replace(
    "font-family: Fira Code, monospace", "font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace"
)
FUNNEL = ("$pageview", "signed_up", "checkout_started", "subscription_started")
QUESTION = "Where do people drop out between the first visit and a paid plan?"
QUERY = {"kind": "FunnelsQuery", "dateRange": {"date_from": "-90d"}}
BAR = 46  # columns


def add(root: Path) -> Iterator[Text]:
    """`mcp add`: which clients, what changes in their files, what became of it."""
    words = ["mcp", "add", "--oauth"]
    with Terminal(words, home(root, "codex", cursor=MINE, vscode=COMMENTED), columns=COLUMNS) as person:
        person.reads(f"~/{FILES['vscode']}")
        asked = person.raw
        person.types(ENTER).reads("What may agents do").reads("Read only").types(ENTER)
        person.reads("Change 3 files?").reads("n) no").types(DOWN, ENTER)
        person.reads("+++").reads("Change 3 files?").reads("n) no").types(ENTER)
    yield from (_typed(words), *_shown(asked), *_shown(person.raw)[1:])


def doctor(root: Path) -> Iterator[Text]:
    """`mcp doctor --fix`: a word that somebody spelled wrong, found, put right and proven."""
    place = home(root, "claude-code", "codex")
    lay_data(place)
    with Terminal(["mcp", "add", "--sandbox", "--all", "--yes"], place):
        pass
    file = place / FILES["claude-code"]
    file.write_text(file.read_text().replace('"--sandbox"', '"--sandbox",\n        "--read-onyl"'))
    words = ["mcp", "doctor", "claude-code", "codex", "--fix"]
    with Terminal(words, place, columns=COLUMNS) as person:
        person.reads("Repair this?").types("y")
    yield from (_typed(words), *_shown(person.raw))


def agent(_root: Path) -> Iterator[Text]:
    """A question, the call that an agent makes of it, and what the sandbox answers."""
    series = [{"kind": "EventsNode", "event": event} for event in FUNNEL]
    with bench() as made:
        answer = said(made.call("query-run", query={**QUERY, "series": series}).text)
    yield from _conversation({step["name"]: step["count"] for step in answer["results"]})


PICTURES = {"add": add, "doctor": doctor, "agent": agent}
TITLES = {"add": "posthog-wizard mcp add", "doctor": "posthog-wizard mcp doctor", "agent": "an agent, asked"}


def drawn(name: str, root: Path) -> str:
    """That picture as it is today, as SVG."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for line in PICTURES[name](root):
        console.print(line, no_wrap=True, crop=False, highlight=False)
    console.print()  # room for what hangs below the last line
    return console.export_svg(title=TITLES[name], code_format=FORMAT, unique_id=name) + "\n"


def _typed(words: list[str]) -> Text:
    return Text.assemble(("$ ", "bright_black"), (" ".join(["posthog-wizard", *words]), "bold"))


def _shown(raw: str) -> list[Text]:
    """The lines on a terminal that got this, with their colours."""
    screen = pyte.Screen(COLUMNS, ROWS)
    pyte.Stream(screen).feed(raw)
    last = max(row for row, line in enumerate(screen.display) if line.strip())
    return [_line(screen.buffer[row]) for row in range(last + 1)]


def _line(cells: Any) -> Text:
    text = Text.assemble(
        *(
            ("".join(cell.data for cell in same), style)
            for style, same in groupby((cells[column] for column in range(COLUMNS)), key=_style)
        )
    )
    text.rstrip()
    return reduce(_same, STAND_INS, text)


def _style(cell: Any) -> Style:
    colour = None if cell.fg == "default" else f"#{cell.fg}" if re.fullmatch(r"[0-9a-f]{6}", cell.fg) else cell.fg
    return Style(color=colour, bold=cell.bold)


def _same(text: Text, stand_in: tuple[re.Pattern[str], str]) -> Text:
    """The line with a stand-in for what differs between runs."""
    found = stand_in[0].search(text.plain)
    return text if not found else Text.assemble(text[: found.start()], found.expand(stand_in[1]), text[found.end() :])


def _conversation(counts: dict[str, int]) -> Iterator[Text]:
    first, joined, tried, paid = (counts[event] for event in FUNNEL)
    yield Text.assemble(("> ", "bright_black"), (QUESTION, "bold"))
    yield Text()
    call = json.dumps(QUERY).removesuffix("}") + ', "series": […]}'
    yield Text.assemble(("● ", "green"), ("posthog · query-run", "bold"), f"\n    {call}")
    for event, count in counts.items():
        bar = "█" * max(round(BAR * count / first), 1)
        yield Text.assemble(f"    {event:<22}", (f"{count:>6,}  ", "bold"), (bar, "yellow"))
    yield Text()
    yield Text.assemble(
        *(("● ", "green"), "Between signing up and the order page. Of ", (f"{first:,} visitors", "bold")),
        f" in 90 days {joined / first:.0%}\n  signed up, but only {tried / joined:.0%} of those ever opened the order page; ",
        f"{paid / tried:.0%} of them paid.\n  In the end it was ",
        *((f"{paid:,} subscribers, {paid / first:.1%}", "bold"), " of all who came."),
    )


def main() -> None:
    """Draw every picture anew."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in PICTURES:
        with tempfile.TemporaryDirectory() as root:
            (FOLDER / f"{name}.svg").write_text(drawn(name, Path(root)), encoding="utf-8")


if __name__ == "__main__":
    main()
