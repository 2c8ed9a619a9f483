"""A YAML text as nodes that know where they stand, made of ruamel.yaml's events; and nodes as plain data.

The events tell what its own nodes do not: where an alias stands. https://yaml.org/spec/1.2.2/.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Any, Final, NamedTuple

from posthog_wizard.documents.document import broken
from posthog_wizard.documents.text import demand_utf8, malformed, unexpected
from posthog_wizard.model import Json

_TAG: Final = "tag:yaml.org,2002:"
MERGE: Final = _TAG + "merge"
_MOST: Final = 100_000  # values in a value, aliases written out: what is more was made to exhaust its readers
_FAULTS: Final = (  # what ruamel.yaml says, with an article of ours
    ("'\\t' that cannot start", "a tab where YAML has spaces"),
    ("that cannot start any token", "a character that cannot start a value"),
    ("mapping values are not allowed", "a colon where no key is allowed, or a line that is indented wrongly"),
    ("could not find expected ':'", "a line that is not a key with its value"),
    ("unexpected end of stream", "a string that is never closed"),
    ("got '<stream end>'", "a bracket that is never closed"),
    ("unknown escape", "a backslash in a string that starts no valid YAML escape"),
    ("expected <block end>", "a line that is indented differently from its neighbours"),
)
_colon = re.compile(rb"[ \t\r\n]*:").match
_blank = b" \t\r\n"


class Node(NamedTuple):
    """A value or key. `kind`: mapping, sequence, scalar or alias; `children` of a mapping: keys and values in turn.

    `start` is in front of its anchor and tag, `end` behind its last character that is neither comment nor blank.
    """

    kind: str
    start: int
    end: int
    tag: str
    value: str = ""  # of a scalar its text, of an alias the anchor's name
    anchor: str | None = None
    flow: bool = False  # in brackets
    children: tuple[Node, ...] = ()

    @property
    def pairs(self) -> tuple[tuple[Node, Node], ...]:
        """The keys of a mapping with their values; none in anything else."""
        return tuple(zip(self.children[::2], self.children[1::2], strict=True)) if self.kind == "mapping" else ()

    def walk(self) -> Iterator[Node]:
        """The node and all under it, in order."""
        todo = [self]
        while todo:
            node = todo.pop()
            yield node
            todo.extend(reversed(node.children))


@lru_cache(maxsize=8)  # an edit is read to be judged, then once more as the document that it makes
def compose(data: bytes) -> Node | None:
    """The text's root; None when there is none. Raises Malformed for what YAML, or a strict parser of it, refuses."""
    mark = demand_utf8(data)
    text = data[mark:].decode()
    widths = (len(character.encode()) for character in text)
    offsets = range(mark, len(data) + 1) if data[mark:].isascii() else [*accumulate(widths, initial=mark)]
    from ruamel.yaml import YAML  # noqa: PLC0415 - start time
    from ruamel.yaml.error import MarkedYAMLError  # noqa: PLC0415
    from ruamel.yaml.nodes import ScalarNode  # noqa: PLC0415
    from ruamel.yaml.reader import ReaderError  # noqa: PLC0415

    yaml = YAML(typ="safe", pure=True)
    builder = _Builder(data, offsets, lambda value, implicit: str(yaml.resolver.resolve(ScalarNode, value, implicit)))
    try:
        for event in yaml.parse(text):
            builder.take(event)
    except MarkedYAMLError as error:
        raise broken(data, *_explained(offsets, error)) from None
    except ReaderError as error:
        raise malformed(data, offsets[error.position], "a control character, which YAML does not allow") from None
    return builder.root


def _explained(offsets: Sequence[int], error: Any) -> tuple[int, str]:
    """Where it goes wrong, or what is never closed starts; and what is wrong there."""
    said = str(error.problem)
    place = error.context_mark if "end of stream" in said or "<stream end>" in said else error.problem_mark
    return offsets[place.index], next(
        (ours for theirs, ours in _FAULTS if theirs in said), "something that YAML does not allow here"
    )


class _Builder:
    """Nodes from events."""

    def __init__(self, data: bytes, offsets: Sequence[int], resolve: Callable[[str, Any], str]) -> None:
        self.data, self.offsets, self.resolve = data, offsets, resolve
        self.root: Node | None = None
        self.documents = 0
        self.anchors: set[str] = set()
        self.open: list[tuple[Any, list[Node]]] = []

    def take(self, event: Any) -> None:
        kind = type(event).__name__
        start, stop = self.offsets[event.start_mark.index], self.offsets[event.end_mark.index]
        if kind == "DocumentStartEvent":
            self.documents += 1
            if self.documents > 1:
                raise malformed(self.data, start, "a second document in one file")
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            self.anchors.add(event.anchor)
            self.open.append((event, []))
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            self._add(self._container(*self.open.pop(), stop))
        elif kind == "ScalarEvent":
            self.anchors.add(event.anchor)
            self._add(self._scalar(event, start, stop))
        elif kind == "AliasEvent":
            if event.anchor not in self.anchors:
                raise malformed(self.data, start, "an alias without its anchor in front of it")
            self._add(Node("alias", start, stop, "", event.anchor))

    def _add(self, node: Node) -> None:
        if self.open:
            self.open[-1][1].append(node)
        else:
            self.root = node

    def _container(self, event: Any, children: list[Node], stop: int) -> Node:
        kind = "mapping" if type(event).__name__ == "MappingStartEvent" else "sequence"
        start = self.offsets[event.start_mark.index]
        seen: set[tuple[str, str]] = set()
        for key in children[::2] if kind == "mapping" else ():
            if key.kind == "scalar" and (key.tag, key.value) in seen:
                raise malformed(self.data, key.start, "a key that is defined twice")
            seen.add((key.tag, key.value))
        if not event.flow_style:
            stop = children[-1].end if children else start
        tag = str(event.tag or _TAG + ("map" if kind == "mapping" else "seq"))
        return Node(kind, start, stop, tag, "", event.anchor, bool(event.flow_style), tuple(children))

    def _scalar(self, event: Any, start: int, stop: int) -> Node:
        if start == stop:
            start = stop = self._behind_colon(start)
        elif event.style in ("|", ">"):
            stop = self._end_of_block(start, stop)
        tag = str(event.tag) if event.tag else self.resolve(event.value, event.implicit)
        return Node("scalar", start, stop, tag, event.value, event.anchor)

    def _behind_colon(self, start: int) -> int:
        """Where an empty value stands: ruamel.yaml says at the next token, we behind the colon of its key."""
        siblings = self.open[-1][1] if self.open else []
        if len(siblings) % 2 == 0 or not type(self.open[-1][0]).__name__.startswith("Mapping"):
            return start
        colon = _colon(self.data, siblings[-1].end)
        return colon.end() if colon else siblings[-1].end

    def _end_of_block(self, start: int, stop: int) -> int:
        """Behind the last line of a `|` or `>`; blank lines count where its header says to keep them."""
        header = self.data[start : self.data.find(b"\n", start)]
        text = self.data[start:stop]
        if re.search(rb"(?:^|[ \t])[|>]\d?\+", header):
            return start + len(text.removesuffix(b"\n").removesuffix(b"\r"))
        return start + len(text.rstrip(_blank))


# ------------------------------------------------------------------ plain data


class NodeReader:
    """Nodes as plain data, aliases and merge keys resolved."""

    def __init__(self, data: bytes, root: Node | None) -> None:
        self.data = data
        self.anchored = [node for node in (root.walk() if root else ()) if node.anchor]
        self._weights: dict[int, int] = {}

    def target(self, alias: Node) -> Node:
        """What an alias stands for. Raises UnexpectedShape when it lies in that itself."""
        node = [one for one in self.anchored if one.anchor == alias.value and one.start < alias.start][-1]
        if node.end >= alias.end:
            raise unexpected(self.data, alias.start, "an alias within its own anchor")
        return node

    def read(self, node: Node) -> Json:
        """The node's data. Numbers, booleans and null are those of YAML 1.2, all else is text.

        Raises UnexpectedShape where that is too deep, or too much.
        """
        try:
            if self._weight(node) <= _MOST:
                return self._read(node)
        except RecursionError:
            raise unexpected(self.data, node.start, "values that are nested too deeply to be read") from None
        raise unexpected(self.data, node.start, "aliases of aliases, too many to be read")

    def _weight(self, node: Node) -> int:
        """How many values there are in the node, those that aliases stand for included."""
        if id(node) not in self._weights:
            inside = (self.target(node),) if node.kind == "alias" else node.children
            self._weights[id(node)] = 1 + sum(map(self._weight, inside))
        return self._weights[id(node)]

    def _read(self, node: Node) -> Json:
        if node.kind == "alias":
            return self._read(self.target(node))
        if node.kind == "scalar":
            return _scalar(node)
        if node.kind == "sequence":
            return [self._read(child) for child in node.children]
        pairs = node.pairs
        merged: dict[str, Json] = {}
        for _, value in (pair for pair in pairs if pair[0].tag == MERGE):
            for source in reversed(value.children if value.kind == "sequence" else (value,)):
                more = self._read(source)
                merged |= more if isinstance(more, dict) else {}
        named = (
            (key.value if key.kind == "scalar" else str(self._read(key)), value)
            for key, value in pairs
            if key.tag != MERGE
        )
        return merged | {name: self._read(value) for name, value in named}


def _scalar(node: Node) -> Json:
    tag, text = node.tag.removeprefix(_TAG), node.value.replace("_", "")
    try:
        if tag == "null":
            return None
        if tag == "bool":
            return text.lower() in ("true", "yes", "on")
        if tag == "int":
            return int(text, 0) if not re.fullmatch(r"[-+]?0\d+", text) else int(text)
        if tag == "float":
            return float(re.sub(r"^([-+]?)\.(inf|nan)$", r"\1\2", text.lower()))
    except ValueError:
        pass  # base 60, or a tag that says what its text does not
    return node.value
