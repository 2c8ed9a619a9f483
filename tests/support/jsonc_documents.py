"""Documents as people and programs leave them behind: a generator, the same for every seed."""

from __future__ import annotations

import json
from random import Random
from typing import NamedTuple

from tests.support.jsonc_reader import Reading

ODD = frozenset({"comments", "crlf", "byte-order mark", "duplicates", "trailing commas", "depth over 20"})
"""The features of which a third of the documents must have one."""

SCALARS = (
    *("1", "0", "-0", "1.0", "1.50", "1E+2", "-2.5e-3", "12345678901234567890", "0.1e1", "true", "false", "null"),
    *('""', '"text"', '"é ∑ 🦔"', r'"\u00e9"', r'"\/"', r'"\ud83d"', r'"\ud83e\udd94"', r'"a\\"', r'"\""', r'"\t\n"'),
    *('"//"', '"/*"', '"*/"', '"}"', '"],"', '","', '": {"', '"// posthog"', '"\x7f\u2028"'),
)
KEYS = ('"a"', '"b"', '"command"', '"args"', '"é"', r'"\u0062"', r'"a\/b"', '"// c"', '"}"', '""', r'"\\"', '"a b"')
BLOCKS = ("/* note */", "/**/", "/***/", "/* } */", '/* "posthog": { */', "/* // */", "/* , */", "/*{*/", "/* é */")
LINES = (
    "// note",
    "//",
    '// "posthog": {',
    "// }",
    "// ,",
    "// {",
    "// */",
    "// \\",
    "// [",
    "//// é 🦔",
    "// <<<<<<<",
)
CONTAINERS = (("mcpServers",), ("servers",), ("context_servers",), ("a", "b"), ("one", "two", "three"))
NAME = "posthog"


class Generated(NamedTuple):
    """A document, what is odd about it, and the keys at which our entry is put."""

    data: bytes
    features: frozenset[str]
    keys: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Generated({self.data!r}, {self.keys})"


class Habits(NamedTuple):
    """How one document is written."""

    newline: str
    unit: str
    layouts: tuple[str, ...]  # of its containers
    comments: float  # how often
    trailing_commas: float
    duplicates: float


def generate(seed: int) -> Generated:
    """The document of that seed."""
    return _Writer(Random(seed)).document()


def features_of(reading: Reading) -> frozenset[str]:
    """What is odd about a document."""
    signs = {
        "comments": bool(reading.comments),
        "crlf": b"\r\n" in reading.data,
        "byte-order mark": reading.data.startswith(b"\xef\xbb\xbf"),
        "duplicates": bool(reading.ambiguous),
        "trailing commas": bool(reading.trailing_commas),
        "depth over 20": max(map(len, reading.spans), default=0) > 20,
        "one line": b"\n" not in reading.data.strip(),
        "no final newline": not reading.data.endswith(b"\n"),
        "tabs": b"\n\t" in reading.data,
        "escapes": b"\\" in reading.data,
    }
    return frozenset(name for name, present in signs.items() if present)


class _Writer:
    def __init__(self, random: Random) -> None:
        self.random = random
        tidy = random.choice((("lines",), ("lines",), ("lines", "one line"), ("tight",), ("one line",)))
        self.habits = Habits(
            newline=random.choice(("\n", "\n", "\n", "\r\n", "\r\n", "mixed")),
            unit=random.choice(("  ", "  ", "    ", "\t", "        ", " ")),
            layouts=random.choice((tidy, tidy, tidy, ("lines", "leading"), ("lines", "tight", "one line", "chaos"))),
            comments=random.choice((0, 0, 0, 0.2, 0.5)),
            trailing_commas=random.choice((0, 0, 0.5, 1)),
            duplicates=random.choice((0, 0, 0, 0.3)),
        )

    def document(self) -> Generated:
        container: tuple[str, ...] = self.random.choice(CONTAINERS)
        if self.random.random() < 0.08:
            container = tuple(f"level {number}" for number in range(self.random.randint(20, 24)))
        mark = b"\xef\xbb\xbf" if self.random.random() < 0.15 else b""
        text = (
            self.gap("outside")
            + self.way(container, 0)
            + self.gap("outside")
            + self.random.choice(("", self.newline()))
        )
        data = mark + text.encode()
        return Generated(data, features_of(Reading(data)), (*container, NAME))

    # -------------------------------------------------------------- values

    def way(self, container: tuple[str, ...], level: int) -> str:
        """The object on the way to the container, with the rest of the way in it."""
        others = self.members(level)
        if not container:
            if self.random.random() < 0.25:
                others = []
            if self.random.random() < 0.3:
                others.append((self.key(NAME), self.value(level + 1)))
        elif self.random.random() < 0.9:
            others.append((self.key(container[0]), self.way(container[1:], level + 1)))
        self.random.shuffle(others)
        return self.lay_out("{}", others, level)

    def members(self, level: int) -> list[tuple[str, str]]:
        keys = self.random.sample(KEYS, self.random.choice((0, 1, 1, 2, 3, 5)))
        by_name = {json.loads(key): key for key in keys if json.loads(key) not in {"a", "b"} or level > 1}
        keys = list(by_name.values())
        if keys and self.random.random() < self.habits.duplicates:
            keys.append(keys[0])
        return [(key, self.value(level + 1)) for key in keys]

    def value(self, level: int) -> str:
        chance = self.random.random()
        if chance < 0.006:
            return self.deep(level)
        if level > 4 or chance < 0.5:
            return self.random.choice(SCALARS)
        if chance < 0.75:
            return self.lay_out("{}", self.members(level), level)
        return self.lay_out("[]", [("", self.value(level + 1)) for _ in range(self.random.choice((0, 1, 2, 3)))], level)

    def deep(self, level: int) -> str:
        value = self.random.choice(SCALARS)
        for number in range(self.random.randint(21, 60)):
            value = self.lay_out(*(("[]", [("", value)]), ("{}", [('"deep"', value)]))[number % 2], level)
        return value

    def key(self, name: str) -> str:
        """The key as most would write it, or with an escape."""
        if self.random.random() < 0.9:
            return f'"{name}"'
        place = self.random.randrange(len(name))
        return f'"{name[:place]}\\u{ord(name[place]):04X}{name[place + 1 :]}"'

    # -------------------------------------------------------------- layout

    def newline(self) -> str:
        return self.random.choice(("\n", "\r\n")) if self.habits.newline == "mixed" else self.habits.newline

    def comment(self, *, block: bool) -> str:
        """A comment, or nothing; a line comment brings no line end."""
        if self.random.random() >= self.habits.comments:
            return ""
        return self.random.choice(BLOCKS if block else BLOCKS + LINES)

    def gap(self, where: str) -> str:
        """What stands between two tokens."""
        if where == "chaos":
            return "".join(self.scrap() for _ in range(self.random.choice((0, 0, 1, 1, 2, 3))))
        comment = self.comment(block=False)
        return comment + self.newline() if comment else ""

    def scrap(self) -> str:
        comment = self.comment(block=False)
        if comment.startswith("//"):
            return comment + self.newline()
        return comment or self.random.choice((" ", "", "  ", "\t", self.newline(), self.newline() + self.habits.unit))

    def lay_out(self, brackets: str, members: list[tuple[str, str]], level: int) -> str:
        layout = self.random.choice(self.habits.layouts)
        if not members:
            return brackets[0] + self.inside_empty(layout, level) + brackets[1]
        rows = [(key + self.colon(layout) if key else "") + value for key, value in members]
        late = self.random.random() < self.habits.trailing_commas
        text: str = getattr(self, "lay_" + layout.replace(" ", "_"))(brackets, rows, late, level)
        return text

    def colon(self, layout: str) -> str:
        if layout == "chaos":
            return self.gap(layout) + ":" + self.gap(layout)
        return ":" if layout == "tight" else self.random.choice((": ", ": ", ": ", ": ", " : "))

    def inside_empty(self, layout: str, level: int) -> str:
        if layout == "chaos":
            return self.gap(layout)
        line = self.newline() + self.habits.unit * level
        comment = self.comment(block=layout != "lines")
        if comment:
            return self.random.choice((" ", line + self.habits.unit)) + comment + (line if layout == "lines" else " ")
        return self.random.choice(
            ("", "", "", "", " ", line if layout == "lines" else "", line + line if level > 2 else "")
        )

    def lay_lines(self, brackets: str, rows: list[str], late: bool, level: int) -> str:
        text = brackets[0]
        for number, row in enumerate(rows):
            line = self.newline() + self.habits.unit * (level + 1)
            above = self.comment(block=False)
            comma = "," if late or number + 1 < len(rows) else ""
            text += self.random.choice(("", "", "", self.newline())) + (line + above if above else "") + line + row
            beside = self.comment(block=False)
            if beside.startswith("/*") and self.random.random() < 0.5:
                text += " " + beside + comma
            else:
                text += comma + (" " + beside if beside else "")
        below = self.comment(block=False)
        line = self.newline() + self.habits.unit * level
        return text + (line + self.habits.unit + below if below else "") + line + brackets[1]

    def lay_one_line(self, brackets: str, rows: list[str], late: bool, level: int) -> str:
        padding = self.random.choice(("", " "))
        text = brackets[0] + padding
        for number, row in enumerate(rows):
            comment = self.comment(block=True)
            comma = "," if late or number + 1 < len(rows) else ""
            text += (" " if number else "") + row + (" " + comment if comment else "") + comma
        return text + padding + brackets[1]

    def lay_tight(self, brackets: str, rows: list[str], late: bool, level: int) -> str:
        return brackets[0] + ",".join(rows) + ("," if late else "") + brackets[1]

    def lay_leading(self, brackets: str, rows: list[str], late: bool, level: int) -> str:
        line = self.newline() + self.habits.unit * level
        text = brackets[0] + " " + rows[0]
        for row in rows[1:]:
            comment = self.comment(block=False)
            text += (" " + comment if comment else "") + line + ", " + row
        return text + (line + "," if late else "") + line + brackets[1]

    def lay_chaos(self, brackets: str, rows: list[str], late: bool, level: int) -> str:
        text = brackets[0]
        for number, row in enumerate(rows):
            comma = "," if late or number + 1 < len(rows) else ""
            text += self.gap("chaos") + row + self.gap("chaos") + comma
        return text + self.gap("chaos") + brackets[1]
