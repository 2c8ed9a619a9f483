"""YAML files as people and programs leave them behind: a generator, the same for every seed."""

from __future__ import annotations

from random import Random

from posthog_wizard.model import Item
from tests.support.format_laws import Piece, Written

SCALARS = (
    *(
        "1",
        "-2.5",
        "0o14",
        "1_000",
        "true",
        "yes",
        "No",
        "null",
        "~",
        "2020-01-01",
        "12:30:45",
        ".inf",
        "plain text",
        "a:b",
    ),
    *("a#b", "http://x/y#z", "-", "- x"[:1] + "x", "'it''s # no comment'", '"a: {b}"', '"\\u00e9 é 🦔"', "''", '"# x"'),
    *(
        "'- posthog:'",
        "[]",
        "{}",
        "[a, 'b', {c: d}]",
        "{a: 1, b: [x, y], c: }",
        "!!str 12",
        '"tab\\t"',
        "<none>",
        "%x"[1:],
    ),
)
CERTAIN = ("1", "true", "null", "plain text", "'it''s # no'", '"a: {b}"', "[a, {c: d}]", "a:b", "http://x/y#z")
"""What YAML 1.1 and 1.2 read alike."""
BLOCKS = (
    ("|", "extensions:", "  posthog: no", "# no comment"),
    ("|-", "a", "", "  b"),
    ("|+", "keep", ""),
    (">", "folded", "text # no comment"),
    (">-", "folded"),
    ("|2-", "  indented", "b"),
    ('"two', 'lines # in quotes"'),
    ("'single", "", "lines'"),
    ("plain", "on two lines"),
    ("[a,", "# c ]", "b, {x: z},", "]"),
    ("{ # c", "'a': 1,", '"b":2', "}"),
)
KEYS = ("GOOSE_MODEL", "model", "a b", "'quoted'", '"double"', "x-y", "1", "é", "on", "null", "? "[:0] + "z.z")
COMMENTS = ("# note", "#", "# posthog:", "#   enabled: true", "#\ttab é", "# extensions: {}", "# 'open")
SERVERS = ("developer", "memory", "'git.hub'", '"my server"', "linear")
OURS = ("posthog", '"posthog"', "'posthog'", '"post\\u0068og"')

Line = tuple[str, bool]  # its text, and whether it is ours


def generate(seed: int) -> Written:
    """The document of that seed."""
    return _Writer(Random(seed)).document()


class _Writer:
    def __init__(self, random: Random) -> None:
        self.random = random
        self.newline = random.choice(("\n", "\n", "\n", "\r\n", "mixed"))
        self.unit = random.choice((2, 2, 2, 4, 3))
        self.comments = random.choice((0, 0, 0.3, 0.6))
        self.in_list = random.random() < 0.4
        self.flush = random.random() < 0.5  # items are not indented
        self.anchors: list[str] = []
        self.certain: list[str] = []  # those of which YAML 1.1 and 1.2 read the same
        self.exact = True
        self.has_ours = random.random() < 0.4

    def document(self) -> Written:
        keys = self.random.sample(KEYS, self.random.choice((0, 1, 2, 4)))
        middle = self.random.randint(0, len(keys))
        before = self.members(0, keys[:middle])
        lines = [*self.head(), *before, *self.container(), *self.members(0, keys[middle:])]
        if self.random.random() < self.comments:
            lines.append((self.random.choice(COMMENTS) + "\n", False))
        pieces = [(self.ended(text), ours) for text, ours in lines]
        if pieces and self.random.random() < 0.2:
            pieces[-1] = (pieces[-1][0].rstrip("\r\n"), pieces[-1][1])
        mark = b"\xef\xbb\xbf" if self.random.random() < 0.1 else b""
        found = tuple(Piece(text.encode(), ours=ours) for text, ours in pieces)
        way = ("mcpServers", Item("name", "posthog")) if self.in_list else ("extensions", "posthog")
        return Written(mark + b"".join(piece.text for piece in found), way, found, self.exact)

    def ended(self, text: str) -> str:
        ends = (self.random.choice(("\n", "\r\n")) if self.newline == "mixed" else self.newline for _ in text)
        return "".join(next(ends) if character == "\n" else character for character in text)

    def head(self) -> list[Line]:
        start = self.random.choice(("", "", "", "---\n", "%YAML 1.1\n---\n", "# first\n\n", "--- # c\n"))
        if self.random.random() < 0.3:
            self.certain, self.anchors = ["sure"], ["sure"]
            return [(start, False), ("defaults: &sure {a: 1}\n", False)]
        return [(start, False)]

    # -------------------------------------------------------------- what is anybody's

    def beside(self) -> str:
        if self.random.random() < self.comments:
            return " " * self.random.choice((1, 2)) + self.random.choice(COMMENTS)
        return self.random.choice(("", "", "", " "))

    def above(self, indent: int) -> list[Line]:
        blank = self.random.choice(("", "", "", "\n", "  \n"))
        if self.random.random() < self.comments:
            return [(blank, False), (" " * indent + self.random.choice(COMMENTS) + "\n", False)]
        return [(blank, False)]

    def members(self, indent: int, keys: list[str]) -> list[Line]:
        return [line for key in keys for line in (*self.above(indent), *self.member(key, indent))]

    def member(self, key: str, indent: int, *, ours: bool = False) -> list[Line]:
        """A key with any value."""
        kinds = [self.value, self.value, self.block, self.items, self.value]
        kinds += [self.alias] if (self.certain if ours else self.anchors) else []
        kinds += [self.mapping] if indent < 9 and not ours else []
        return self.random.choice(kinds)(" " * indent + key + ":", indent, ours)

    def value(self, head: str, _indent: int, ours: bool) -> list[Line]:
        value = self.random.choice(("", f" {self.scalar(ours=ours)}", f" {self.scalar(ours=ours)}"))
        return [(f"{head}{value}{self.beside()}\n", ours)]

    def mapping(self, head: str, indent: int, ours: bool) -> list[Line]:
        deeper = indent + self.unit
        if self.anchors and self.random.random() < 0.3:
            return [(f"{head}\n", ours), (f"{' ' * deeper}<<: *{self.random.choice(self.anchors)}\n", ours)]
        anchor = self.random.choice(("", "", f" &x{len(self.anchors)}"))
        inside = self.members(deeper, self.random.sample(KEYS, self.random.choice((1, 2))))
        self.anchors += [anchor[2:]] if anchor else []
        return [(f"{head}{anchor}{self.beside()}\n", ours), *inside]

    def block(self, head: str, indent: int, ours: bool) -> list[Line]:
        first, *rest = self.random.choice(BLOCKS)
        column = " " * (indent + self.unit)
        return [(f"{head} {first}\n", ours), *((column * bool(row) + row + "\n", ours) for row in rest)]

    def items(self, head: str, indent: int, ours: bool) -> list[Line]:
        column = " " * self.random.choice((indent, indent + self.unit))
        items = [f"{column}- {self.scalar(ours=ours)}\n" for _ in range(self.random.choice((1, 2)))]
        return [(f"{head}{self.beside()}\n", ours), *((item, ours) for item in items)]

    def alias(self, head: str, _indent: int, ours: bool) -> list[Line]:
        anchors = self.certain if ours else self.anchors
        return [(f"{head} *{self.random.choice(anchors)}{self.beside()}\n", ours)]

    def scalar(self, *, ours: bool = False) -> str:
        return self.random.choice(CERTAIN if ours else SCALARS)

    # -------------------------------------------------------------- servers

    def container(self) -> list[Line]:
        name = self.random.choice(("", '"', "'"))
        head = f"{name}{'mcpServers' if self.in_list else 'extensions'}{name}:"
        shape = self.random.choice((*("block",) * 6, "flow", "flow", "empty", "nothing", "null", "absent"))
        if shape == "absent" or (shape == "null" and not self.has_ours):
            self.exact = False
            return (
                []
                if shape == "absent"
                else [(head, False), (" " + self.random.choice(("null", "~")), True), ("\n", False)]
            )
        if shape == "nothing":
            return [(head, False), (self.beside() + "\n", False)]
        if shape in ("flow", "empty"):
            return self.flow(head, [] if shape == "empty" else self.names())
        names = self.names() or [(self.random.choice(SERVERS), False)]
        anchor = self.random.choice(("", "", "", " &servers"))
        below = 0 if self.in_list and self.flush else self.unit
        inside = [line for key, ours in names for line in (*self.above(below), *self.server(key, ours, below))]
        return [(head + anchor, False), (self.beside() + "\n", False), *inside]

    def names(self) -> list[Line]:
        names = [(name, False) for name in self.random.sample(SERVERS, self.random.choice((0, 1, 2)))]
        names += [(self.random.choice(OURS), True)] if self.has_ours else []
        self.random.shuffle(names)
        return names

    def flow(self, head: str, names: list[Line]) -> list[Line]:
        opening, closing = "[]" if self.in_list else "{}"
        between = self.random.choice((", ", ",", f",\n{' ' * self.unit}"))
        rows: list[Line] = [(f"{head} {opening}", False)]
        for at, (name, ours) in enumerate(names):
            text = f"{{name: {name}, n: [1]}}" if self.in_list else f"{name}: {{url: 'x}}', n: [1]}}"
            rows += [(between if at else self.random.choice(("", " ")), True), (text, ours)]
        late = self.random.choice(("", "", " ", ",")) if names else ""
        return [*rows, (late, True), (closing, False), (self.beside() + "\n", False)]

    def server(self, name: str, ours: bool, indent: int) -> list[Line]:
        dash = "-" + " " * self.random.choice((1, 1, 3))
        if self.random.random() < 0.15:
            text = f"{{name: {name}, b: c}}" if self.in_list else f"{name}: {{url: x, b: [c]}}"
            return [(" " * indent + (dash if self.in_list else "") + text + self.beside() + "\n", ours)]
        deeper = indent + (len(dash) if self.in_list else self.unit)
        rows = [
            line
            for key in self.random.sample(("type", "cmd", "envs", "'on'"), 2)
            for line in self.member(key, deeper, ours=ours)
        ]
        if self.random.random() < 0.3:
            rows.append((" " * deeper + self.random.choice(COMMENTS) + "\n", ours))
        if self.in_list:
            return [(f"{' ' * indent}{dash}name: {name}{self.beside()}\n", ours), *rows]
        return [(f"{' ' * indent}{name}:", ours), (self.beside() + "\n", ours), *rows]
