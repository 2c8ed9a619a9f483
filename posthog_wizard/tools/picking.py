"""What a model sees of an answer of the API: the fields that it chose, and no secret. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from posthog_wizard.documents.masking import mask_text, mask_whole
from posthog_wizard.model import Json
from posthog_wizard.openapi.pins import snake_case

# Names of fields that hold secrets. `key` alone is a flag's; `has_password` and a number of tokens are none.
_SECRET = re.compile(
    r"(?!(?:has|is|can|needs|requires)_)(?:.*_)?(?:"
    r"(?:token|secret|password|passwd|passphrase|passcode|credential|authorization|auth|pwd|jwt|bearer|otp|cookie|dsn|totp|backup_code|recovery_code)s?"
    r"|(?:api|private|secret|access|signing|encryption|shared|ssh|service_account|license|account)_keys?"
    r"|connection_string|webhook(?:_url)?)(?:_backup|_hash|_value|_pem|\d+)?",
    re.IGNORECASE,
)
_MASKED = re.compile(r"(?:\w+ )?…\w{0,4}|.*\b\w{3}_…\w{0,4}\b.*", re.DOTALL)
_MOST_NAMES = 40  # fields that are named where one is absent


def mask_secrets(value: Json, *, everything: bool = False) -> Json:
    """The same with its secrets masked: by the names of fields, and by the looks of texts. `everything` is one."""
    if isinstance(value, Mapping):
        secret = {"value"} if any(_is_secret(str(value.get(name)), "") for name in ("key", "name")) else set[str]()
        return {
            name: mask_secrets(one, everything=everything or name in secret or _is_secret(name, one))
            for name, one in value.items()
        }
    if isinstance(value, list):
        return [mask_secrets(one, everything=everything) for one in value]
    if isinstance(value, str) and value:
        return mask_whole(value) if everything else mask_text(value)
    return "…" if everything and value is not None and not isinstance(value, bool) else value


def masked_fields(value: Json, path: str = "body") -> str:
    """The first field that holds a mask in the place of a secret; empty where none does."""
    if isinstance(value, str):
        return path if _MASKED.fullmatch(value) else ""
    named = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    return next((found for name, one in named if (found := masked_fields(one, f"{path}.{name}"))), "")


def picked(answer: Json, fields: Sequence[str]) -> Json:
    """The chosen fields of each row, or of the one thing; a dot leads inside.

    What no row has is told, not refused: the operation is done.
    """
    if not fields:
        return answer
    if isinstance(answer, Mapping) and isinstance(answer.get("results"), list):
        rows = answer["results"]
        return {**answer, "results": [_pick(row, fields) for row in rows]} | _absent(rows, fields)
    if isinstance(answer, list):
        return [_pick(row, fields) for row in answer]
    return {**_pick(answer, fields), **_absent([answer], fields)} if isinstance(answer, Mapping) else answer


def _is_secret(name: str, value: Json) -> bool:
    """Whether a field holds a secret; a number of tokens is none."""
    return isinstance(value, str | list | Mapping) and bool(_SECRET.fullmatch(snake_case(name)))


def _pick(row: Json, fields: Sequence[str]) -> Json:
    if not isinstance(row, Mapping):
        return row
    found: dict[str, Any] = {}
    for field in fields:
        for value in _at(row, field.split(".")):
            found[field] = value
    return found


def _at(node: Json, path: Sequence[str]) -> Iterator[Json]:
    """The value at a path, none where there is none; of each item of a list on the way."""
    if not path:
        yield node
    elif isinstance(node, list):
        yield [value for one in node for value in _at(one, path)]
    elif isinstance(node, Mapping) and path[0] in node:
        yield from _at(node[path[0]], path[1:])


def _absent(rows: Sequence[Json], fields: Sequence[str]) -> dict[str, Any]:
    objects = [row for row in rows if isinstance(row, Mapping)]
    absent = [field for field in fields if not any(list(_at(row, field.split("."))) for row in objects)]
    if not objects or not absent:
        return {}
    return {"no_such_fields": absent, "fields": sorted({name for row in objects for name in row})[:_MOST_NAMES]}
