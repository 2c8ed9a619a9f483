"""Server-sent events, however the bytes are cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthog_wizard.net.sse import EventReader, ServerSentEvent, TooLarge

STREAMS: dict[str, tuple[bytes, list[ServerSentEvent]]] = {
    "one": (b"data: a\n\n", [ServerSentEvent(b"a")]),
    "no space": (b"data:a\n\n", [ServerSentEvent(b"a")]),
    "two spaces": (b"data:  a\n\n", [ServerSentEvent(b" a")]),
    "several lines": (b"data: a\ndata\ndata: b\n\n", [ServerSentEvent(b"a\n\nb")]),
    "all fields": (b"event: x\nid: 7\nretry: 1500\ndata: a\n\n", [ServerSentEvent(b"a", "7", "x", 1.5)]),
    "order of fields": (b"data: a\nretry: 10\nid: \xc3\xbc\n\n", [ServerSentEvent(b"a", "ü", "message", 0.01)]),
    "carriage returns": (
        b"data: a\r\rdata: b\r\n\r\ndata: c\n\r\n",
        [ServerSentEvent(b"a"), ServerSentEvent(b"b"), ServerSentEvent(b"c")],
    ),
    "lines of one event, carriage returns before their ends": (
        b"data: a\r\ndata: b\r\n\r\n",
        [ServerSentEvent(b"a\nb")],
    ),
    "comments": (b": hello\n:\ndata: a\n: more\n\n:\n\n", [ServerSentEvent(b"a")]),
    "unknown fields": (b"other: 1\ndata: a\nDATA: b\n\n", [ServerSentEvent(b"a")]),
    "an id alone": (b"id: 1\n\n", [ServerSentEvent(b"", "1")]),
    "an empty id": (b"id\ndata: a\n\n", [ServerSentEvent(b"a", "")]),
    "an id with a zero byte": (b"id: a\0b\ndata: a\n\n", [ServerSentEvent(b"a")]),
    "a retry alone": (b"retry: 50\n\n", [ServerSentEvent(b"", None, "message", 0.05)]),
    "a retry of thousands of digits": (
        b"retry: " + b"9" * 500 + b"\n\n",
        [ServerSentEvent(b"", None, "message", 86.4)],
    ),
    "a retry below nothing": (b"retry: -5\ndata: a\n\n", [ServerSentEvent(b"a")]),
    "a retry in other digits": ("retry: ²\nretry: ٣\ndata: a\n\n".encode(), [ServerSentEvent(b"a")]),
    "a byte-order mark": (b"\xef\xbb\xbfdata: a\n\n\xef\xbb\xbfdata: b\n\n", [ServerSentEvent(b"a")]),
    "a retry that is no number": (b"retry: soon\ndata: a\n\n", [ServerSentEvent(b"a")]),
    "an event that is not finished": (b"data: a\n\ndata: b\n", [ServerSentEvent(b"a")]),
    "nothing": (b"", []),
    "blank lines": (b"\n\n\r\n\r", []),
    "colons in the data": (b'data: {"a": "b: c"}\n\n', [ServerSentEvent(b'{"a": "b: c"}')]),
}


@pytest.mark.parametrize(("stream", "events"), STREAMS.values(), ids=STREAMS.keys())
def test_events_of_a_stream(stream: bytes, events: list[ServerSentEvent]) -> None:
    assert list(EventReader(1000).feed(stream)) == events


@pytest.mark.parametrize(("stream", "events"), STREAMS.values(), ids=STREAMS.keys())
def test_events_of_a_stream_that_comes_byte_by_byte(stream: bytes, events: list[ServerSentEvent]) -> None:
    reader = EventReader(1000)
    assert [event for byte in stream for event in reader.feed(bytes([byte]))] == events


@given(
    st.lists(st.sampled_from([b"\r", b"\n", b"data: a", b"data:", b"id: 1", b":", b"x", b"retry: 5", b"event: e"])),
    st.data(),
)
def test_cuts_change_nothing(pieces: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(pieces)
    cut = data.draw(st.integers(0, len(stream)))
    reader = EventReader(1000)
    assert [*reader.feed(stream[:cut]), *reader.feed(stream[cut:])] == list(EventReader(1000).feed(stream))


@pytest.mark.parametrize(("stream", "events"), STREAMS.values(), ids=STREAMS.keys())
def test_events_of_a_stream_at_every_cut(stream: bytes, events: list[ServerSentEvent]) -> None:
    """Two reads, with one between them that brought nothing."""
    cuts = [(stream[:cut], b"", stream[cut:]) for cut in range(len(stream) + 1)]
    readers = [(EventReader(1000), pieces) for pieces in cuts]
    assert [
        pieces for reader, pieces in readers if [each for piece in pieces for each in reader.feed(piece)] != events
    ] == []


def test_an_id_that_no_header_could_hold_is_none() -> None:
    assert list(EventReader(10_000).feed(b"id: " + b"x" * 5000 + b"\ndata: a\n\n")) == [ServerSentEvent(b"a")]


def feed(reader: EventReader, pieces: list[bytes]) -> None:
    for piece in pieces:
        list(reader.feed(piece))


@pytest.mark.parametrize(
    "pieces",
    [[b"data: " + b"x" * 101], [b"x" * 101], [b"data: xxxxxxxxxxxxxxxxxxxx\n"] * 5, [b"x" * 60, b"x" * 60]],
)
def test_what_is_too_large_is_not_kept(pieces: list[bytes]) -> None:
    reader = EventReader(100)
    with pytest.raises(TooLarge):
        feed(reader, pieces)


def test_many_small_events_are_not_large() -> None:
    reader = EventReader(100)
    assert len(list(reader.feed(b": ping\nid: 1\ndata: 1234567890\n\n" * 1000))) == 1000
