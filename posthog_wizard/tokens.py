"""What JSON costs a model: an estimate that is the same wherever it is shown."""

import json
from typing import Any

BYTES_PER_TOKEN = 4  # CLI.md


def json_size(value: Any) -> int:
    """UTF-8 bytes of the compact JSON."""
    return len(compact(value).encode())


def compact(value: Any) -> str:
    """JSON without needless characters. Lone surrogates, which UTF-8 cannot carry, become question marks."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace").decode()


def tokens(value: Any) -> int:
    """A quarter of the compact JSON's bytes, rounded up: what CLI.md calls a token."""
    return -(-json_size(value) // BYTES_PER_TOKEN)
