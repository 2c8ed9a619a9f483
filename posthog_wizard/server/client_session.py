"""One client's session: its lines become messages for a server, and the server's messages lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from posthog_wizard.model import Json
from posthog_wizard.net.jsonrpc import is_request
from posthog_wizard.server.client_lines import opens_with_batches, read_line


def _nobody_waits() -> None:
    """What is done about a request that gets no answer, where no other answer waits for it."""


class ClientMessage(NamedTuple):
    """A message for the server, which calls `unanswered` where it will not answer it, as it was cancelled."""

    content: dict[str, Json]
    unanswered: Callable[[], None] = _nobody_waits


@dataclass(eq=False)
class _PendingBatch:
    """What is still owed to the requests of a batch, and the answers so far: they leave together, as one array."""

    owed: int
    answers: list[Json]


@dataclass
class StdioClientSession:
    """What is known between lines. `write` takes an answer, or the array of a batch's.

    Ids that are used twice at the same time are answered twice, in the order of the answers.
    """

    write: Callable[[Json], object]
    batches: bool = False
    _of_batches: dict[str | int, list[_PendingBatch]] = field(default_factory=dict)

    def take(self, line: bytes) -> list[ClientMessage]:
        """The messages of a line for the server; what can be answered without it is written."""
        reading = read_line(line, batches=self.batches)
        if reading.batch:
            return self._begin(reading.messages, [*reading.answers])
        for answer in reading.answers:
            self.write(answer)
        for message in reading.messages:
            opened = opens_with_batches(message)
            self.batches = self.batches if opened is None else opened
        return [ClientMessage(message) for message in reading.messages]

    def give(self, content: dict[str, Json]) -> None:
        """Write a message of the server, or keep it until the rest of its batch is answered."""
        waiting = None if "method" in content else self._of_batches.get(content["id"])
        if waiting:
            self._settle(content["id"], waiting[0], [content])
        else:
            self.write(content)

    def _begin(self, messages: tuple[dict[str, Json], ...], answers: list[Json]) -> list[ClientMessage]:
        batch = _PendingBatch(sum(map(is_request, messages)), answers)
        if not batch.owed and answers:
            self.write(answers)
        return [self._of_batch(message, batch) for message in messages]

    def _of_batch(self, message: dict[str, Json], batch: _PendingBatch) -> ClientMessage:
        if not is_request(message):
            return ClientMessage(message)
        self._of_batches.setdefault(message["id"], []).append(batch)
        return ClientMessage(message, partial(self._settle, message["id"], batch, []))

    def _settle(self, request_id: str | int, batch: _PendingBatch, answers: list[Json]) -> None:
        waiting = self._of_batches[request_id]
        waiting.remove(batch)
        if not waiting:
            del self._of_batches[request_id]
        batch.owed -= 1
        batch.answers += answers
        if not batch.owed and batch.answers:
            self.write(batch.answers)
