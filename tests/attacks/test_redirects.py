"""A server that is trusted and sends its visitors on: no key and no request goes where it points."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.attacks.test_user_files import OWN, PROXIED, planted, remote, starts
from tests.support.canaries import Canaries

STATUSES = (301, 302, 303, 307, 308, 401)


@contextmanager
def sending_on(status: int, target: str) -> Iterator[str]:
    """A server that answers everything so; its address."""

    class Pointing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(status)
            self.send_header("Location", target + self.path)
            self.send_header("WWW-Authenticate", f'Bearer resource_metadata="{target}/.well-known/x"')
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_DELETE = do_GET  # noqa: N815 - the names are the library's

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Pointing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def test_nothing_follows_a_redirect_to_another_origin(tmp_path: Path) -> None:
    with Canaries(tmp_path) as canaries, ExitStack() as stack:
        urls = {status: stack.enter_context(sending_on(status, canaries.server.url)) for status in STATUSES}
        canaries.profile(urls[302])
        entries = {
            **{f"address {status}": remote(f"{url}/mcp", OWN) for status, url in urls.items()},
            **{f"installed {status}": remote(url + PROXIED, OWN) for status, url in urls.items()},
            "stored": starts(["mcp", "serve", "--host", urls[302]]),
        }
        planted(canaries, entries)
        words = ("mcp", "doctor", "claude-code", "--json")
        result = canaries.run(*words, folder=canaries.home, POSTHOG_PERSONAL_API_KEY="")
        rows = [row for row in result.document["checks"] if row["id"].endswith(".connection")]
        assert canaries.sung == []
    assert (result.code, len(rows), {row["status"] for row in rows}) == (1, len(entries), {"fail"})
