"""One client's session: its lines become messages for the SDK's server, and the server's messages lines."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
from mcp import types
from mcp.shared.message import ServerMessageMetadata, SessionMessage

from posthog_wizard.model import Json
from posthog_wizard.net.jsonrpc import is_request
from posthog_wizard.net.stdio import Lines, Output
from posthog_wizard.server.client_lines import opens_with_batches, read_line
from posthog_wizard.tokens import compact


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

    def take(self, line: bytes) -> list[SessionMessage]:
        """The messages of a line for the server; what can be answered without it is written."""
        reading = read_line(line, batches=self.batches)
        if reading.batch:
            return self._begin(reading.messages, [*reading.answers])
        for answer in reading.answers:
            self.write(answer)
        for message in reading.messages:
            opened = opens_with_batches(message)
            self.batches = self.batches if opened is None else opened
        return [SessionMessage(session_message_of(message)) for message in reading.messages]

    def give(self, message: types.JSONRPCMessage) -> None:
        """Write a message of the server, or keep it until the rest of its batch is answered."""
        content = message.model_dump(by_alias=True, exclude_unset=True)
        waiting = None if "method" in content else self._of_batches.get(content["id"])
        if waiting:
            self._settle(content["id"], waiting[0], [content])
        else:
            self.write(content)

    def _begin(self, messages: tuple[dict[str, Json], ...], answers: list[Json]) -> list[SessionMessage]:
        batch = _PendingBatch(sum(map(is_request, messages)), answers)
        if not batch.owed and answers:
            self.write(answers)
        return [self._of_batch(message, batch) for message in messages]

    def _of_batch(self, message: dict[str, Json], batch: _PendingBatch) -> SessionMessage:
        if not is_request(message):
            return SessionMessage(session_message_of(message))
        self._of_batches.setdefault(message["id"], []).append(batch)

        async def unanswered() -> None:
            """It was cancelled."""
            self._settle(message["id"], batch, [])

        return SessionMessage(session_message_of(message), ServerMessageMetadata(on_request_unanswered=unanswered))

    def _settle(self, request_id: str | int, batch: _PendingBatch, answers: list[Json]) -> None:
        waiting = self._of_batches[request_id]
        waiting.remove(batch)
        if not waiting:
            del self._of_batches[request_id]
        batch.owed -= 1
        batch.answers += answers
        if not batch.owed and batch.answers:
            self.write(batch.answers)


def session_message_of(content: dict[str, Json]) -> types.JSONRPCMessage:
    """What `read_line` let pass, as the SDK has it. The SDK would take a request that also has an `error` for an answer."""
    if "method" in content:
        return (types.JSONRPCRequest if "id" in content else types.JSONRPCNotification).model_validate(content)
    return (types.JSONRPCError if "error" in content else types.JSONRPCResponse).model_validate(content)


@asynccontextmanager
async def session_streams(
    lines: Lines, output: Output, before_end: Callable[[], Awaitable[None]]
) -> AsyncIterator[tuple[Any, Any]]:
    """The two streams that the SDK's server reads and writes, in the place of its `stdio_server`.

    That one passes what it cannot parse to a server that drops it, so that a client waits for ever. `before_end` is
    awaited when the client has said all, before the server learns of it.
    """
    to_server, incoming = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    outgoing, from_server = anyio.create_memory_object_stream[SessionMessage](0)
    session = StdioClientSession(lambda content: output.put(compact(content).encode()))

    async def read() -> None:
        async with to_server:
            while (line := await lines.next()) is not None:
                for message in session.take(line):
                    await to_server.send(message)
            await before_end()
            await output.keep_up(0)

    async def write() -> None:
        async with from_server:
            async for message in from_server:
                session.give(message.message)
                await output.keep_up()
            await output.keep_up(0)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read)
        tasks.start_soon(write)
        yield incoming, outgoing
