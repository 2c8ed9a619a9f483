"""What must hold for every edit of a document of any format, judged by a parser that is not ours."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import Any, NamedTuple

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from posthog_wizard.documents.document import AnyDocument
from posthog_wizard.errors import UnexpectedShape
from posthog_wizard.model import Item, KeyPath


class Piece(NamedTuple):
    """A stretch of a generated text: our entry's, or somebody else's."""

    text: bytes
    ours: bool


class Written(NamedTuple):
    """A generated document, and the keys at which our entry is put."""

    data: bytes
    keys: KeyPath
    pieces: tuple[Piece, ...]
    exact: bool = True  # taking out what was put in gives the bytes back

    def __repr__(self) -> str:
        return f"Written({self.data!r}, {self.keys})"


class Judged(NamedTuple):
    """A format with a judge, which raises ValueError for what is not of the format."""

    parse: Callable[[bytes], AnyDocument]
    load: Callable[[bytes, KeyPath], Any]
    judge: Callable[[bytes], Any]
    generate: Callable[[int], Written]


ENTRY = {
    "url": "https://mcp.posthog.com/mcp",
    "headers": {"Authorization": "Bearer phx_é: x # y", "no": "yes"},
    "args": ["-y", "1", "null", "a b", ""],
    "enabled": True,
    "timeout": 30,
    "none": [],
}


def entry_for(keys: KeyPath) -> dict[str, Any]:
    """Our entry, with its name in it where it is an item of a list."""
    return {keys[-1].field: keys[-1].name, **ENTRY} if isinstance(keys[-1], Item) else ENTRY


def look(tree: Any, keys: KeyPath) -> Any:
    """The value at these keys; None where there is none."""
    for key in keys:
        if isinstance(key, Item):
            tree = next(
                (item for item in tree or () if isinstance(item, dict) and item.get(key.field) == key.name), None
            )
        else:
            tree = tree.get(key) if isinstance(tree, dict) else None
    return tree


def with_entry(tree: Any, keys: KeyPath, entry: Any) -> Any:
    """The tree with our entry: in its place, else behind all others."""
    key, rest = keys[0], keys[1:]
    if isinstance(key, Item):
        names = [isinstance(item, dict) and item.get(key.field) == key.name for item in tree or []]
        return [entry if ours else item for item, ours in zip(tree or [], names, strict=True)] + [entry] * (
            not any(names)
        )
    inner = (tree or {}).get(key)
    return {**(tree or {}), key: with_entry(inner, rest, entry) if rest else entry}


def without(tree: Any, keys: KeyPath) -> Any:
    """The tree without our entry."""
    key, rest = keys[0], keys[1:]
    if isinstance(key, Item):
        return [item for item in tree if not (isinstance(item, dict) and item.get(key.field) == key.name)]
    return {
        name: without(value, rest) if rest and name == key else value
        for name, value in tree.items()
        if rest or name != key
    }


def plain(value: Any) -> Any:
    """The value with names alone for keys, which can be sorted."""
    if isinstance(value, dict):
        return {key if isinstance(key, str) else f"!{key!r}": plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def same(one: Any, other: Any) -> bool:
    return json.dumps(one, sort_keys=True, default=repr) == json.dumps(other, sort_keys=True, default=repr)


def check(judged: Judged, document: Written) -> str:
    """Hold one document to all laws; what happened to it: added, updated, refused."""
    before, data, keys = judged.judge(document.data), document.data, document.keys
    old, entry = look(before, keys), entry_for(keys)
    read = judged.parse(data)
    assert same(None if old is None else read.get(keys), old)
    try:
        after, dropped = read.put(keys, entry), read.drop(keys)
        undone = dropped if old is None else judged.parse(dropped).put_raw(keys, read.raw(keys) or b"")
    except UnexpectedShape as refusal:
        return "refused" if refusal.line and refusal.column else "refused without a place"
    put = judged.parse(after)
    assert same(look(judged.judge(after), keys), entry), "put puts our entry"
    assert same(others(judged.judge(after), keys), others(before, keys)), "put changes nothing else"
    assert put.put(keys, entry) == after, "put twice is put once"
    assert same(judged.load(put.raw(keys) or b"", keys), entry), "raw is the value's text"
    keeps_all_others(after, document)
    keeps_all_others(dropped, document)
    if old is None:
        assert dropped == data
        came_and_went(judged, document, put.drop(keys), before)
        return "added"
    assert look(judged.judge(dropped), keys) is None, "drop drops our entry"
    assert same(others(judged.judge(dropped), keys), others(before, keys)), "drop changes nothing else"
    assert same(look(judged.judge(undone), keys), old), "put_raw takes drop back"
    assert same(others(judged.judge(undone), keys), others(before, keys)), "put_raw changes nothing else"
    return "updated"


def keeps_all_others(after: bytes, document: Written) -> None:
    """All that is not ours is there to the letter, in order."""
    at = 0
    for text in (piece.text.strip() for piece in document.pieces if not piece.ours):
        assert text in after[at:], f"{text!r} is gone from {after!r}"
        at = after.index(text, at) + len(text)


def came_and_went(judged: Judged, document: Written, back: bytes, before: Any) -> None:
    """The bytes from before; where the format needs a container that was not there, it stays, empty."""
    if document.exact:
        assert back == document.data
        return
    empty: Any = [] if isinstance(document.keys[-1], Item) else {}
    assert same(judged.judge(back), with_entry(before, document.keys[:-1], empty))


def others(tree: Any, keys: KeyPath) -> Any:
    """The tree without our entry, and without the containers on the way that hold nothing else."""
    tree = without(with_entry(tree, keys, entry_for(keys)), keys)
    for depth in range(len(keys) - 1, 0, -1):
        if not look(tree, keys[:depth]):
            tree = without(tree, keys[:depth])
    return tree


def valid(judged: Judged, seed: int) -> Written:
    """The first document from that seed on that the judge reads."""
    for number in count(seed):
        document = judged.generate(number)
        try:
            if isinstance(judged.judge(document.data) or {}, dict):
                return document
        except ValueError:
            continue
    raise AssertionError("count never ends")


def hold(judged: Judged, examples: int, shard: int = 0) -> Counter[str]:
    """Hold many documents to the laws, others in each shard; how many were added to, updated, refused."""
    seen: Counter[str] = Counter()

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        report_multiple_bugs=False,
        phases=[Phase.generate],
    )
    @given(st.integers(0, 2**48))
    def every(seed: int) -> None:
        seen[check(judged, valid(judged, shard << 48 | seed))] += 1

    every()
    return seen
