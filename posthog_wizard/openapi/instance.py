"""The index of one PostHog, from its own `/api/schema/`: what that instance lacks is not offered.

Asked for when it is first needed, and kept: the answer takes an instance seconds and has megabytes. What was kept is used
at once and asked for anew in the background when it is a day old, in the foreground when it is old, since a process may be
short. Where the instance gives none (PostHog Cloud may want a browser's session) the packaged index stands in, and says why.
"""

import asyncio
import gzip
import json
import logging
import re
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import cache, partial
from pathlib import Path

from posthog_wizard.credentials.background import in_background
from posthog_wizard.credentials.private_file import replace_private
from posthog_wizard.errors import BadReply, StoreUnusable, WizardError
from posthog_wizard.model import Json
from posthog_wizard.openapi.model import Index
from posthog_wizard.openapi.reading import FORMAT, compacted, from_compact

log = logging.getLogger("posthog_wizard.openapi")
SCHEMA, LARGEST, SCHEMA_PATIENCE = "/api/schema/", 30 * 1024 * 1024, 60.0  # path, bytes, seconds
_DAY = 86_400.0  # seconds
_OLD = 7 * _DAY  # from which nobody should be answered from it
_AGAIN = 600.0  # seconds after a failure, before the instance is asked again
_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")  # in a file's name

PACKAGED = Path(__file__).with_name("operations.json.gz")  # by `python -m tests.openapi.package openapi.json.gz`
_AskSchema = Callable[[], Awaitable[Json]]  # the schema, or a WizardError


@cache
def packaged_index() -> Index:
    """The index in the package: that of PostHog Cloud when this version of the program was made."""
    return from_compact(json.loads(gzip.decompress(PACKAGED.read_bytes())))


class InstanceIndex:
    """The index of one PostHog for one process. `file` is where it is kept, None where it is not."""

    def __init__(self, host: str, ask: _AskSchema, file: Path | None, now: Callable[[], float] = time.time) -> None:
        self._host, self._ask, self._file, self._now = host, ask, file, now
        self._index: Index | None = None
        self._asked = 0.0  # when the instance last answered, or refused
        self._lock = asyncio.Lock()
        self._refreshing: asyncio.Task[Index] | None = None

    async def get(self) -> Index:
        """The instance's own, else the packaged one."""
        async with self._lock:
            if self._index is None:
                self._index = await in_background(self._kept)
            age = self._now() - self._asked
            fresh = _AGAIN if self._index and self._index.origin.refusal else _DAY
            if self._index is None or age > _OLD:
                return await self._refresh()
            if age > fresh and (self._refreshing is None or self._refreshing.done()):
                self._refreshing = asyncio.create_task(self._refresh())
            return self._index

    async def _refresh(self) -> Index:
        """What the instance says now; what was known before, or the packaged index, where it says nothing."""
        self._asked = self._now()
        try:
            async with asyncio.timeout(SCHEMA_PATIENCE):
                document = await self._ask()
            self._index = await in_background(partial(self._taken, document))
        except (WizardError, TimeoutError) as problem:
            late = f"no answer in {SCHEMA_PATIENCE:.0f} seconds"
            said = problem.message if isinstance(problem, WizardError) else late
            log.info("the instance's schema is not to be had: %s", said)
            if self._index is None:
                found = await in_background(packaged_index)
                self._index = Index(found.operations, found.schemas, found.origin._replace(refusal=said))
        return self._index

    def _taken(self, document: Json) -> Index:
        """The index of a schema, which is then kept. Raises BadReply for what is none."""
        day = time.strftime("%Y-%m-%d", time.gmtime(self._now()))
        try:
            found = compacted(document, made=day)
            index = from_compact(found, host=self._host)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError, RecursionError) as problem:
            raise BadReply(f"`{SCHEMA}` did not give an OpenAPI document") from problem
        if not index.operations:
            raise BadReply(f"`{SCHEMA}` names no operation")
        if self._file is not None:
            packed = gzip.compress(json.dumps(found, separators=(",", ":")).encode(), compresslevel=6, mtime=0)
            with suppress(StoreUnusable):  # it is only kept to save time
                replace_private(self._file, packed)
        return index

    def _kept(self) -> Index | None:
        """What was kept; None where nothing is, or what cannot be read."""
        if self._file is None:
            return None
        try:
            index = from_compact(json.loads(gzip.decompress(self._file.read_bytes())), host=self._host)
            self._asked = min(self._file.stat().st_mtime, self._now())  # a clock that was ahead keeps nothing for ever
        except FileNotFoundError:
            return None
        except (OSError, EOFError, AttributeError, LookupError, TypeError, ValueError, RecursionError) as problem:
            log.info("`%s` is not readable and will be made anew: %s", self._file, problem)
            return None
        return index if index.operations else None


def kept_file(folder: Path, host: str) -> Path:
    """Where the index of a PostHog is kept: by its address, and by the form that this version of ours reads."""
    return folder / f"operations-{_UNSAFE.sub('-', host)}-{FORMAT}.json.gz"
