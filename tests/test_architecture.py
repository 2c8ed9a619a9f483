"""What an import-linter contract could only say by a list of files, which nobody keeps: laws over every import there is.

An import counts wherever it stands: within a function, or for types alone.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import grimp
import pytest

PACKAGE = "posthog_wizard"
ROOT = Path(__file__).parent.parent

# One library, one door: SDKs break yearly, and the damage then stays in one place. A room, or a module of one.
DOORS = {
    "fastmcp": set(),
    "httpcore": {"bridge", "net"},
    "httpx": {"api"},
    "keyring": {"credentials"},
    "mcp": {"analytics.middleware"},
    "mcp_types": set(),
    "platformdirs": {"machine"},
    "posthog": {"analytics"},
    "questionary": {"cli"},
    "rich": {"cli"},
    "ruamel": {"documents"},
    "tomlkit": {"credentials"},
    "truststore": {"net"},
    "typer": {"cli"},
}  # fmt: skip
# Registries: what their `__init__` imports as modules are units that know nothing of each other.
REGISTRIES = ["clients", "tools"]


@cache
def graph() -> grimp.ImportGraph:
    """Every import of the package."""
    return grimp.build_graph(PACKAGE, include_external_packages=True, cache_dir=None)


def cycles(imports: grimp.ImportGraph) -> set[frozenset[str]]:
    """The modules that import each other in a circle, each circle once."""
    circles = {module: _circle(imports, module) for module in imports.modules}
    return {frozenset({module, *others}) for module, others in circles.items() if others}


def _circle(imports: grimp.ImportGraph, module: str) -> set[str]:
    return imports.find_downstream_modules(module) & imports.find_upstream_modules(module) - {module}


def strangers(library: str) -> set[str]:
    """Modules of ours that import a library beside its doors."""
    found = graph().find_modules_that_directly_import(library) if library in graph().modules else set()
    doors = tuple(f"{PACKAGE}.{door}." for door in DOORS[library])
    return {module for module in found if not f"{module}.".startswith(doors)}


def units(registry: str) -> set[str]:
    """The modules that a registry's `__init__` joins."""
    tree = ast.parse((ROOT / PACKAGE / registry / "__init__.py").read_bytes())
    package = f"{PACKAGE}.{registry}"
    imported = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == package]
    return {f"{package}.{alias.name}" for node in imported for alias in node.names}


def test_no_module_imports_itself_in_a_circle() -> None:
    assert cycles(graph()) == set()


def test_a_circle_would_be_seen() -> None:
    imports = grimp.ImportGraph()
    imports.add_import(importer="a", imported="a.b")
    imports.add_import(importer="a.b", imported="c")
    imports.add_import(importer="c", imported="a")
    imports.add_import(importer="a", imported="d")
    assert cycles(imports) == {frozenset({"a", "a.b", "c"})}


@pytest.mark.parametrize("library", DOORS)
def test_a_library_has_its_doors(library: str) -> None:
    assert strangers(library) == set()


def test_no_door_is_open_for_nothing() -> None:
    opened = {
        (library, door)
        for library, doors in DOORS.items()
        for door in doors
        if not any(f"{m}.".startswith(f"{PACKAGE}.{door}.") for m in graph().find_modules_that_directly_import(library))
    }
    assert opened == set()


@pytest.mark.parametrize("registry", REGISTRIES)
def test_units_of_a_registry_do_not_import_each_other(registry: str) -> None:
    known = units(registry)
    assert len(known) > 5
    assert {unit: found for unit in known if (found := graph().find_modules_directly_imported_by(unit) & known)} == {}
