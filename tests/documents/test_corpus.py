"""Files like those of real people: our entry comes, stays and goes, and nothing else moves."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from posthog_wizard.documents.formats import FORMATS
from posthog_wizard.model import RELAXED, FormatName, Item, KeyPath
from tests.support.format_laws import entry_for, plain, same, with_entry

CORPUS = Path(__file__).parent / "corpus"
KEYS: dict[str, KeyPath] = {
    "codex": ("mcp_servers", "posthog"),
    "vibe": ("mcp_servers", Item("name", "posthog")),
    "goose": ("extensions", "posthog"),
    "hermes": ("mcp_servers", "posthog"),
    "continue": ("mcpServers", Item("name", "posthog")),
}
JUDGES: dict[str, Callable[[bytes], Any]] = {
    "toml": lambda data: tomllib.loads(data.decode("utf-8-sig")),
    "yaml": lambda data: plain(yaml.safe_load(data)) or {},
}
LEAVE_AN_EMPTY_CONTAINER = {
    "hermes-none.yaml": b"model: x\n_config_version: 9\nmcp_servers: {}\n",
    "hermes-comment.yaml": b"# nothing yet\nmcp_servers: {}\n",
    "hermes-empty.yaml": b"mcp_servers: {}\n",
    "continue-none.yaml": b"name: a\nversion: 0.0.1\nschema: v1\nmcpServers: []\n",
}
"""In YAML a container that `put` had to make stays, as it does in JSON."""
FILES = sorted(CORPUS.glob("*.*ml"))


def _judge(path: Path, data: bytes) -> Any:
    return JUDGES[path.suffix[1:]](data)


def _name(path: Path) -> FormatName:
    return "toml" if path.suffix == ".toml" else "yaml"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_our_entry_comes_stays_and_goes(path: Path) -> None:
    data, keys, parse = path.read_bytes(), KEYS[path.stem.partition("-")[0]], FORMATS[_name(path)].parse
    after = parse(data, RELAXED).put(keys, entry_for(keys))
    assert same(_judge(path, after), with_entry(_judge(path, data), keys, entry_for(keys)))
    assert parse(after, RELAXED).put(keys, entry_for(keys)) == after
    assert parse(after, RELAXED).drop(keys) == LEAVE_AN_EMPTY_CONTAINER.get(path.name, data)
    assert parse(data, RELAXED).drop(keys) == data
