"""What an edit did, seen by value: a client may since have written its file anew, in its own layout."""

from posthog_wizard.documents.document import ABSENT, AnyDocument
from posthog_wizard.documents.formats import FORMATS
from posthog_wizard.errors import ChangedMeanwhile
from posthog_wizard.model import Edit, Json, Place, equal, name_of
from posthog_wizard.plan.draft import mentions


def _sides(edit: Edit, place: Place) -> tuple[Json, Json]:
    """The values before and after; ABSENT for none."""
    load = FORMATS[place.format].load
    before, after = (ABSENT if raw is None else load(raw, edit.keys) for raw in edit[1:])
    return before, after


def is_done(document: AnyDocument, edit: Edit, place: Place) -> bool:
    """Whether the document shows what the edit left behind; of an array, only our own items count."""
    now = document.get(edit.keys)
    if equal(now, _sides(edit, place)[1]):
        return True
    gone, new = _items(edit, place)
    if not isinstance(now, list) or not (gone or new):
        return False
    return all(item in now for item in new) and not any(item in now for item in gone)


def undo_edit(document: AnyDocument, edit: Edit, place: Place) -> bytes:
    """The document's text without the edit, where its value is still ours.

    An item of an array (a question for the key) stays while an entry refers to it. Raises ChangedMeanwhile when
    somebody else has changed the value.
    """
    now, (before, after) = document.get(edit.keys), _sides(edit, place)
    if equal(now, before):
        return document.data
    if isinstance(now, list) and any(_items(edit, place)):
        return _take_back_items(document, edit, place)
    if not equal(now, after):
        raise ChangedMeanwhile(f"`{'.'.join(map(name_of, edit.keys))}` was changed since, so it is left as it is")
    return document.drop(edit.keys) if edit.before is None else document.put_raw(edit.keys, edit.before)


def _take_back_items(document: AnyDocument, edit: Edit, place: Place) -> bytes:
    gone, new = _items(edit, place)
    parse = FORMATS[place.format].parse
    now: Json = document.get(edit.keys)
    for index in reversed(range(len(now))):
        item, reference = now[index], place.schema.prompt_reference
        is_needed = reference and isinstance(item, dict) and mentions(document, reference.format(id=item.get("id")))
        if item in new and not is_needed:
            document = parse(document.drop_item(edit.keys, index), document.dialect)
    for item in gone:
        if item not in now:
            document = parse(document.append_item(edit.keys, item), document.dialect)
    return document.data


def _items(edit: Edit, place: Place) -> tuple[list[Json], list[Json]]:
    """The items that an edit of an array took out of it, and those that it put in."""
    old, new = (side if isinstance(side, list) else [] for side in _sides(edit, place))
    return [item for item in old if item not in new], [item for item in new if item not in old]
