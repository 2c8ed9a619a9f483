"""The laws of editing TOML, over generated documents, judged by tomllib."""

import tomllib
from typing import Any

import pytest
import tomlkit

from posthog_wizard.documents.toml import TomlDocument, load_toml, parse
from posthog_wizard.model import RELAXED, Json, KeyPath
from tests.support.format_laws import Judged, hold
from tests.support.toml_documents import generate

SHARDS = 2  # of some 15 seconds each
EXAMPLES = 5000 // SHARDS


def _judge(data: bytes) -> Any:
    return tomllib.loads(data.decode("utf-8-sig"))


@pytest.mark.parametrize("shard", range(SHARDS))
def test_every_edit_keeps_the_laws(shard: int) -> None:
    seen = hold(Judged(parse, load_toml, _judge, generate), EXAMPLES, shard)
    assert seen["added"] > EXAMPLES / 3
    assert seen["updated"] > EXAMPLES / 5
    assert seen["refused"] < EXAMPLES / 100


class Careless(TomlDocument):
    """An editor that writes the whole file anew, as most programs do."""

    def put(self, keys: KeyPath, value: Json) -> bytes:
        text = super().put(keys, value).decode("utf-8-sig")
        return tomlkit.dumps(tomlkit.parse(text).unwrap()).encode()


def test_an_editor_that_writes_the_file_anew_breaks_the_laws() -> None:
    judged = Judged(lambda data: Careless(data, RELAXED), load_toml, _judge, generate)
    with pytest.raises(AssertionError):
        hold(judged, 50)
