"""The formats of clients' documents behind one seam: JSON with comments, TOML, YAML.

A format reads a text into a `AnyDocument`, and a value's text (`AnyDocument.raw`) into its value. Each is imported when its first
document is read.

None of them is a library's writer: tomlkit and ruamel.yaml move comments, quotes or blank lines when they write a
file anew. One span of the text is replaced, the text before and after is read and compared, and a change that would
reach further is refused.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from posthog_wizard.documents.document import AnyDocument
from posthog_wizard.model import Dialect, FormatName, Json, KeyPath


class _Format(NamedTuple):
    """One format. `comment` is a pattern (with DOTALL) for a comment between the strings of a text, or what is left of one that began before."""

    name: FormatName
    parse: Callable[[bytes | None, Dialect], AnyDocument]
    load: Callable[[bytes, KeyPath], Json]
    comment: str


def _parse_json(data: bytes | None, dialect: Dialect) -> AnyDocument:
    if dialect.json5:
        from posthog_wizard.documents import json5  # noqa: PLC0415 - start time, as below

        return json5.parse(data, dialect)
    from posthog_wizard.documents import jsonc  # noqa: PLC0415

    return jsonc.parse(data, dialect)


def _load_json(raw: bytes, _keys: KeyPath) -> Json:
    from posthog_wizard.documents.values import load  # noqa: PLC0415

    return load(raw)


def _parse_toml(data: bytes | None, dialect: Dialect) -> AnyDocument:
    from posthog_wizard.documents import toml  # noqa: PLC0415

    return toml.parse(data, dialect)


def _load_toml(raw: bytes, keys: KeyPath) -> Json:
    from posthog_wizard.documents import toml  # noqa: PLC0415

    return toml.load_toml(raw, keys)


def _parse_yaml(data: bytes | None, dialect: Dialect) -> AnyDocument:
    from posthog_wizard.documents import yaml  # noqa: PLC0415

    return yaml.parse(data, dialect)


def _load_yaml(raw: bytes, keys: KeyPath) -> Json:
    from posthog_wizard.documents import yaml  # noqa: PLC0415

    return yaml.load_yaml(raw, keys)


_HASH: Final = r"#[^\r\n]*"
FORMATS: Final[Mapping[FormatName, _Format]] = {
    one.name: one
    for one in (
        _Format("json", _parse_json, _load_json, r"//[^\n]*|/\*.*?(?:\*/|$)|\A(?:(?!/\*).)*?\*/"),
        _Format("toml", _parse_toml, _load_toml, _HASH),
        _Format("yaml", _parse_yaml, _load_yaml, _HASH),
    )
}
