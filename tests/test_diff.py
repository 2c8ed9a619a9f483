"""What a diff shows: the change, in context, and nobody's secret."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from posthog_wizard.diff import diff, diff_of
from posthog_wizard.model import Change, Plan
from tests.support import plans
from tests.support.leaks import leaks
from tests.support.machines import KEY
from tests.support.program import OTHER_KEY

PATH = Path("/home/max/mcp.json")
TOKEN = "a1B2c3D4e5F6g7H8i9J0k1L2m3"
ENDLESS = "\\ No newline at end of file"


def shown(before: str | None, after: str | None) -> list[str]:
    """The diff's lines behind the two file names."""
    sides = (None if text is None else text.encode() for text in (before, after))
    return diff_of(Change(PATH, *sides)).splitlines()[2:]


def numbered(count: int, marked: int = -1) -> str:
    """An object with a member a line, the first on line 2; one of them is marked."""
    members = (f'  "m{line}": {"true" if line == marked else "false"}' for line in range(2, count))
    return "{\n" + ",\n".join(members) + "\n}\n"


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        (None, "{}\n", ["@@ -0,0 +1 @@", "+{}"]),
        ("{}\n", None, ["@@ -1 +0,0 @@", "-{}"]),
        ("{}\n", "", ["@@ -1 +0,0 @@", "-{}"]),
        ("{}", '{"a": 1}\n', ["@@ -1 +1 @@", "-{}", ENDLESS, '+{"a": 1}']),
        ("{}", '{"a": 1}', ["@@ -1 +1 @@", "-{}", ENDLESS, '+{"a": 1}', ENDLESS]),
        ("{\r\n}\r\n", '{\r\n"a": 1\r\n}\r\n', ["@@ -1,2 +1,3 @@", " {␍", '+"a": 1␍', " }␍"]),
        (
            '{\n"ü": "ß"\n}\n',
            '{\n"ü": "ß",\n"a": 1\n}\n',
            ["@@ -1,3 +1,4 @@", " {", '-"ü": "ß"', '+"ü": "ß",', '+"a": 1', " }"],
        ),
        ("\ufeff{}\n", '\ufeff{"a": 1}\n', ["@@ -1 +1 @@", "-\ufeff{}", '+\ufeff{"a": 1}']),
        (numbered(9), numbered(9), []),
    ],
)
def test_lines(before: str | None, after: str | None, lines: list[str]) -> None:
    assert shown(before, after) == lines


@pytest.mark.parametrize(
    ("line", "hunk"), [(2, "@@ -1,5 +1,5 @@"), (20, "@@ -17,7 +17,7 @@"), (49, "@@ -46,5 +46,5 @@")]
)
def test_hunks_are_numbered_from_the_top_of_the_file(line: int, hunk: str) -> None:
    lines = shown(numbered(50), numbered(50, line))
    assert lines[0] == hunk
    assert [text for text in lines if text[0] in "+-"] == [
        f'-  "m{line}": false{"," * (line < 49)}',
        f'+  "m{line}": true{"," * (line < 49)}',
    ]


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [(None, b"{}", ("/dev/null", str(PATH))), (b"{}", None, (str(PATH), "/dev/null")), (b"", b"{}", (str(PATH),) * 2)],
)
def test_the_files_are_named(before: bytes | None, after: bytes | None, names: tuple[str, str]) -> None:
    lines = diff_of(Change(PATH, before, after)).splitlines()
    assert [line.split(" ")[1].strip() for line in lines[:2]] == list(names)


def test_a_plan_shows_its_files_in_order_and_leaves_out_what_stays(tmp_path: Path) -> None:
    first, second, same = tmp_path / "a.json", tmp_path / "b.json", tmp_path / "c.json"
    same.write_bytes(plans.add(same).steps[0].change.after or b"")
    text = diff(plans.together(plans.add(second), plans.add(first), plans.add(same)))
    assert [line for line in text.splitlines() if line.startswith("+++")] == [f"+++ {second}", f"+++ {first}"]
    assert diff(Plan(())) == ""


def test_a_file_in_json5_is_shown_as_it_is_spelled(tmp_path: Path) -> None:
    path, other = tmp_path / "openclaw.json", f"x: {{ headers: {{ Authorization: 'Bearer {TOKEN}', }}, }},"
    path.write_text(f"{{ // mine\n  n: .5,\n  mcp: {{\n    servers: {{\n      {other}\n    }},\n  }},\n}}\n")
    text = diff(plans.add(path, client="openclaw"))
    assert """\n       x: { headers: { Authorization: "Bearer …L2m3", }, },\n+      "posthog": {""" in text
    assert not leaks(text.encode(), (KEY, TOKEN))


OTHERS = f"""{{
  // an entry that is switched off: "apiKey": "{TOKEN}"
  // and its environment: PASSWORD=hunter2-hunter2 TOKEN=${{STAYS}}
  /* {OTHER_KEY} */
  "mcpServers": {{
    "other": {{
      "command": "other",
      "args": [
        "--token",
        "hunter2-hunter2"
      ],
      "env": {{"SECRET": "{TOKEN}"}},
      "headers": {{"Authorization": "Bearer {TOKEN}"}}
    }}
  }}
}}
"""


@pytest.mark.parametrize("anchor", ['"other"', '"args"', '"SECRET"', "an entry", '"headers"', '"hunter2-hunter2"\n'])
def test_nobodys_secret_is_shown_wherever_the_change_is(anchor: str) -> None:
    place = OTHERS.index(anchor)
    line = OTHERS.index("\n", place) + 1
    changed = OTHERS[:line] + f'// "Authorization": "Bearer {KEY}"\n' + OTHERS[line:]
    text = "\n".join(shown(OTHERS, changed))
    assert '+// "Authorization": "Bearer phx_…Jt0B"' in text
    assert not leaks(text.encode(), (KEY, OTHER_KEY, TOKEN, "hunter2-hunter2"))


def test_references_stay_readable() -> None:
    after = json.dumps({"env": {"A": "${MY_TOKEN}"}, "headers": {"Authorization": "Bearer ${env:X}"}}, indent=1)
    assert "MY_TOKEN" in "".join(shown("{}", after))
    assert "Bearer ${env:X}" in "".join(shown("{}", after))


@pytest.mark.parametrize(
    ("old", "new", "marked"),
    [
        (KEY, OTHER_KEY, False),  # another ending tells them apart
        (KEY, "phx_" + KEY[:3:-1][4:] + KEY[-4:], True),
        ("hunter2", "hunter3", True),  # short ones are masked whole
        (KEY, KEY, False),
    ],
)
def test_a_rotated_key_shows(old: str, new: str, marked: bool) -> None:
    def text(key: str, timeout: int) -> str:
        return f'{{\n"env": {{"KEY": "{key}"}},\n"other": {{"env": {{"A": "hunter1"}}}},\n"timeout": {timeout}\n}}\n'

    lines = shown(text(old, 1), text(new, 1 + (old == new)))
    assert [line[0] for line in lines[1:]].count("+") == 1
    assert any(line.startswith("+") and "(new)" in line for line in lines) == marked
    assert not leaks("\n".join(lines).encode(), (old, new) if len(old) > 12 else ())


def big(key: str) -> bytes:
    """A minified file of 20 MB with an entry in its middle, other people's keys before and after it."""
    other = json.dumps({"env": {"KEY": TOKEN}, "note": "x" * 900}, separators=(",", ":"))
    many = ",".join(f'"{index}":{other}' for index in range(10_000))
    return f'{{"a":{{{many}}},"mcpServers":{{"posthog":{{"headers":{{"Authorization":"Bearer {key}"}}}}}},"z":{{{many}}}}}'.encode()


def test_a_minified_file_of_20_mb_shows_the_change_only() -> None:
    before, after = big(KEY), big(OTHER_KEY)
    started = time.monotonic()
    text = diff_of(Change(PATH, before, after))
    assert len(before) > 18_000_000
    assert len(text) < 10_000
    assert "phx_…Jt0B" in text
    assert "phx_…i6Bo" in text
    assert not leaks(text.encode(), (KEY, OTHER_KEY, TOKEN))
    assert time.monotonic() - started < 20  # seconds; a quadratic algorithm takes hours


@pytest.mark.parametrize("shift", range(0, 1100, 37))
def test_a_cut_goes_through_no_secret(shift: int) -> None:
    """Where the excerpt begins and ends, wherever that falls in a line, nothing of a key is seen."""
    around = json.dumps({"env": {"KEY": KEY, "PAD": "ü" * 30}, "b": [OTHER_KEY, 3]}, ensure_ascii=False) + ","
    text = "[" + around * 20 + " " * shift + '"%s",' + "/* " + KEY + " */" + around * 20 + "0]"
    lines = shown(f'{{"a": {text % "old"}}}', f'{{"a": {text % "new"}}}')
    assert [line[:2] for line in lines] == ["@@", "-…", "+…"]
    assert all(line.endswith("…") for line in lines[1:])
    assert not leaks("\n".join(lines).encode(), (KEY, OTHER_KEY))


def test_changes_far_apart_on_one_line_are_clipped() -> None:
    middle = json.dumps(["word"] * 20_000)
    lines = shown(f'{{"a": 1, "m": {middle}, "z": 1}}', f'{{"a": 2, "m": {middle}, "z": 2}}')
    assert max(map(len, lines)) < 5000
    assert lines[3].startswith('+{"a": 2')
    assert lines[3].endswith('"z": 2}')
