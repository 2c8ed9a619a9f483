"""Who uses which session, as the server's author says; the last thousand sessions are remembered."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from posthog_wizard.analytics.options import Identity

MOST: Final = 1_000  # sessions


@dataclass
class Identities:
    """Identities by session id."""

    known: OrderedDict[str, Identity] = field(default_factory=OrderedDict)

    def of(self, session: str) -> Identity | None:
        """Who uses the session, so far as is known."""
        return self.known.get(session)

    def learn(self, session: str, said: Identity) -> Identity | None:
        """Remember what was said of a session; gives the whole identity where it is new or changed, else None.

        Properties are merged and groups replaced if there are any; nothing is taken over from another person, with whom
        clients without a session of their own share that of the process.
        """
        known = self.known.get(session)
        before = known if known is not None and known.distinct_id == said.distinct_id else None
        merged = Identity(
            said.distinct_id,
            {**(before.properties if before else {}), **said.properties},
            dict(said.groups or (before.groups if before else {})),
        )
        self.known[session] = merged
        self.known.move_to_end(session)
        if len(self.known) > MOST:
            self.known.popitem(last=False)
        return merged if merged != known else None
