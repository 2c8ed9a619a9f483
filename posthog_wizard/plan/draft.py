"""A client's document while it is being edited, with a list of what we changed in it."""

from __future__ import annotations

from collections.abc import Mapping

from posthog_wizard.documents import jsonc
from posthog_wizard.errors import ConfigError
from posthog_wizard.model import Edit, Found, Json

Keys = tuple[str, ...]


class Draft:
    """One file's text. Every error says which file it is about."""

    def __init__(self, found: Found) -> None:
        if found.problem is not None:
            raise found.problem
        self.found = found
        self.edits: list[Edit] = []
        self._document = self._parse(found.content)

    @property
    def data(self) -> bytes | None:
        """The text as it stands now; None while there is neither a file nor an edit."""
        return self._document.data if self.edits else self.found.content

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the client's own parser might not like about the file."""
        return self._document.warnings

    def entries(self) -> Mapping[str, Json]:
        """The entries of the place's container; empty where there is none. UnexpectedShape when it is no object."""
        entries = self.get(self.found.place.container)
        return {} if entries is jsonc.ABSENT else entries

    def get(self, keys: Keys) -> Json:
        """The value at these keys, or `jsonc.ABSENT`."""
        try:
            return self._document.get(keys)
        except ConfigError as problem:
            raise problem.at(self.found.path) from problem

    def raw(self, keys: Keys) -> bytes | None:
        """The text of the value at these keys."""
        try:
            return self._document.raw(keys)
        except ConfigError as problem:
            raise problem.at(self.found.path) from problem

    def put(self, keys: Keys, value: Json) -> None:
        """Set a value, unless it is there already."""
        self._become(keys, self._document.put(keys, value))

    def drop(self, keys: Keys) -> None:
        """Take a value out."""
        self._become(keys, self._document.drop(keys))

    def append(self, keys: Keys, item: Json) -> None:
        """Add an item to an array."""
        self._become(keys, self._document.append_item(keys, item))

    def drop_item(self, keys: Keys, index: int) -> None:
        """Take an item out of an array."""
        self._become(keys, self._document.drop_item(keys, index))

    def mentions(self, text: str) -> bool:
        """Whether any string value of the document contains this text."""
        return any(text in string.text for string in self._document.strings(0, len(self._document.data)))

    def _become(self, keys: Keys, data: bytes) -> None:
        before = self._document
        if data == before.data and self.found.content is not None:
            return
        self._document = self._parse(data)
        self.edits.append(Edit(keys, before.raw(keys), self._document.raw(keys)))

    def _parse(self, data: bytes | None) -> jsonc.Document:
        try:
            return jsonc.parse(data, self.found.place.dialect)
        except ConfigError as problem:
            raise problem.at(self.found.path) from problem
