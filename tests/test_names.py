"""One word for one thing: a public name has one definition, and what a single module uses is private.

A reader who meets a name in two files must be able to take it for the same thing.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

PACKAGE = "posthog_wizard"
ROOT = Path(__file__).parent.parent

# A name that several modules define, with the reason why it is one thing there. At most 15.
SEAMS = {
    "CLIENT": "the row of one client, in each file of `clients`",
    "ROUTES": "the rows of one resource of the sandbox, joined in `sandbox.posthog`",
    "answer": "from a query to its answer, in each file of `sandbox.queries`",
    "choose_one": "a question: on a screen in `cli.screen_questions`, line by line in `cli.line_questions`",
    "choose_several": "as above",
    "confirm": "as above",
    "hidden_key": "as above",
    "text_line": "as above",
    "command": "the function of one command, read by `cli.app`",
    "forget": "a store's way to lose a key, behind `credentials.store`",
    "log": "the module's logger",
    "parse": "from bytes to a document, in each format behind `documents`",
    "read": "a store's way to give a key, behind `credentials.store`",
    "run": "from options to what came of them: a use case in each file of `operations`, a whole command line in `cli.main`",
    "write": "a store's way to take a key, behind `credentials.store`",
}
VOCABULARIES = {f"{PACKAGE}.errors", f"{PACKAGE}.model", f"{PACKAGE}.__main__"}  # made to be used by all

# A file name in two packages, with the reason why it is one thing there.
MODULES = {
    "add": "the command",
    "api": "PostHog's REST API: what asks it, and what answers it in the sandbox",
    "bridge": "the command, and the room that it starts",
    "bundle": "the command",
    "call": "a call of a tool: what its function is given, and the command that makes one",
    "dashboards": "the resource: as the sandbox keeps it, as a toolset speaks of it",
    "doctor": "the command, and the room that it starts",
    "errors": "what can go wrong: everywhere, and between the bridge and its server",
    "experiments": "the resource",
    "flags": "the resource",
    "forget": "the command",
    "insights": "the resource",
    "installations": "the MCP servers that are installed in a project",
    "keys": "the commands about the key store",
    "list": "the command",
    "login": "the command",
    "model": "the frozen values: of the whole program, of PostHog's API",
    "remove": "the command",
    "rotate": "the command",
    "run": "a process that a client starts, from its first line to its last",
    "sandbox": "the command, and the room that it starts",
    "set": "the command",
    "show": "the command",
    "surveys": "the resource",
    "tools": "the command, and the room that it shows",
    "undo": "the command, and the plan that it carries out",
}  # fmt: skip


@cache
def trees() -> dict[str, ast.Module]:
    """Every file of the package and of the tests."""
    files = [path for folder in (PACKAGE, "tests") for path in sorted((ROOT / folder).rglob("*.py"))]
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in files]
    return {name: ast.parse(path.read_bytes()) for name, path in zip(names, files, strict=True)}


def ours() -> dict[str, ast.Module]:
    """The package alone."""
    return {module: tree for module, tree in trees().items() if module.split(".")[0] == PACKAGE}


def definitions(statements: Iterable[ast.stmt]) -> Iterator[tuple[str, ast.stmt]]:
    """What a module defines, with the statement."""
    for statement in statements:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield statement.name, statement
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            stored = [node for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)]
            yield from ((node.id, statement) for node in stored)
        elif isinstance(statement, ast.If | ast.Try):
            yield from definitions([*statement.body, *statement.orelse])


@cache
def public() -> dict[str, dict[str, ast.stmt]]:
    """The public names of each module of ours."""
    return {
        module: {name: node for name, node in definitions(tree.body) if not name.startswith("_")}
        for module, tree in ours().items()
    }


@cache
def promised() -> set[str]:
    """The methods of protocols: a module may be what keeps the promise."""
    classes = [node for tree in ours().values() for node in tree.body if isinstance(node, ast.ClassDef)]
    protocols = [each for each in classes if "Protocol" in map(ast.unparse, each.bases)]
    return {method.name for each in protocols for method in each.body if isinstance(method, ast.FunctionDef)}


@cache
def used() -> set[tuple[str, str]]:
    """(module, name) of what other files import, or reach through an imported module."""
    return {pair for module, tree in trees().items() for pair in _used_by(module, tree)}


def _used_by(module: str, tree: ast.Module) -> Iterator[tuple[str, str]]:
    imported = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    pairs = [(str(node.module), alias) for node in imported for alias in node.names]
    aliases = {alias.asname or alias.name: f"{base}.{alias.name}" for base, alias in pairs}
    yield from ((base, alias.name) for base, alias in pairs if base != module)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in aliases:
            yield aliases[node.value.id], node.attr
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and PACKAGE in node.value:  # a program's text
            for base, names in re.findall(rf"from ({PACKAGE}[\w.]*) import ([\w, ]+)", node.value):
                yield from ((base, name.strip()) for name in names.split(","))


def is_private_by_rights(module: str, name: str, node: ast.stmt) -> bool:
    """Whether nobody else uses it, and no registry reads it: a decorated function is one's row."""
    decorators = [ast.unparse(each) for each in getattr(node, "decorator_list", ())]
    by_registry = any(not each.startswith(("dataclass", "cache", "contextmanager", "final")) for each in decorators)
    exported = "__all__" in public()[module] or ("__all__", name) in used()
    return not (by_registry or exported or name in SEAMS or name in promised() or (module, name) in used())


def _several(places: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for name, place in places:
        found[name].append(place)
    return {name: places for name, places in found.items() if len(places) > 1}


def shared_names() -> dict[str, list[str]]:
    """Public names with several definitions."""
    return _several((name, module) for module, names in public().items() for name in names)


def shared_stems() -> dict[str, list[str]]:
    """File names that several packages have."""
    return _several((module.rpartition(".")[2], module) for module in ours())


def test_no_public_name_has_two_meanings() -> None:
    assert {name: places for name, places in shared_names().items() if name not in SEAMS} == {}


def test_what_a_single_module_uses_is_private() -> None:
    names = ((module, name, node) for module, names in public().items() for name, node in names.items())
    assert [each[:2] for each in names if each[0] not in VOCABULARIES and is_private_by_rights(*each)] == []


def test_no_file_name_has_two_meanings() -> None:
    assert {stem: places for stem, places in shared_stems().items() if stem not in MODULES} == {}


def test_no_exception_outlives_its_reason() -> None:
    assert [name for name in SEAMS if name not in shared_names()] == []
    assert [stem for stem in MODULES if stem not in shared_stems()] == []


def test_the_exceptions_are_few() -> None:
    assert len(SEAMS) <= 15
