"""Whoever wrote a file: no key survives masking, and masking ends in time."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from posthog_wizard.diff import diff_of
from posthog_wizard.documents.formats import FORMATS
from posthog_wizard.documents.masking import is_secret_flag, mask_comments, mask_string, mask_text, mask_whole
from posthog_wizard.model import Change

SEED = random.randrange(10**9)
COMMENT = FORMATS["json"].comment
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ALNUM = LETTERS + "0123456789"
NOISE = [
    "\n",
    " ",
    "\\",
    '"',
    "//",
    "/*",
    "*/",
    "\\n",
    "%20",
    "\\u0022",
    "<",
    "${",
    "{",
    "}",
    "?",
    "&",
    "=",
    "é",
    "x ",
    "Bearer",
]
# Where the text of a marked key may stand in any text; `{}` is the key.
MARKED_PLACES = [
    "{}", "Bearer {}", "'{}'", '\\"{}\\"', "line\\n{}", "tab\\t{}", "a%20{}", "%22{}%22", "\\u0022{}", "key={}",
    "Authorization: Bearer {}", "https://{}@example.com/", "https://a:{}@example.com/", "https://e.com/?api_key={}&x=1",
    '{{"a": "{}"}}', "({})", "<{}>", "${{{}}}", "${{KEY:-{}}}", "{},{}", "{}…",
]  # fmt: skip
# Where any secret may stand in a comment.
COMMENT_PLACES = [
    '"apiKey": "{}"', "PASSWORD={}", '"Authorization": "Bearer {}"', '"args": ["--api-key", "{}"]', "--token {}",
    "--token={}", "my-secret : '{}'", '"env": {{"ANY": "{}"}}', "https://me:{}@example.com/x", "?token={}",
    "Bearer {}",
]  # fmt: skip
KEYS: list[tuple[str, ...]] = [
    ("mcpServers", "x", "env", "ANY"), ("mcpServers", "x", "headers", "X-Any"), ("a", "apiKey"), ("a", "PASSWORD"),
    ("a", "secret_values", "0"),
]  # fmt: skip
UNITS = [
    '"', "//", "/*", "*/", "\\", "Bearer ", "phx_", "a", "a1", "key", "key=", "?key", "?key=", "-key ", 'key"', "-", " ",
    "--key,", "://", "://a", "@", "$", "${", "{env:", "<", "A1" * 15, '"' + "a" * 19, "eyJ", "sk-", "\\n", "%20", "\n", "=",
    "key: ", "key:\t", "[", "'", ".", "Token  ", "x://a@", "%aphx_", '"key": "', "/", ":", "é", "\x00",
]  # fmt: skip
MASKS: dict[str, Callable[[str], object]] = {
    "text": mask_text,
    "between strings": lambda text: mask_comments(text, COMMENT),
    "hash": lambda text: mask_comments("#" + text, FORMATS["toml"].comment),
    "line comment": lambda text: mask_comments("//" + text, COMMENT),
    "comment": lambda text: mask_comments("/*" + text, COMMENT),
    "whole": mask_whole,
    "string": lambda text: mask_string(("a",), text),
    "argument": lambda text: mask_string(("args", "0"), text),
    "variable": lambda text: mask_string(("env", "ANY"), text),
    "flag": is_secret_flag,
}
SIZE = 8_000  # characters; the other text has four times as many
LEAST = 0.1  # seconds of this process; what takes less is quick enough, and not worth a comparison


def marked(chance: random.Random) -> str:
    """A key that its service marked."""
    prefix = chance.choice(["phx_", "phc_", "sk-", "ghp_", "github_pat_", "AKIA", "eyJ"])
    return prefix + "".join(chance.choices(ALNUM, k=chance.choice([24, 43])))


def plain(chance: random.Random) -> str:
    """A secret that only its place or its look tells."""
    return chance.choice(LETTERS) + chance.choice("0123456789") + "".join(chance.choices(ALNUM, k=30))


def noise(chance: random.Random) -> str:
    return "".join(chance.choices(NOISE, k=chance.randrange(6)))


def survivors(seed: int, count: int) -> list[tuple[str, str]]:
    """Texts in which a key survived, and how they were shown."""
    chance = random.Random(seed)
    return [found for _ in range(count) for found in _survivors(chance)]


def _survivors(chance: random.Random) -> list[tuple[str, str]]:
    key, secret = marked(chance), plain(chance)
    place = chance.choice(MARKED_PLACES).replace("{}", key).replace("{{", "{").replace("}}", "}")
    text = f"{noise(chance)} {place}{noise(chance)}"
    comment = chance.choice(COMMENT_PLACES).replace("{}", secret).replace("{{", "{").replace("}}", "}")
    shown = [
        (key, text, mask_text(text)),
        (key, text, mask_comments(text, COMMENT)),
        (key, text, mask_string(("notes",), text)),
        (key, place, mask_string(("args", "0"), place)),
        (
            secret,
            comment,
            mask_comments(chance.choice(["// {}", "/* {} */", "/*\n{}"]).replace("{}", comment), COMMENT),
        ),
        (secret, secret, mask_string(chance.choice(KEYS), chance.choice(["", "Bearer ", "Token "]) + secret)),
    ]
    return [(before, after) for hidden, before, after in shown if hidden in after]


def test_no_key_survives() -> None:
    print(f"\nseed {SEED}")  # noqa: T201 - to find it again
    assert survivors(SEED, 2_000) == []


@pytest.mark.parametrize("place", MARKED_PLACES)
def test_a_marked_key_is_masked_wherever_it_stands(place: str) -> None:
    key = "phx_" + "A1b2" * 10
    assert key not in mask_text(place.replace("{}", key))


@pytest.mark.parametrize("prefix", ["phx_", "phs_", "ghp_", "github_pat_", "glpat-", "AKIA", "eyJ"])
def test_a_long_key_is_masked_within_a_word(prefix: str) -> None:
    assert "A1b2A1b2" not in mask_text(f"word{prefix}" + "A1b2" * 6)


@pytest.mark.parametrize("place", COMMENT_PLACES)
def test_a_secret_is_masked_in_a_comment(place: str) -> None:
    assert "q7W8e9R0t1Y2u3I4o5P6a7S8" not in mask_comments(
        "// " + place.replace("{}", "q7W8e9R0t1Y2u3I4o5P6a7S8"), COMMENT
    )
    assert "q7W8e9R0t1Y2u3I4o5P6a7S8" not in mask_comments(
        "# " + place.replace("{}", "q7W8e9R0t1Y2u3I4o5P6a7S8"), FORMATS["yaml"].comment
    )


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (("a", "url"), "https://mcp.zapier.com/api/mcp/s/ZGVhZGJlZWY0MmFiY2RlZmdoaWprbG1u=/mcp"),
        (("a", "env"), "TOKEN=ZGVhZGJlZWY0MmFiY2RlZmdoaWprbG1u="),
        (("a", "headers"), "X-Any: ZGVhZGJlZWY0MmFiY2RlZmdoaWprbG1u="),
        (("a", "envVars", "ANY"), "ZGVhZGJlZWY0MmFiY2RlZmdoaWprbG1u="),
        (("a", "command"), "npx server --token ZGVhZGJlZWY0MmFiY2RlZmdoaWprbG1u="),
        (("a", "args", "1"), "export DB_PASS=ZGVhZGJlZWY; npx server"),
        (("a", "args", "1"), "--password ZGVhZGJlZWY"),
    ],
)
def test_other_services_keys_are_masked(keys: tuple[str, ...], text: str) -> None:
    assert "ZGVhZGJlZWY" not in mask_string(keys, text)


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (("a", "url"), "https://eu.posthog.com/api/projects/1/mcp_server_installations/0190aaaa-0000-7000-8000-000000000001/proxy"),
        (("a", "url"), "https://posthog.com/tutorials/nextjs-13-pages-analytics-guide-2"),
        (("a", "command"), "/home/me/.local/bin/posthog-wizard"),
        (("a", "args", "0"), "bypass"),
    ],
)  # fmt: skip
def test_what_is_no_key_is_shown(keys: tuple[str, ...], text: str) -> None:
    assert mask_string(keys, text) == text


@pytest.mark.parametrize(
    "beside", ['/*{} "env": {"MY_TOKEN": "hunter2hunter2"}\n*/', '"args": ["--token",{} "hunter2hunter2"],']
)
def test_a_key_is_masked_whose_name_stands_far_above(beside: str) -> None:
    before = f'{{\n{beside.replace("{}", chr(10) * 20)}\n"mcpServers": {{}}\n}}'.encode()
    shown = diff_of(Change(Path("/x"), before, before.replace(b"{}", b'{"posthog": {}}')))
    assert ("hunter2" in shown, "…" in shown) == (False, True)


def seconds(work: Callable[[], object]) -> float:
    """What it costs this process at the least, of three times."""
    return min(_seconds(work) for _ in range(3))


def _seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def slow(mask: Callable[[str], object], unit: str) -> bool:
    """Whether a text of four times the size costs eight times as much or more."""
    small, large = unit * (SIZE // len(unit)), unit * (4 * SIZE // len(unit))
    took = _seconds(lambda: mask(large))
    return took > LEAST and seconds(lambda: mask(large)) > max(LEAST, 8 * seconds(lambda: mask(small)))


@pytest.mark.parametrize("name", MASKS)
def test_its_time_grows_as_the_text_does(name: str) -> None:
    assert [unit for unit in UNITS if slow(MASKS[name], unit)] == []


@pytest.mark.parametrize("name", MASKS)
def test_generated_texts_cost_no_more(name: str) -> None:
    chance = random.Random(SEED)
    drawn = ["".join(chance.choices(UNITS, k=chance.randrange(2, 5))) for _ in range(8)]
    print(f"\nseed {SEED}")  # noqa: T201
    assert [unit for unit in drawn if slow(MASKS[name], unit)] == []


@pytest.mark.parametrize("unit", ["key", '\\"', "phx_", "?key"])
@pytest.mark.parametrize("around", ["/* {} */", '"note": "{}",'])
def test_a_megabyte_beside_the_entry(unit: str, around: str) -> None:
    """36 s for 20 kB, before."""
    beside = around.replace("{}", unit * (1_000_000 // len(unit)))
    before = f'{{"mcpServers": {{ {beside} "x": {{"url": "https://e.com"}} }} }}'.encode()
    change = Change(Path("/x"), before, before.replace(b'"url"', b'"type": "http", "url"'))
    assert _seconds(lambda: diff_of(change)) < 5
    assert json.dumps("http") in diff_of(change)
