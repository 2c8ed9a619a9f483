"""Where a key lives, as a text that holds no secret: `keyring:work`, `env:NAME`, `command:op read op://dev/posthog/key`."""

import re
import shlex
from typing import Literal, NamedTuple, get_args

from posthog_wizard.errors import WrongUsage

ReferenceKind = Literal["keyring", "file-store", "env", "file", "command"]
_StoreName = Literal["keyring", "file"]
_KINDS: tuple[ReferenceKind, ...] = get_args(ReferenceKind)
STORES: dict[_StoreName, ReferenceKind] = {"keyring": "keyring", "file": "file-store"}
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OUTSIDE = "use `env:NAME`, `file:PATH` or `command:ARGV`"


class KeyReference(NamedTuple):
    """One place of a key. `name`: whose key it is in our stores, else the variable, the path or the command line."""

    kind: ReferenceKind
    name: str

    @property
    def ours(self) -> bool:
        """Whether the key lies in a store that we write to."""
        return self.kind in STORES.values()

    @property
    def arguments(self) -> tuple[str, ...]:
        """The words of a command."""
        return tuple(shlex.split(self.name))

    def __str__(self) -> str:
        """The text that `parse_reference` takes."""
        return f"{self.kind}:{self.name}"


def parse_reference(text: str) -> KeyReference:
    """The reference that a text stands for. Raises WrongUsage."""
    word, _, name = text.strip().partition(":")
    kind = next((kind for kind in _KINDS if kind == word), None)
    if kind is None or not name.strip() or not name.isprintable():
        raise WrongUsage("this does not say where a key is: it does not have the form `KIND:NAME`", _OUTSIDE)
    reference = KeyReference(kind, name.strip())
    if reference.kind == "env" and not _VARIABLE.fullmatch(reference.name):
        raise WrongUsage(f"`{reference.name}` is not the name of a variable", "use letters, digits and `_`")
    try:
        if reference.kind == "command" and not (reference.arguments and reference.arguments[0]):
            raise WrongUsage("the command of a key is empty", _OUTSIDE)
    except ValueError as problem:
        raise WrongUsage(f"the command of a key cannot be read: {problem}", "close its quotes") from problem
    return reference
