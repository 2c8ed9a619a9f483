"""The formats of clients' documents behind one seam: JSON with comments, TOML, YAML.

A format reads a text into an `AnyDocument`, and a value's text (`AnyDocument.raw`) into its value. Each is imported when its first
document is read.

None of them is a library's writer: tomlkit and ruamel.yaml move comments, quotes or blank lines when they write a
file anew. One span of the text is replaced, the text before and after is read and compared, and a change that would
reach further is refused.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final, NamedTuple

from posthog_wizard.documents.document import AnyDocument
from posthog_wizard.model import Dialect, FormatName, Json, KeyPath


def _late(module: str, function: str) -> Callable[..., Any]:
    """A function of a module that is imported when it is first called."""

    def call(*given: Any) -> Any:
        return getattr(import_module(f"{__package__}.{module}"), function)(*given)

    return call


class _Format(NamedTuple):
    """One format. `comment` is a pattern (with DOTALL) for a comment between the strings of a text, or what is left of one that began before."""

    name: FormatName
    parse: Callable[[bytes | None, Dialect], AnyDocument]
    load: Callable[[bytes, KeyPath], Json]
    comment: str


_HASH: Final = r"#[^\r\n]*"
FORMATS: Final[Mapping[FormatName, _Format]] = {
    one.name: one
    for one in (
        _Format(
            "json",
            lambda data, dialect: _late("json5" if dialect.json5 else "jsonc", "parse")(data, dialect),
            _late("values", "load"),
            r"//[^\n]*|/\*.*?(?:\*/|$)|\A(?:(?!/\*).)*?\*/",
        ),
        _Format("toml", _late("toml", "parse"), _late("toml", "load_toml"), _HASH),
        _Format("yaml", _late("yaml", "parse"), _late("yaml", "load_yaml"), _HASH),
    )
}
