"""What operations do, in our words: `words.txt` names what the API has, the method says what is done with it."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

from posthog_wizard.model import NOTHING
from posthog_wizard.openapi.model import Operation

Verb = Literal["list", "get", "create", "update", "delete", "action"]
_FILE = Path(__file__).with_name("words.txt")
_VALUE = re.compile(r"\{\w+\}/?")
_VERBS: Mapping[str, Verb] = {"POST": "create", "PATCH": "update", "PUT": "update", "DELETE": "delete"}
_SENTENCES = {
    "list": "List {many}",
    "get": "Get {one}",
    "create": "Create {one}",
    "update": "Change {one}",
    "delete": "Delete {one}",
    "action": "{one}",
}
_OF_MANY = re.compile(r"/(?:activity|stats) .*s$")  # asked of all and of one, at two paths
_HEAD = re.compile(r"(.+?)(?= (?:of|in|to|for|by|from)\b| \(|$)")  # what gets the plural in `role of a member`


class Wording(NamedTuple):
    """A row of `words.txt`: what stands at a path, and how people call it, for some verbs alone."""

    name: str
    words: tuple[str, ...] = ()
    of_verbs: Mapping[str, tuple[str, ...]] = NOTHING


@cache
def wordings() -> Mapping[str, Wording]:
    """The rows of `words.txt` by their paths: `a, b | create: c` is the words a and b, and c where something is made."""
    found = dict[str, Wording]()
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    for line in (line for line in lines if line and not line.startswith("#")):
        path, name, *cells = (cell.strip() for cell in line.split("|"))
        words, of_verbs = tuple[str, ...](), dict[str, tuple[str, ...]]()
        for cell in cells:
            of, _, rest = cell.partition(": ")
            behind = rest and of in _SENTENCES
            said = tuple(phrase.strip() for phrase in (rest if behind else cell).split(",") if phrase.strip())
            if behind:
                of_verbs[of] = said
            else:
                words = said
        found[path] = Wording(name, words, of_verbs)
    return found


def resource_path(operation: Operation) -> str:
    """The path behind project or organization without identifiers: `dashboards/sharing`."""
    return _VALUE.sub("", operation.collection).rstrip("/")


def wording(path: str, *, plain: bool = True) -> Wording:
    """The row of a shape; where there is none, its own words."""
    found = wordings().get(path)
    if found is not None:
        return found
    parent, _, last = path.rpartition("/")
    words = re.sub(r"[_-]+", " ", last)
    if plain:
        return Wording(words.removesuffix("s"))
    return Wording(f"{words[:1].upper()}{words[1:]}" + (f" ({wording(parent).name})" if parent else ""))


def verb(operation: Operation) -> Verb:
    """What is done: an action of its own, or one of the usual five."""
    if wording(resource_path(operation), plain=operation.plain).name[:1].isupper():
        return "action"  # such a name says what is done, not what there is
    return _VERBS.get(operation.method) or ("get" if operation.path.endswith("}/") else "list")


def summary(operation: Operation) -> str:
    """One line, some ten words at most."""
    found, done = wording(resource_path(operation), plain=operation.plain), verb(operation)
    head = _HEAD.match(found.name)
    several = done == "action" or (head is not None and head[1].endswith("s"))
    one = found.name if several else f"{'an' if found.name[:1] in 'aeio' else 'a'} {found.name}"
    said = _SENTENCES[done].format(one=one, many=_plural(found.name))
    if "{" in operation.collection and _OF_MANY.search(f"{resource_path(operation)} {found.name}"):
        said += ", one of them"
    notes = ["deprecated"] * operation.deprecated + ["marks it as deleted"] * operation.deletes_by_patch
    return f"{said} ({', '.join(notes)})" if notes else said


def _plural(name: str) -> str:
    found = _HEAD.match(name)
    head = found[1] if found else name
    if head.endswith("y") and head[-2:-1] not in "aeiou":
        many = f"{head[:-1]}ies"
    else:
        many = head if head.endswith("s") else f"{head}s"
    return many + name[len(head) :]
