"""JSON-RPC, as whoever passes it on or asks for it must know it. Pure.

https://www.jsonrpc.org/specification
"""

import json
from math import isfinite

from posthog_wizard.model import Json

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS, INTERNAL_ERROR = -32700, -32600, -32601, -32602, -32603
CONNECTION_CLOSED = -32000  # of MCP's SDKs: what is owed when a connection ends
# https://modelcontextprotocol.io/specification/2026-07-28/schema#headermismatcherror and what follows it there
HEADER_MISMATCH, UNSUPPORTED_VERSION = -32020, -32022


def is_request(part: Json) -> bool:
    """Whether it is owed an answer."""
    return "method" in part and "id" in part


def is_response(part: Json) -> bool:
    """Whether it is an answer, by one of the two that answers have. An error must say which, and why."""
    if "method" in part or ("result" in part) == ("error" in part):
        return False
    return "result" in part or is_error(part["error"])


def is_error(error: Json) -> bool:
    """Whether it is an error of JSON-RPC (https://www.jsonrpc.org/specification#error_object)."""
    return isinstance(error, dict) and type(error.get("code")) is int and isinstance(error.get("message"), str)


def is_anonymous_error(part: Json) -> bool:
    """Whether it is the error of a server that could not tell the id: null, or left out (MCP since 2025-11-25)."""
    return isinstance(part, dict) and part.get("id") is None and "error" in part and is_response(part)


def id_key(identifier: Json) -> str | None:
    """What two spellings of one id have in common (`1`, `1.0`), apart from those of another type; None for no id."""
    if isinstance(identifier, bool | dict | list):
        return None
    try:
        if isinstance(identifier, str):
            identifier.encode()
            return f'"{identifier}'
        if isinstance(identifier, float) and identifier.is_integer():
            identifier = int(identifier)
        return str(identifier) if identifier is None or isfinite(identifier) else None
    except (UnicodeEncodeError, OverflowError):  # half a character; a whole number beyond every float
        return None


def error_response(request_id: Json, error: Json) -> dict[str, Json]:
    """An error as it is answered; `error` is an object of code, message and perhaps data."""
    return {"jsonrpc": "2.0", "id": request_id, "error": error}


def encode(content: Json) -> bytes:
    """Compact JSON in ASCII."""
    return json.dumps(content, separators=(",", ":")).encode("ascii")


def text_of(holder: Json, name: str) -> str | None:
    """A field that must be text; None when it is not there or something else."""
    value = holder.get(name) if isinstance(holder, dict) else None
    return value if isinstance(value, str) else None


def object_of(holder: Json, name: str) -> dict[str, Json]:
    """A field that must be an object; empty when it is not there or something else."""
    value = holder.get(name) if isinstance(holder, dict) else None
    return value if isinstance(value, dict) else {}
