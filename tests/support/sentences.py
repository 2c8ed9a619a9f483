"""Every sentence that the program can print, as it stands in the code: `python -m tests.support.sentences` lists them.

Texts are found by their look (three words and a space), so that none has to be registered; `{…}` stands for a value.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from posthog_wizard import errors

_PACKAGE = Path(errors.__file__).parent
_SAMPLE = _PACKAGE / "sandbox" / "sample"  # sentences of a made-up company
_ERRORS = {name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, errors.WizardError)}


class Sentence(NamedTuple):
    """A text and where it stands; `hint` where it is the advice of an error."""

    file: str
    line: int
    text: str
    hint: bool


@cache
def sentences() -> tuple[Sentence, ...]:
    """All of them, by file and line."""
    files = (path for path in sorted(_PACKAGE.rglob("*.py")) if _SAMPLE not in path.parents)
    return tuple(one for path in files for one in sorted(set(_of_file(path))))


def _of_file(path: Path) -> Iterator[Sentence]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    file = path.relative_to(_PACKAGE).as_posix()
    hints = {id(part) for call in ast.walk(tree) if isinstance(call, ast.Call) for part in _hints(call)}
    inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        text = _text(node)
        if id(node) in hints or (text and id(node) not in inner | docstrings and _is_sentence(text)):
            yield Sentence(file, getattr(node, "lineno", 0), text, id(node) in hints)


def _hints(call: ast.Call) -> Iterator[ast.expr]:
    """The texts that a call gives to an error as its hint."""
    named = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if named not in _ERRORS:
        return
    given = [*call.args[1:2], *(one.value for one in call.keywords if one.arg == "hint")]
    while given:
        node = given.pop()
        if isinstance(node, ast.IfExp):
            given += [node.body, node.orelse]
        elif _text(node):
            yield node


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{…}" for part in node.values)  # type: ignore[misc]
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _is_sentence(text: str) -> bool:
    return " " in text.strip() and len(re.findall(r"[A-Za-z]{2,}", text)) > 2


if __name__ == "__main__":
    for one in sentences():
        print(f"{one.file}:{one.line}: {one.text}")  # noqa: T201 - this is what it is for
