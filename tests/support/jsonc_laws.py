"""What must hold for every edit of every document, and two editors to hold it against."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from typing import Any, Protocol

from hypothesis import given, settings
from hypothesis import strategies as st

from posthog_wizard.documents.jsonc import parse
from posthog_wizard.model import RELAXED
from tests.support.jsonc_documents import NAME, ODD, Generated, generate
from tests.support.jsonc_reader import Pairs, Reading, Room, Span, look, tree_of, with_entry, without

ENTRY = {
    "type": "http",
    "url": "https://mcp.posthog.com/mcp",
    "headers": {"Authorization": "Bearer phx_é"},
    "n": [1, {}],
}
OTHER_ENTRY = {"command": "/opt/posthog-wizard", "args": ["mcp", "bridge"], "env": {}}
Keys = tuple[str, ...]


class Editor(Protocol):
    """Puts a value into a document, and takes it out."""

    def put(self, data: bytes, keys: Keys, value: Any) -> bytes: ...

    def drop(self, data: bytes, keys: Keys) -> bytes: ...

    def append_item(self, data: bytes, keys: Keys, value: Any) -> bytes: ...

    def drop_item(self, data: bytes, keys: Keys, index: int) -> bytes: ...


class Ours:
    """The editor of the product."""

    def put(self, data: bytes, keys: Keys, value: Any) -> bytes:
        return parse(data, RELAXED).put(keys, value)

    def drop(self, data: bytes, keys: Keys) -> bytes:
        return parse(data, RELAXED).drop(keys)

    def append_item(self, data: bytes, keys: Keys, value: Any) -> bytes:
        return parse(data, RELAXED).append_item(keys, value)

    def drop_item(self, data: bytes, keys: Keys, index: int) -> bytes:
        return parse(data, RELAXED).drop_item(keys, index)


class Dumps:
    """What most programs do: read everything, write everything."""

    def put(self, data: bytes, keys: Keys, value: Any) -> bytes:
        return self._write(with_entry(Reading(data).tree, keys, tree_of(value)))

    def drop(self, data: bytes, keys: Keys) -> bytes:
        return self._write(without(Reading(data).tree, keys))

    def append_item(self, data: bytes, keys: Keys, value: Any) -> bytes:
        tree = Reading(data).tree
        return self._write(with_entry(tree, keys, [*(look(tree, keys) or []), tree_of(value)]))

    def drop_item(self, data: bytes, keys: Keys, index: int) -> bytes:
        return self._write(without(Reading(data).tree, (*keys, str(index))))

    def _write(self, tree: Any) -> bytes:
        return json.dumps(self._plain(tree), indent=2).encode()

    def _plain(self, tree: Any) -> Any:
        if isinstance(tree, Pairs):
            return {key: self._plain(value) for key, value in tree}
        return [self._plain(item) for item in tree] if isinstance(tree, list) else json.loads(tree)


def exactly_one_entry_is_put(editor: Editor, document: Generated) -> None:
    """The document after = the document before, with our entry in its place or behind all others."""
    before, after = Reading(document.data), Reading(editor.put(document.data, document.keys, ENTRY))
    assert after.tree == with_entry(before.tree, document.keys, tree_of(ENTRY))


def put_twice_is_put_once(editor: Editor, document: Generated) -> None:
    """And an entry that is there already leaves every byte as it is, however it is written."""
    once = editor.put(document.data, document.keys, ENTRY)
    assert editor.put(once, document.keys, ENTRY) == once
    for keys in existing_members(Reading(document.data)):
        assert editor.put(document.data, keys, parse(document.data, RELAXED).get(keys)) == document.data, keys


def drop_takes_back_what_put_added(editor: Editor, document: Generated) -> None:
    """Byte for byte where the container was there; where put made it, it stays behind, empty."""
    before = Reading(document.data)
    back = editor.drop(editor.put(document.data, document.keys, ENTRY), document.keys)
    if look(before.tree, document.keys) is not None:
        assert Reading(back).tree == without(before.tree, document.keys)
    elif look(before.tree, document.keys[:-1]) is not None:
        assert back == document.data
    else:
        assert Reading(back).tree == with_entry(before.tree, document.keys[:-1], Pairs())
        assert re.search(rb"\{\}", back)


def put_changes_one_place(editor: Editor, document: Generated) -> None:
    """A new entry stands behind the last member of its container; of an old one only the value is replaced."""
    before, reading = document.data, Reading(document.data)
    room = place_of(reading, document.keys)
    after = editor.put(before, document.keys, ENTRY)
    assert after.startswith(before[: room.start])
    assert after.endswith(before[room.end :])
    assert len(after) > room.start + len(before) - room.end


def no_comment_is_lost(editor: Editor, document: Generated) -> None:
    """Comments stay, in order and to the letter, unless they stand inside what is taken out or replaced."""
    before = Reading(document.data)
    for keys in (*existing_members(before), document.keys):
        span = before.spans.get(keys, Span(0, 0, 0))
        outside_value = [text for at, text in before.comments if not span.value <= at < span.end]
        assert [text for _, text in Reading(editor.put(document.data, keys, ENTRY)).comments] == outside_value, keys
        outside = [text for at, text in before.comments if not span.start <= at < span.end]
        assert [text for _, text in Reading(editor.drop(document.data, keys)).comments] == outside, keys


def exactly_one_member_is_dropped(editor: Editor, document: Generated) -> None:
    """Any member: first, middle or last; nothing changes beyond its neighbours."""
    before, reading = document.data, Reading(document.data)
    for keys in existing_members(reading):
        after = editor.drop(before, keys)
        assert Reading(after).tree == without(reading.tree, keys), keys
        assert after.startswith(before[: reading.rooms[keys].start]), keys
        assert after.endswith(before[reading.rooms[keys].end :]), keys


def the_style_of_commas_stays(editor: Editor, document: Generated) -> None:
    """A container keeps its trailing comma, and none appears where there was none."""
    before, after = Reading(document.data), Reading(editor.put(document.data, document.keys, ENTRY))
    span = before.spans.get(document.keys, Span(0, 0, 0))
    outside = [at for at in before.trailing_commas if not span.value <= at < span.end]
    assert len(after.trailing_commas) == len(outside)


def line_ends_are_those_of_the_document(editor: Editor, document: Generated) -> None:
    """No line end of a kind that the document does not have; nothing at all where it has no lines."""
    after = editor.put(document.data, document.keys, ENTRY)
    kinds = set(re.findall(rb"\r\n|\n|\r", document.data)) or {b"\n"}
    assert set(re.findall(rb"\r\n|\n|\r", after)) <= kinds
    assert after[-1:] == document.data[-1:]
    assert after[:3] == document.data[:3] or document.data[:1] == b"{"


def an_item_comes_and_goes_without_a_trace(editor: Editor, document: Generated) -> None:
    """What is appended to an array stands behind all others, and dropping it gives the same bytes again."""
    before = Reading(document.data)
    for keys in existing_members(before):
        items = look(before.tree, keys)
        if isinstance(items, list):
            after = editor.append_item(document.data, keys, ENTRY)
            assert Reading(after).tree == with_entry(before.tree, keys, [*items, tree_of(ENTRY)])
            assert editor.drop_item(after, keys, len(items)) == document.data


def exactly_one_item_is_dropped(editor: Editor, document: Generated) -> None:
    """Any item: first, middle or last; the comments outside stay."""
    before = Reading(document.data)
    for keys in existing_members(before):
        items = look(before.tree, keys)
        for index in range(len(items) if isinstance(items, list) else 0):
            after = Reading(editor.drop_item(document.data, keys, index))
            span = before.spans[*keys, str(index)]
            assert after.tree == without(before.tree, (*keys, str(index)))
            assert [text for _, text in after.comments] == [
                text for at, text in before.comments if not span.start <= at < span.end
            ]


Law = Callable[[Editor, Generated], None]
LAWS: tuple[Law, ...] = (
    exactly_one_entry_is_put,
    put_twice_is_put_once,
    drop_takes_back_what_put_added,
    put_changes_one_place,
    no_comment_is_lost,
    exactly_one_member_is_dropped,
    the_style_of_commas_stays,
    line_ends_are_those_of_the_document,
    an_item_comes_and_goes_without_a_trace,
    exactly_one_item_is_dropped,
)


def hold(law: Law, editor: Editor, examples: int) -> Counter[str]:
    """Hold the editor to the law for many documents; how many had which feature, and how many an odd one."""
    seen: Counter[str] = Counter()

    @settings(max_examples=examples, deadline=None, database=None, derandomize=True, report_multiple_bugs=False)
    @given(st.integers(0, 2**48).map(generate))
    def every(document: Generated) -> None:
        seen.update([*document.features, "all", *(["odd"] if document.features & ODD else [])])
        law(editor, document)

    every()
    return seen


def existing_members(reading: Reading) -> list[Keys]:
    """Some members whose keys are not ambiguous, our entry among them."""
    sure = [keys for keys in reading.paths if not any(keys[:end] in reading.ambiguous for end in range(len(keys) + 1))]
    return [keys for keys in sure if keys[-1] == NAME or len(keys) < 3][:8]


def place_of(reading: Reading, keys: Keys) -> Room:
    """Where the change may be: the old value, or the end of the innermost container that is there."""
    if keys in reading.spans:
        return Room(*reading.spans[keys][1:])
    while keys not in reading.ends:
        keys = keys[:-1]
    return reading.ends[keys]
