"""The official tool takes the bundle, and a host that follows its code gets a server that answers."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from posthog_wizard import __version__
from tests.support.homes import home
from tests.support.installs import UV, Home, wheel_of_now
from tests.support.machines import KEY
from tests.support.mcp_process import Program
from tests.support.mcpb import mcpb, start_of
from tests.support.pip import pip_program
from tests.support.posthog import PostHog, SandboxKey
from tests.support.program import run
from tests.support.serving import instance

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("words", [("--host", "https://posthog.example.com", "--read-only"), ("--sandbox",)])
def test_the_official_tool_takes_it(words: tuple[str, ...], tmp_path: Path) -> None:
    place = home(tmp_path)
    manifest = run(["mcp", "bundle", *words, "--json"], place).document["manifest"]
    mcpb("unpack", place / "posthog.mcpb", tmp_path / "unpacked")
    assert "validation passes" in mcpb("validate", tmp_path / "unpacked/manifest.json")
    assert (tmp_path / "unpacked" / manifest["server"]["entry_point"]).is_file()
    assert "${" not in json.dumps(start_of(manifest, tmp_path / "unpacked", {}))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This version, as uv finds it where it is published."""
    return wheel_of_now(tmp_path_factory.mktemp("wheel"))


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[tuple[Home, PostHog]]:
    """A home in which somebody has stored the key of a PostHog on loopback."""
    place = home(tmp_path)
    with instance(SandboxKey(KEY)) as posthog:
        words = ("key", "set", "--host", posthog.url, "--store", "file", "--api-key-stdin")
        done = run(words, place, KEY)
        assert done.code == 0, done.err
        yield Home(place), posthog


@pytest.mark.parametrize("filled_in", [(), ("api_key", "host")])
def test_it_answers_with_a_stored_key_and_with_one_that_is_filled_in(
    filled_in: tuple[str, ...], wheel: Path, stored: tuple[Home, PostHog]
) -> None:
    made, posthog = stored
    given = {"api_key": KEY, "host": posthog.url}
    manifest = run(["mcp", "bundle", "--project", "2", "--json"], made.path).document["manifest"]
    start = start_of(manifest, made.path, {name: given[name] for name in filled_in})
    python = start["args"].index("--python") + 1
    words = [*start["args"][:python], sys.executable, *start["args"][python + 1 :]]
    around = {**made.environment, "UV_FIND_LINKS": str(wheel.parent), "PYTHONPATH": ""}
    command = (str(pip_program(*UV, start["command"])), *words)
    with Program(home=made.path, key=None, command=command, environment={**around, **start["env"]}) as program:
        assert program.initialize()["serverInfo"]["version"] == __version__
        assert "results" in program.call(1, "feature-flag-get-all")
