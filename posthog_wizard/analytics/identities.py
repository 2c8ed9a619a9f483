"""Who uses a session, as the server's author says."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from posthog_wizard.analytics.options import Identity

MOST: Final = 1_000  # persons


def merged(known: Identity | None, said: Identity) -> Identity:
    """What is known of a session's person with what is said now: properties are merged, groups replaced if there are any.

    Nothing is taken over from another person.
    """
    if known is None or known.distinct_id != said.distinct_id:
        return said
    return Identity(said.distinct_id, {**known.properties, **said.properties}, dict(said.groups or known.groups))


@dataclass
class ToldIdentities:
    """What `$identify` has told of the last thousand persons whom no session remembers. Nothing is read from it but that."""

    told: OrderedDict[tuple[str, str], Identity] = field(default_factory=OrderedDict)

    def are_new(self, session: str, said: Identity) -> bool:
        """Whether this is to be told; it then has been. `session` is what the client carries, or empty."""
        before = self.told.pop((session, said.distinct_id), None)
        self.told[session, said.distinct_id] = said
        if len(self.told) > MOST:
            self.told.popitem(last=False)
        return before != said
