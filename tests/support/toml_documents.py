"""TOML files as people and programs leave them behind: a generator, the same for every seed."""

from __future__ import annotations

from random import Random

from posthog_wizard.model import Item, KeyPath
from tests.support.format_laws import Piece, Written

SCALARS = (
    *("1", "-0", "1_000", "0xFF", "0o17", "0b11", "1.5", "6.626e-34", "inf", "-inf", "true", "false"),
    *("1979-05-27", "07:32:00", "1979-05-27T07:32:00Z", "1979-05-27 07:32:00.5-07:00", '""', "''", '"a"', "'a\\b'"),
    *(
        r'"\"# no comment\\"',
        '"é 🦔 \\u00e9"',
        "'[mcp_servers.posthog]'",
        '"}, {"',
        '"a = 1"',
        "'''one'''",
        '"""a"" b"""',
    ),
    *(
        '"""\n[mcp_servers.posthog]\nurl = "no" # no\n"""',
        "'''\n# no comment\n[x]\n'''",
        '"""a\\\n   b"""',
        '""""quoted""""',
    ),
    *(
        "[]",
        "{}",
        "[1, 2]",
        '["a", "b",]',
        "[ # c ]\n  1, # d\n\n  [2], { a = 1 }\n]",
        "{ a = 1, b.c = 'x' }",
        "[{a=[]},{}]",
    ),
)
BARE = ("a", "b", "model", "sandbox_mode", "1234", "x-y", "é")
KEYS = ("a", "b", "model", "x-y", "1234", '"a b"', "'c.d'", "e.f", 'g."h i" . j', '"\\u00e9"', '""')
TABLES = ("profiles.fast", 'projects."/home/me/x y"', "tui", "'odd ]'", "features . deep", "shell.env", "tools")
COMMENTS = ("# note", "#", "# [mcp_servers.posthog]", "# url = 'x'", "#\ttab é", '# """', "# ]")
SERVERS = ("context7", "playwright", '"my server"', "'git.hub'", "linear")
OURS = ("posthog", '"posthog"', "'posthog'", '"post\\u0068og"')
FIELDS = (
    ("url = 'https://old'",),
    ('command = "npx"', "args = [\n  '-y', # yes\n  'mcp-remote@latest',\n]"),
    ("url = '''https://old'''", "enabled = false # off", "tool_timeout_sec = 60.0"),
    (),
)


def generate(seed: int) -> Written:
    """The document of that seed."""
    return _Writer(Random(seed)).document()


class _Writer:
    def __init__(self, random: Random) -> None:
        self.random = random
        self.newline = random.choice(("\n", "\n", "\n", "\r\n", "mixed"))
        self.comments = random.choice((0, 0, 0.3, 0.6))
        self.indent = random.choice(("", "", "", "  ", "\t"))
        self.pieces: list[tuple[str, bool]] = []

    def document(self) -> Written:
        shape = self.random.choice(
            (*("tables",) * 5, "implicit", "inline", "dotted", "in table", "items", "items", "row")
        )
        self.line(*(f"{self.key()} = {self.scalar()}" for _ in range(self.random.choice((0, 1, 3)))))
        getattr(self, f"at_root_{shape.replace(' ', '_')}", lambda: None)()
        blocks = [[self.table_block(name)] for name in self.random.sample(TABLES, self.random.choice((0, 1, 2, 3)))]
        blocks += getattr(self, f"blocks_{shape.replace(' ', '_')}", list)()
        self.random.shuffle(blocks)
        for block in [one for group in blocks for one in group]:
            self.space()
            for text, ours in block:
                self.line(text, ours=ours)
        if self.random.random() < self.comments:
            self.line(self.random.choice(COMMENTS))
        return self.written(("mcp_servers", Item("name", "posthog") if shape in ("items", "row") else "posthog"))

    def written(self, keys: KeyPath) -> Written:
        pieces = [(self.ended(text), ours) for text, ours in self.pieces]
        if pieces and self.random.random() < 0.2:
            pieces[-1] = (pieces[-1][0].rstrip("\r\n"), pieces[-1][1])
        mark = b"\xef\xbb\xbf" if self.random.random() < 0.1 else b""
        found = tuple(Piece(text.encode(), ours=ours) for text, ours in pieces)
        return Written(mark + b"".join(piece.text for piece in found), keys, found)

    def ended(self, text: str) -> str:
        ends = (self.random.choice(("\n", "\r\n")) if self.newline == "mixed" else self.newline for _ in text)
        return "".join(next(ends) if character == "\n" else character for character in text)

    # -------------------------------------------------------------- lines

    def line(self, *texts: str, ours: bool = False) -> None:
        for text in texts:
            if self.random.random() < self.comments and not ours:
                self.pieces.append((self.random.choice(COMMENTS) + "\n", False))
            comment = " " * self.random.choice((0, 1, 3)) + self.random.choice(COMMENTS)
            beside = comment if self.random.random() < self.comments else self.random.choice(("", "", "", " ", "\t"))
            self.pieces.append((self.indent + text + beside + "\n", ours))

    def space(self) -> None:
        self.pieces.append((self.random.choice(("", "\n", "\n", "\n", "\n\n", " \n")), False))

    def key(self) -> str:
        return self.random.choice(KEYS)

    def scalar(self) -> str:
        return self.random.choice(SCALARS)

    def table_block(self, name: str) -> list[tuple[str, bool]]:
        rows = [(f"{self.key()} = {self.scalar()}", False) for _ in range(self.random.choice((0, 1, 2)))]
        double = self.random.random() < 0.3
        return [(f"[[{name}]]" if double else f"[{name}]", False), *rows]

    # -------------------------------------------------------------- servers

    def fields(self) -> tuple[str, ...]:
        return self.random.choice(FIELDS)

    def is_ours(self) -> bool:
        return self.random.random() < 0.4

    def server(self, name: str, *, ours: bool) -> list[list[tuple[str, bool]]]:
        head = self.random.choice((f"[mcp_servers.{name}]", f"[ mcp_servers . {name} ]"))
        blocks = [[(head, ours), *((field, ours) for field in self.fields())]]
        if self.random.random() < 0.4:
            blocks.append([(f"[mcp_servers.{name}.env]", ours), ("A_KEY = 'x'", ours), ('"b c" = """\ny"""', ours)])
        if self.random.random() < 0.2:
            blocks.append([(f"[mcp_servers.{name}.http_headers]", ours)])
        return blocks

    def blocks_tables(self) -> list[list[list[tuple[str, bool]]]]:
        groups = [self.server(name, ours=False) for name in self.random.sample(SERVERS, self.random.choice((0, 1, 2)))]
        if self.random.random() < 0.3:
            groups.append([[("[mcp_servers]", False)]])
        if self.is_ours():
            ours = self.server(self.random.choice(OURS), ours=True)
            groups += [[block] for block in ours] if self.random.random() < 0.5 else [ours]
        return groups

    def blocks_implicit(self) -> list[list[list[tuple[str, bool]]]]:
        ours = self.is_ours()
        name = self.random.choice(OURS) if ours else "other"
        return [[[(f"[mcp_servers.{name}.env]", ours), ("A = '1'", ours)]]]

    def blocks_in_table(self) -> list[list[list[tuple[str, bool]]]]:
        rows = [
            (f"{name} = {{ url = 'x' }}", False) for name in self.random.sample(SERVERS, self.random.choice((0, 1, 2)))
        ]
        if self.is_ours():
            name = self.random.choice(OURS)
            rows += self.random.choice(
                (
                    [(f"{name} = {{ url = 'x' }}", True)],
                    [(f"{name}.url = 'x'", True), (f"{name} . env . A = '1'", True)],
                )
            )
        self.random.shuffle(rows)
        return [[[("[mcp_servers]", False), *rows]]]

    def at_root_dotted(self) -> None:
        rows = [(f"mcp_servers.{name}.url = 'x'", False) for name in self.random.sample(SERVERS, 2)]
        if self.is_ours():
            name = self.random.choice(OURS)
            rows += [(f"mcp_servers.{name}.url = 'x'", True), (f"mcp_servers . {name}.env.A = '1'", True)]
        self.random.shuffle(rows)
        for text, ours in rows:
            self.line(text, ours=ours)

    def brackets(self, opening: str, inside: list[tuple[str, bool]], closing: str) -> None:
        """A value on one line: what is ours is a piece of its own, and the commas are nobody's."""
        self.pieces.append((f"mcp_servers ={self.random.choice(('', ' '))}{opening}", False))
        for at, (text, ours) in enumerate(inside):
            self.pieces += [(", " if at else self.random.choice(("", " ")), True), (text, ours)]
        self.pieces.append((f"{self.random.choice(('', ' '))}{closing}\n", False))

    def at_root_inline(self) -> None:
        rows = [
            (f"{name} = {{ url = '}}' }}", False) for name in self.random.sample(SERVERS, self.random.choice((0, 1, 2)))
        ]
        if self.is_ours():
            name = self.random.choice(OURS)
            rows += self.random.choice(
                ([(f"{name} = {{}}", True)], [(f"{name}.url = 'x'", True), (f"{name}.b = 1", True)])
            )
        self.random.shuffle(rows)
        self.brackets("{", rows, "}")

    def at_root_row(self) -> None:
        rows = [
            (f"{{ name = {name!r}, n = [1] }}", False)
            for name in self.random.sample(("a", "b"), self.random.choice((0, 1, 2)))
        ]
        if self.is_ours():
            rows.append(("{ name = 'posthog', x = 1 }", True))
        self.random.shuffle(rows)
        self.brackets("[", rows, "]")

    def blocks_items(self) -> list[list[list[tuple[str, bool]]]]:
        names = [("'a'", False), ("'b'", False), *([("'posthog'", True)] if self.is_ours() else [])]
        self.random.shuffle(names)
        group: list[list[tuple[str, bool]]] = []
        for name, ours in names[self.random.choice((0, 0, 1)) :]:
            group.append([("[[mcp_servers]]", ours), (f"name = {name}", ours), *((row, ours) for row in self.fields())])
            if self.random.random() < 0.4:
                group.append([("[mcp_servers.auth]", ours), ("type = 'oauth'", ours)])
            if self.random.random() < 0.2:
                group.append([(f"[between{len(group)}]", False), ("x = 1", False), ("[mcp_servers.later]", ours)])
        return [group]
