"""A client's document while it is being edited, with a list of what we changed in it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache

from posthog_wizard.documents.document import ABSENT, AnyDocument
from posthog_wizard.documents.formats import FORMATS
from posthog_wizard.documents.text import BYTE_ORDER_MARK
from posthog_wizard.errors import ConfigError
from posthog_wizard.model import Change, Dialect, Edit, Found, Json, KeyPath, OutcomeKind, Step

_LARGE = 1 << 17  # bytes; below, reading again costs less than it would to tell that it is the same


@lru_cache(maxsize=4)
def _parsed(data: bytes | None, dialect: Dialect) -> AnyDocument:
    """A large file of JSON as it was found, parsed once for everybody in this process who asks."""
    return FORMATS["json"].parse(data, dialect)


class Draft:
    """One file's text. Every error says which file it is about."""

    def __init__(self, found: Found) -> None:
        if found.problem is not None:
            raise found.problem
        self.found = found
        self.edits: list[Edit] = []
        self._unmarked = False
        self._document = self._original = self._parse(found.content, as_found=True)

    @property
    def data(self) -> bytes | None:
        """The text as it stands now; None while there is neither a file nor an edit."""
        return self._document.data if self.edits or self._unmarked else self.found.content

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the client's own parser might not like about the file."""
        return self._document.warnings

    def step(self, outcome: OutcomeKind, again: Callable[[Found], Step], *reasons: str) -> Step:
        """The edits as a step, `unchanged` where there are none. `again` makes it anew for another content."""
        found = self.found
        return Step(
            found,
            Change(found.path, found.content, self.data),
            outcome if self.edits else "unchanged",
            edits=tuple(self.edits),
            reason="; ".join(reasons) or None,
            replan=lambda content: again(found._replace(content=content)),
        )

    def entries(self) -> Mapping[str, Json]:
        """The entries of the place's container; empty where there is none. UnexpectedShape when it is something else."""
        place, entries = self.found.place, self.get(self.found.place.container)
        if place.item is None and isinstance(entries, Mapping):
            return entries
        if place.item is not None and isinstance(entries, list):
            named = (item for item in entries if isinstance(item, Mapping) and place.item in item)
            return {str(item[place.item]): item for item in named}
        if entries is not ABSENT:
            self.raw(place.keys_of(""))  # looking into it complains, with line and column
        return {}

    def names(self, keys: KeyPath) -> tuple[str, ...]:
        """The names in the mapping at these keys; none where there is something else."""
        with self._naming_the_file():
            return self._document.names(keys)

    def get(self, keys: KeyPath) -> Json:
        """The value at these keys, or ABSENT."""
        with self._naming_the_file():
            return self._document.get(keys)

    def raw(self, keys: KeyPath) -> bytes | None:
        """The text of the value at these keys."""
        with self._naming_the_file():
            return self._document.raw(keys)

    def put(self, keys: KeyPath, value: Json) -> None:
        """Set a value that is not there yet."""
        self._edit(keys, lambda document: document.put(keys, value))

    def drop(self, keys: KeyPath) -> None:
        """Take a value out that is there."""
        self._edit(keys, lambda document: document.drop(keys))

    def append(self, keys: KeyPath, item: Json) -> None:
        """Add an item to an array."""
        self._edit(keys, lambda document: document.append_item(keys, item))

    def drop_item(self, keys: KeyPath, index: int) -> None:
        """Take an item out of an array."""
        self._edit(keys, lambda document: document.drop_item(keys, index))

    @property
    def holds_nothing(self) -> bool:
        """Whether the container is all that is in the file, and empty."""
        bare: Json = {} if self.found.place.item is None else []
        for key in reversed(self.found.place.container):
            bare = {key: bare}
        return bool(self.get(()) == bare)

    def drop_container(self) -> None:
        """Take the container away; putting an entry in makes it again."""
        self._document = self._parse(self._document.drop(self.found.place.container[:1]))

    def drop_byte_order_mark(self) -> None:
        """Take away the mark in front of the text, which belongs to no value."""
        self._unmarked = self._document.data.startswith(BYTE_ORDER_MARK)
        self._document = self._parse(self._document.data.removeprefix(BYTE_ORDER_MARK))

    def question(self, input_id: str) -> int | None:
        """Where among the client's questions the one of that id stands; None when it is not there."""
        items = self.get(self.found.place.schema.prompts)
        if not isinstance(items, list):
            return None
        ids = [item.get("id") if isinstance(item, Mapping) else None for item in items]
        return ids.index(input_id) if input_id in ids else None

    def no_longer_mentions(self, text: str) -> bool:
        """Whether a string value contained this text before our edits, and none does now."""
        return mentions(self._original, text) and not mentions(self._document, text)

    def _edit(self, keys: KeyPath, edited: Callable[[AnyDocument], bytes]) -> None:
        with self._naming_the_file():
            before = self._document
            self._document = self._parse(edited(before))
            self.edits.append(Edit(keys, before.raw(keys), self._document.raw(keys)))

    def _parse(self, data: bytes | None, *, as_found: bool = False) -> AnyDocument:
        place = self.found.place
        is_known = as_found and place.format == "json" and len(data or b"") > _LARGE
        with self._naming_the_file():
            return (_parsed if is_known else FORMATS[place.format].parse)(data, place.dialect)

    @contextmanager
    def _naming_the_file(self) -> Iterator[None]:
        try:
            yield
        except ConfigError as problem:
            raise problem.at(self.found.path) from problem


def readable_entries(found: Found) -> Mapping[str, Json]:
    """The entries of a place; none of a file that cannot be read, which whoever works on it says."""
    try:
        return Draft(found).entries()
    except ConfigError:
        return {}


def mentions(document: AnyDocument, text: str) -> bool:
    """Whether a string value of the document contains this text."""
    return any(text in string.text for string in document.strings(0, len(document.data)))
