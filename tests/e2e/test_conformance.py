"""The official conformance suite judges our server: https://github.com/modelcontextprotocol/conformance.

Its other scenarios want tools, prompts and resources of a server that was made for it, or judge HTTP, which is not ours.
"""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.support.mcp_over_http import over_http
from tests.support.npm import npm_program
from tests.support.real_clients import node_folder
from tests.support.serving import bench

pytestmark = pytest.mark.e2e
SUITE = ("@modelcontextprotocol/conformance", "0.2.0-alpha.12", "conformance")  # the first that knows both eras
LISTS = {"completion-complete", "tools-list", "resources-list", "prompts-list"}
LEGACY = LISTS | {"server-initialize", "server-session-lifecycle", "ping"}
LATER = LISTS | {"caching", "sep-2164-resource-not-found", "input-required-result-unsupported-methods"}


@pytest.mark.parametrize(("version", "scenarios"), [("2025-11-25", LEGACY), ("2026-07-28", LATER)])
def test_the_conformance_suite_finds_nothing(version: str, scenarios: set[str]) -> None:
    program = [str(node_folder() / "node"), str(npm_program(*SUITE)), "server", "--requirements", version]
    with bench() as made, over_http(made.service()) as url:
        told = subprocess.run([*program, "--url", url], capture_output=True, text=True, check=False, timeout=240)
    assert scenarios - set(re.findall(r"(?m)^✓ ([\w-]+): ", told.stdout)) == set(), told.stdout
