"""The small parts: troubles in words, pauses, logs, threads, the network, the client's side."""

from __future__ import annotations

import asyncio
import io
import logging
import re
import socket
import ssl
import threading
from itertools import pairwise
from pathlib import Path

import httpcore
import pytest
import truststore

from posthog_wizard.bridge.errors.delivery_errors import DeliveryError, connection_lost
from posthog_wizard.bridge.http.exchange import Backoff
from posthog_wizard.bridge.http.upstream import Upstream
from posthog_wizard.bridge.logs import Scrubbed, log_message, start_bridge_logging
from posthog_wizard.bridge.messages import parse_message
from posthog_wizard.bridge.run import DaemonThreads
from posthog_wizard.bridge.run_settings import BridgeSettings
from posthog_wizard.errors import ApiError, WrongUsage
from posthog_wizard.model import Secret
from posthog_wizard.net.addresses import parse_address
from posthog_wizard.net.certificates import trusted
from posthog_wizard.net.jsonrpc import encode
from posthog_wizard.net.tunnel import connect_tcp
from tests.support.bridged import KEY, SHORT, bridged, request, settings
from tests.support.scripted import result, scripted

OTHER = "phx_somebodyelses0123456789"


def chain(*errors: BaseException) -> BaseException:
    """The first error, caused by the second, and so on."""
    for error, cause in pairwise(errors):
        error.__cause__ = cause
    return errors[0]


@pytest.mark.parametrize(
    ("error", "words", "harmless"),
    [
        (chain(httpcore.ConnectError(), socket.gaierror(-2, "Name or service not known")), "its name cannot be resolved (Name or service not known)", True),
        (chain(httpcore.ConnectError(), ConnectionRefusedError(111, "Connection refused")), "it refuses connections", True),
        (chain(httpcore.ConnectError(), ExceptionGroup("all", [OSError(113, "No route to host"), ConnectionRefusedError()])), "it refuses connections", True),
        (chain(httpcore.ConnectError(), OSError(101, "Network is unreachable")), "connecting failed (Network is unreachable)", True),
        (chain(httpcore.ConnectTimeout(), TimeoutError()), "connecting timed out", True),
        (chain(httpcore.ConnectError(), ssl.SSLError(1, "wrong version number")), "TLS failed (wrong version number)", True),
        (httpcore.ProxyError("407 no"), "the proxy refused (407 no)", True),
        (httpcore.RemoteProtocolError("bad status line"), "does not speak HTTP (bad status line)", False),
        (chain(httpcore.ReadError(), ConnectionResetError(104, "Connection reset by peer")), "the connection was lost (Connection reset by peer)", False),
    ],
)  # fmt: skip
def test_a_trouble_in_words(error: BaseException, words: str, harmless: bool) -> None:
    failure = connection_lost("https://mcp.posthog.com", error, sent=True)
    assert (
        failure.error.message == f"`https://mcp.posthog.com` cannot be reached: {words}"
        or words in failure.error.message
    )
    assert (failure.harmless, failure.transient) == (harmless, True)


def test_what_had_not_left_did_not_happen() -> None:
    assert connection_lost("https://mcp.posthog.com", httpcore.WriteError(), sent=False).harmless


@pytest.mark.parametrize(("asked", "waits"), [(None, [True, True, True, False]), (0.0, [True] * 4), (9.0, [False] * 4)])
def test_pauses_grow_and_come_to_an_end(asked: float | None, waits: list[bool]) -> None:
    async def scenario() -> None:
        error = ApiError("no", retry_after=asked)
        backoff = Backoff(SHORT._replace(patience=0.2))
        assert [await backoff.after(DeliveryError(error)) for _ in waits] == waits

    asyncio.run(scenario())


def test_logs_hold_no_key() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Scrubbed(settings(key=settings().key)))
    record = logging.LogRecord("x", logging.INFO, "", 1, "key %s", (KEY,), None)
    record.exc_text = f"Traceback: {KEY}"
    handler.handle(record)
    assert KEY not in stream.getvalue()
    assert stream.getvalue().count("phx_…mnop") == 2


@pytest.mark.parametrize(
    ("given", "seen"),
    [("${input:key}", True), ("%KEY%", True), ("${KEY:-s3cretsecret}", False), ("$3cretsecret", False)],
)
def test_a_reference_is_no_key_that_logs_hide(given: str, seen: bool) -> None:
    record = logging.LogRecord("x", logging.INFO, "", 1, "holds %s", (given,), None)
    assert (given in Scrubbed(settings(key=Secret(given))).format(record)) is seen


@pytest.mark.parametrize("length", [3990, 3995, 3999])
def test_a_key_that_is_cut_in_two_is_not_shown(length: int, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "posthog_wizard.bridge"):
        log_message("client ->", b" " * length + KEY.encode())
    assert KEY[:3] not in caplog.text
    assert f"({length + len(KEY)} bytes)" in caplog.text


def test_debugging_shows_each_message_with_its_time_and_no_key(tmp_path: Path) -> None:
    async def scenario(url: str) -> None:
        to = settings(url, log_file=tmp_path / "log", log_level="debug")
        start_bridge_logging(to)
        async with bridged(to) as client:
            client.say(request(1, "tools/call", name="x", arguments={"key": OTHER, "mine": KEY, "esc": "\u202e"}))
            await client.hear()
            await client.ask(request(2, "ping", text="y" * 10_000))

    async def served() -> None:
        async with scripted({"tools/call": [result({"echo": KEY})]}) as server:
            await scenario(server.url)

    asyncio.run(served())
    [handler] = logging.getLogger("posthog_wizard").handlers
    handler.close()
    start_bridge_logging(BridgeSettings("https://x"))
    text = (tmp_path / "log").read_text()
    assert KEY not in text
    assert OTHER not in text
    lines = [line for line in text.splitlines() if re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} DEBUG ", line)]
    ways = [line.split(" DEBUG ")[1].split(" {")[0] for line in lines if "server" in line or "client" in line]
    assert ways[:3] == ["client ->", "server POST /mcp: 200 application/json", "client <-"]
    assert "(10" in text
    assert max(map(len, lines)) < 5000
    assert "\u202e" not in text


def test_logs_without_a_key(tmp_path: Path) -> None:
    file = tmp_path / "log"
    start_bridge_logging(BridgeSettings("https://x", log_file=file, log_level="info"))
    logging.getLogger("posthog_wizard.bridge").info("hello")
    [handler] = logging.getLogger("posthog_wizard").handlers
    handler.close()
    start_bridge_logging(BridgeSettings("https://x"))
    assert file.read_text().endswith("INFO hello\n")


def test_a_log_file_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match="cannot be written"):
        start_bridge_logging(BridgeSettings("https://x", log_file=tmp_path))


def test_threads_give_results_and_errors() -> None:
    with DaemonThreads() as threads:
        assert threads.submit(sum, [1, 2]).result(1) == 3
        with pytest.raises(ZeroDivisionError):
            threads.submit(lambda: 1 // 0).result(1)


def test_a_name_server_that_hangs_does_not_hold_the_end_up() -> None:
    hang = threading.Event()

    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(DaemonThreads())
        loop.run_in_executor(None, hang.wait)

    asyncio.run(scenario())
    hang.set()


async def connect_thrice(port: int) -> None:
    upstream = Upstream(parse_address(f"http://127.0.0.1:{port}/mcp"), SHORT._replace(connect=0.2))
    for _ in range(3):
        await upstream.acquire()


def test_a_connection_that_nobody_takes() -> None:
    async def scenario() -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(0)
            name = listener.getsockname()
            with socket.create_connection(name), pytest.raises(httpcore.ConnectTimeout):
                await connect_thrice(name[1])

    asyncio.run(scenario())


def test_a_handshake_that_does_not_end() -> None:
    async def scenario() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            stream = await connect_tcp("127.0.0.1", listener.getsockname()[1])
            with pytest.raises(httpcore.ConnectTimeout):
                await stream.start_tls(trusted(None), "127.0.0.1", 0.1)
            await stream.aclose()

    asyncio.run(scenario())


def test_a_reader_that_is_slow_holds_the_sender_up_and_gets_all() -> None:
    async def scenario() -> None:
        sent = b"x" * 20_000_000

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            received = await reader.readexactly(len(sent))
            writer.write(received)
            await writer.drain()
            writer.close()

        async with await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 25) as server:
            stream = await connect_tcp("127.0.0.1", server.sockets[0].getsockname()[1])
            await stream.write(sent)
            received = bytearray()
            await asyncio.sleep(0.3)
            while some := await stream.read(1 << 16):
                received += some
            assert received == sent
            assert stream.get_extra_info("is_readable")
            with pytest.raises(httpcore.WriteError):
                await stream.write(sent)
            await stream.aclose()

    asyncio.run(scenario())


def test_the_systems_own_store_of_certificates() -> None:
    assert isinstance(trusted(None, "darwin"), truststore.SSLContext)
    assert trusted(None, "linux").verify_mode == ssl.CERT_REQUIRED


@pytest.mark.parametrize("text", [b"", b"5", b'"x"', b"null", b"[]", b"[5]", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_message(text: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_message(text)


def test_odd_text_can_be_sent() -> None:
    assert encode({"id": "\ud83d"}) == b'{"id":"\\ud83d"}'
