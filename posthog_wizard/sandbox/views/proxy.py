"""The proxy before an installed server. The sandbox has no network: it forwards to servers on this computer alone."""

from __future__ import annotations

import http.client
import json
from urllib.parse import urlsplit

from posthog_wizard.net.addresses import is_loopback
from posthog_wizard.sandbox.api.http_messages import JSON_TYPE, HttpReply, HttpRequest, reply

_LARGEST = 1024 * 1024  # bytes of a message
_TIMEOUT = 180.0  # seconds
_UNAUTHORIZED = 401
_PASSED_ON = ("accept", "mcp-protocol-version")  # no session: each message stands for itself


def forwarded(request: HttpRequest, url: str, secret: str | None) -> HttpReply:
    """What the server at `url` answers to this message; its status and its content as they are."""
    parts = urlsplit(url)
    if len(request.body) > _LARGEST:
        return _refused(413, "Request body too large")
    if not _is_message(request.body):
        return _refused(400, "Invalid JSON")
    if parts.scheme != "http" or not is_loopback(parts.hostname or ""):
        return _refused(502, "Upstream MCP server unreachable (the sandbox reaches this computer only)")
    headers = {
        "Content-Type": JSON_TYPE,
        **{name: request.headers[name] for name in _PASSED_ON if name in request.headers},
    }
    if secret:
        headers["Authorization"] = f"Bearer {secret}"
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT)
    try:
        connection.request(
            "POST", f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}", request.body, headers
        )
        response = connection.getresponse()
        content = response.read()
    except (OSError, http.client.HTTPException):
        return _refused(502, "Upstream MCP server unreachable")
    finally:
        connection.close()
    if response.status == _UNAUTHORIZED:
        return _refused(_UNAUTHORIZED, "Authentication failed")
    return HttpReply(response.status, {"Content-Type": response.headers.get("Content-Type", JSON_TYPE)}, content)


def _refused(status: int, said: str) -> HttpReply:
    return reply({"error": said}, status)


def _is_message(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict | list)
    except (ValueError, RecursionError):
        return False
