"""What an edit did, seen by value: a client may since have written its file anew, in its own layout."""

from __future__ import annotations

from posthog_wizard.documents.jsonc import ABSENT, Document, parse
from posthog_wizard.documents.values import load
from posthog_wizard.errors import ChangedMeanwhile
from posthog_wizard.model import Edit, EntrySchema, Json


def _value(raw: bytes | None) -> Json:
    """The value of a raw text; ABSENT for None."""
    return ABSENT if raw is None else load(raw)


def is_done(document: Document, edit: Edit) -> bool:
    """Whether the document shows what the edit left behind; of an array, only our own items count."""
    now = document.get(edit.keys)
    if now == _value(edit.after):
        return True
    gone, new = _items(edit)
    return isinstance(now, list) and any((gone, new)) and all(item in now for item in new) and not _any_in(gone, now)


def undo_edit(document: Document, edit: Edit, schema: EntrySchema) -> bytes:
    """The document's text without the edit, where its value is still ours.

    An item of an array (a question for the key) stays while an entry refers to it. Raises ChangedMeanwhile when
    somebody else has changed the value.
    """
    now, before, after = document.get(edit.keys), _value(edit.before), _value(edit.after)
    if now == before:
        return document.data
    if isinstance(now, list) and any(_items(edit)):
        return _take_back_items(document, edit, schema)
    if now != after:
        raise ChangedMeanwhile(f"`{'.'.join(edit.keys)}` was changed since, so it is left as it is")
    return document.drop(edit.keys) if edit.before is None else document.put_raw(edit.keys, edit.before)


def _take_back_items(document: Document, edit: Edit, schema: EntrySchema) -> bytes:
    gone, new = _items(edit)
    now: Json = document.get(edit.keys)
    for index in reversed(range(len(now))):
        if now[index] in new and not _is_referred_to(document, now[index], schema):
            document = parse(document.drop_item(edit.keys, index), document.dialect)
    for item in gone:
        if item not in now:
            document = parse(document.append_item(edit.keys, item), document.dialect)
    return document.data


def _is_referred_to(document: Document, item: Json, schema: EntrySchema) -> bool:
    if schema.prompt_reference is None or not isinstance(item, dict):
        return False
    reference = schema.prompt_reference.format(id=item.get("id"))
    return any(reference in string.text for string in document.strings(0, len(document.data)))


def _items(edit: Edit) -> tuple[list[Json], list[Json]]:
    """The items that an edit of an array took out of it, and those that it put in."""
    before, after = (_value(raw) for raw in (edit.before, edit.after))
    old, new = (side if isinstance(side, list) else [] for side in (before, after))
    return [item for item in old if item not in new], [item for item in new if item not in old]


def _any_in(items: list[Json], array: list[Json]) -> bool:
    return any(item in array for item in items)
