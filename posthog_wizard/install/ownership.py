"""Whether we wrote an entry, for entries whose content alone does not tell: a development server's, for example.

The journal makes an entry ours though it was changed since, as long as no later run took it out.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from posthog_wizard.documents.formats import FORMATS
from posthog_wizard.install.disk import this_disk
from posthog_wizard.model import Edit, Found, Json, KeyPath, Machine, equal

if TYPE_CHECKING:
    from posthog_wizard.install.history import History


class OwnWriting:
    """What earlier runs of ours wrote. The journal is read once, when it is first asked."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    @cached_property
    def _history(self) -> History:
        from posthog_wizard.install.history import read_history  # noqa: PLC0415 - needed for few entries

        return read_history(self._machine, this_disk())

    @cached_property
    def entries(self) -> tuple[tuple[Path, Edit], ...]:
        """What was written, and into which file, latest first.

        What an undo put back is what stood there before us, perhaps somebody else's.
        """
        records = (record for run in reversed(self._history.runs) if run.undoes is None for record in run.done)
        return tuple((record.path, edit) for record in records for edit in record.edits if edit.after is not None)

    def wrote(self, found: Found, keys: KeyPath, raw: bytes) -> bool:
        """Whether a run put this value there.

        Values are compared by what they say, since clients write their files anew in their own layout.
        """
        load = FORMATS[found.place.format].load
        return any(
            path == found.path
            and edit.keys == keys
            and (edit.after == raw or equal(load(edit.after or b"", keys), load(raw, keys)))
            for path, edit in self.entries
        )

    def made(self, found: Found, keys: KeyPath) -> bool:
        """Whether a run put a value where there was none; without keys: the file itself."""
        records = (record for run in self._history.runs for record in run.done if record.path == found.path)
        return any(
            (edit.keys == keys and edit.before is None) if keys else record.before is None
            for record in records
            for edit in record.edits
        )

    def left(self, found: Found, keys: KeyPath) -> Mapping[str, Json]:
        """How the last run left an entry; empty where it left none.

        What an undo put back does not count: a stranger may have written it. Nor does what was taken back since.
        """
        left = (
            edit.after
            for run in reversed(self._history.runs)
            if run.undoes is None
            for record in self._history.left(run)
            if record.path == found.path
            for edit in reversed(record.edits)
            if edit.keys == keys
        )
        raw = next(left, None)
        entry = None if raw is None else FORMATS[found.place.format].load(raw, keys)
        return entry if isinstance(entry, Mapping) else {}
