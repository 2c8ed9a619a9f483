"""The checks that ask somebody: the real thing, the keys, the network. What several of them ask is asked once."""

from __future__ import annotations

from collections.abc import Iterator

from posthog_wizard.doctor.check import Task
from posthog_wizard.doctor.connection_checks import connections
from posthog_wizard.doctor.context import Context
from posthog_wizard.doctor.installations import installations
from posthog_wizard.doctor.key_checks import keys
from posthog_wizard.doctor.network_checks import ways
from posthog_wizard.doctor.once_cache import OnceCache


def tasks(context: Context) -> Iterator[Task]:
    """Their tasks."""
    cache = OnceCache()
    yield from connections(context, cache)
    yield from keys(context, cache)
    yield from installations(context, cache)
    yield from ways(context)
