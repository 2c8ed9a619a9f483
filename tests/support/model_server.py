"""A language model on loopback, as OpenAI's API has it: it says hello to everything."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic, sleep
from typing import Any

_USAGE = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
_MESSAGE = {"role": "assistant", "content": "hello"}
_HEAD = {"id": "1", "created": 1, "model": "fake"}
_WHOLE = {
    **_HEAD,
    "object": "chat.completion",
    "choices": [{"index": 0, "message": _MESSAGE, "finish_reason": "stop"}],
    "usage": _USAGE,
}
_CHUNKS: tuple[Any, ...] = tuple(
    {
        **_HEAD,
        "object": "chat.completion.chunk",
        "choices": [{"index": 0, "delta": delta, "finish_reason": reason}],
        **more,
    }
    for delta, reason, more in ((_MESSAGE, None, {}), ({}, "stop", {"usage": _USAGE}))
)
# The same by OpenAI's other API, that of responses, as far as Codex reads it.
_SAID = {"type": "message", "role": "assistant", "id": "1", "content": [{"type": "output_text", "text": "hello"}]}
_EVENTS: tuple[Any, ...] = (
    {"type": "response.created", "response": {"id": "1"}},
    {"type": "response.output_item.done", "item": _SAID},
    {
        "type": "response.completed",
        "response": {"id": "1", "usage": {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}},
    },
)


_LONGEST = 20  # seconds that an answer waits
_PAUSE = 0.05


class _Model(BaseHTTPRequestHandler):
    ready: Callable[[], bool]

    def do_GET(self) -> None:
        self._answer("application/json", json.dumps({"object": "list", "data": [{"id": "fake", "object": "model"}]}))

    def do_POST(self) -> None:
        until = monotonic() + _LONGEST
        while not type(self).ready() and monotonic() < until:
            sleep(_PAUSE)
        asked = json.loads(self.rfile.read(int(self.headers.get("content-length", "0"))) or b"{}")
        if self.path.endswith("/responses"):
            events = (f"event: {one['type']}\ndata: {json.dumps(one)}\n\n" for one in _EVENTS)
            self._answer("text/event-stream", "".join(events))
        elif asked.get("stream"):
            chunks = (*map(json.dumps, _CHUNKS), "[DONE]")
            self._answer("text/event-stream", "".join(f"data: {chunk}\n\n" for chunk in chunks))
        else:
            self._answer("application/json", json.dumps(_WHOLE))

    def _answer(self, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def model_server(ready: Callable[[], bool] = lambda: True) -> Iterator[str]:
    """Serve until the block is left; its base URL. It answers when it is `ready`, so that a client does not end before."""
    http = ThreadingHTTPServer(("127.0.0.1", 0), type("Model", (_Model,), {"ready": staticmethod(ready)}))
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_port}/v1"
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
