"""YAML, read and edited in place: only the bytes of one entry ever change.

`yaml_nodes` tells where things stand, `yaml_edit` what becomes of the text; the text before and after is read and compared.

A key twice is refused, though some parsers take the last.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from posthog_wizard.documents import yaml_edit
from posthog_wizard.documents.document import ABSENT, SECOND, AnyDocument, String, indexes_of, nested
from posthog_wizard.documents.text import apply_edits, line_end, line_start, unexpected
from posthog_wizard.documents.yaml_edit import Spelled, YamlMember, inline, yaml_members
from posthog_wizard.documents.yaml_nodes import MERGE, Node, NodeReader, compose
from posthog_wizard.errors import Malformed, UnexpectedShape
from posthog_wizard.model import RELAXED, Dialect, Json, KeyPath, equal, name_of

_STRING: Final = "tag:yaml.org,2002:str"
_NULL: Final = "tag:yaml.org,2002:null"
_KINDS: Final = {"mapping": "a mapping", "sequence": "a list", "scalar": "a single value", "alias": "an alias"}


def parse(data: bytes | None, dialect: Dialect = RELAXED) -> YamlDocument:
    """Read a client's file; None, comments alone and an empty value are an empty document.

    Raises Malformed for what YAML refuses, several documents and a key twice; UnexpectedShape when it is no mapping.
    """
    return YamlDocument(data or b"", dialect)


def load_yaml(raw: bytes, _keys: KeyPath = ()) -> Json:
    """The data of a value's text. Raises Malformed when it is none."""
    root = compose(raw)
    return None if root is None else NodeReader(raw, root).read(root)


class _Step(NamedTuple):
    """A container on the way, with the member that owns it and the member that the key names."""

    owner: YamlMember | None
    container: Node
    member: YamlMember | None


class YamlDocument(AnyDocument):
    """See `AnyDocument`."""

    def __init__(self, data: bytes, dialect: Dialect) -> None:
        super().__init__(data, dialect)
        self._root = compose(data)
        self._demand((), self._root, "mapping")
        self._reader = NodeReader(data, self._root)

    def get(self, keys: KeyPath) -> Json:
        """The value, or ABSENT."""
        if not keys:
            return self._reader.read(self._root) or {} if self._root else {}
        _, found = self._way(keys)
        return self._reader.read(found.value) if found else ABSENT

    def raw(self, keys: KeyPath) -> bytes | None:
        """The value's text with the indentation of its first line; where it needs the rest, its data as text."""
        _, found = self._way(keys)
        if found is None:
            return None
        node = found.value
        if any(one.kind == "alias" for one in node.walk()) or node.start == node.end or self.data[node.start] in b"|>":
            return inline(self._reader.read(node)).encode()
        text = self.data[node.start : node.end]
        if node.flow or not node.children:
            return text
        start, stop = line_start(self.data, node.start), line_end(self.data, node.end)
        return b" " * (node.start - start) + text + self.data[stop : stop + 1]  # the line end counts for `|`

    def strings(self, start: int, end: int) -> Iterator[String]:
        """Every string value that overlaps the bytes from `start` to `end`, in order."""
        todo: list[tuple[tuple[str, ...], Node]] = [((), self._root)] if self._root else []
        while todo:
            keys, node = todo.pop()
            if node.kind in ("mapping", "sequence"):
                inside = yaml_members(self.data, node)
                names = [str(at) if one.key is None else one.key.value for at, one in enumerate(inside)]
                todo += reversed([((*keys, name), one.value) for name, one in zip(names, inside, strict=True)])
            elif node.tag == _STRING and node.start < end and node.end > start:
                yield String(keys, node.start, node.end, node.value)

    def _load(self, raw: bytes, keys: KeyPath) -> Json:
        return load_yaml(raw, keys)

    def _with(self, keys: KeyPath, value: Json) -> Iterator[bytes]:
        """Where others end without a line end, only the second may leave them as they are."""
        (steps, found), layout = self._way(keys), yaml_edit.yaml_layout_of(self.data, self._root)
        below = nested(keys[len(steps) or 1 :], value)
        if found:
            yield apply_edits(self.data, yaml_edit.replaced_in_yaml(layout, found, value))
        elif not steps:
            yield yaml_edit.document(layout, str(keys[0]), below)
        else:
            (owner, container, _), key = steps[-1], keys[len(steps) - 1]
            name, alike = key if isinstance(key, str) else None, below is value
            for front in (False, True):
                edits = yaml_edit.added_to_yaml(layout, owner, container, name, below, alike, front=front)
                yield apply_edits(self.data, *edits)

    def _spelled(self, keys: KeyPath, raw: bytes, _value: Json) -> Iterator[bytes]:
        if raw.startswith(b" "):
            yield from self._with(keys, Spelled.of(raw.decode()))

    def _without(self, keys: KeyPath) -> Iterator[bytes]:
        (steps, found), layout = self._way(keys), yaml_edit.yaml_layout_of(self.data, self._root)
        if found is None:
            yield self.data
            return
        for behind in (False, True):
            edits = yaml_edit.absent_from_yaml(layout, steps[-1].owner, steps[-1].container, found, behind=behind)
            yield apply_edits(self.data, *edits)

    def _is_right(self, keys: KeyPath, after: bytes, value: Json) -> bool:
        is_put = value is not ABSENT
        try:
            new = YamlDocument(after, self.dialect)
            same = not is_put or equal(new.get(keys), value)
            same = same and new._rest(keys, ours=is_put) == self._rest(keys, ours=True)
        except (Malformed, UnexpectedShape):
            return False
        return same and not self._shared(keys)

    def _offset(self, keys: KeyPath) -> int:
        steps, found = self._way(keys)
        return found.start if found else steps[-1].container.start if steps else 0

    # -------------------------------------------------------------- the way

    def _demand(self, keys: KeyPath, node: Node | None, kind: str) -> None:
        """Raises UnexpectedShape unless the node is of that kind, or empty."""
        if node is not None and node.kind != kind and node.tag != _NULL:
            name = f"`{name_of(keys[-1])}`" if keys else "the whole document"
            raise unexpected(self.data, node.start, f"{name} is {_KINDS[node.kind]}, not {_KINDS[kind]}")

    def _way(self, keys: KeyPath) -> tuple[list[_Step], YamlMember | None]:
        """The containers along the keys, as far as they exist, and the member to which all of them lead: no alias."""
        steps, member = self._descend(keys)
        if member and member.value.kind == "alias":
            found = f"`{name_of(keys[-1])}` is an alias, which is not ours to change"
            raise unexpected(self.data, member.value.start, found)
        return steps, member

    def _descend(self, keys: KeyPath) -> tuple[list[_Step], YamlMember | None]:
        steps: list[_Step] = []
        member, node = None, self._root
        for depth, key in enumerate(keys):
            if node is None or (node.tag == _NULL and not depth and node.start == node.end):
                return steps, None
            self._demand(keys[:depth], node, "mapping" if isinstance(key, str) else "sequence")
            index = self._index(node, key)
            owner, member = member, None if index is None else yaml_members(self.data, node)[index]
            steps.append(_Step(owner, node, member))
            if member is None:
                return steps, None
            node = member.value
        return steps, member

    def _index(self, container: Node, key: Any) -> int | None:
        if isinstance(key, str):
            names = container.children[::2]
            named = next((at for at, one in enumerate(names) if one.kind == "scalar" and one.value == key), None)
            merge = next((one for one in names if one.tag == MERGE), None)
            if named is None and merge:
                raise unexpected(self.data, merge.start, f"a merge key, which may or may not bring `{key}`")
            return named
        found = indexes_of(key, [self._reader.read(node) for node in container.children])
        if found[1:]:
            raise unexpected(self.data, container.children[found[1]].start, SECOND.format(name_of(key)))
        return found[0] if found else None

    # -------------------------------------------------------------- the judge

    def _shared(self, keys: KeyPath) -> bool:
        """Whether an alias elsewhere stands for something that holds, or lies in, our value."""
        steps, found = self._way(keys)
        ours = [*found.value.walk()] if found else []
        anchors = {node.anchor for node in (*(step.container for step in steps), *ours)} - {None}
        inside = {id(node) for node in ours}
        every = self._root.walk() if self._root else ()
        return any(node.kind == "alias" and node.value in anchors and id(node) not in inside for node in every)

    def _rest(self, keys: KeyPath, *, ours: bool) -> list[Any]:
        """All that the text says, but our value, if it is there, and but the containers that hold nothing else."""
        steps, _ = self._descend(keys)
        hidden: set[int] = set()
        gone = ours and len(steps) == len(keys)
        for step in reversed(steps):
            if gone and step.member:
                hidden |= {id(step.member.key), id(step.member.value)}
            gone = all(id(child) in hidden for child in step.container.children)
        told: list[Any] = []
        todo = [] if gone or not steps else [steps[0].container]
        while todo:
            node = todo.pop()
            shown = [child for child in node.children if id(child) not in hidden]
            told.append((node.kind, node.tag, node.value, node.anchor, len(shown)))
            todo.extend(shown)
        return told
