"""The laws of editing YAML, over generated documents, judged by PyYAML, which reads YAML 1.1."""

from typing import Any

import pytest
import yaml

from posthog_wizard.documents.yaml import YamlDocument, load_yaml, parse
from posthog_wizard.model import RELAXED, Json, KeyPath
from tests.support.format_laws import Judged, hold, plain
from tests.support.yaml_documents import generate

SHARDS = 5  # of some 15 seconds each
EXAMPLES = 5000 // SHARDS


def _judge(data: bytes) -> Any:
    try:
        return plain(yaml.load(data, yaml.CSafeLoader))
    except yaml.YAMLError as error:
        raise ValueError from error


@pytest.mark.parametrize("shard", range(SHARDS))
def test_every_edit_keeps_the_laws(shard: int) -> None:
    seen = hold(Judged(parse, load_yaml, _judge, generate), EXAMPLES, shard)
    assert seen["added"] > EXAMPLES / 3
    assert seen["updated"] > EXAMPLES / 5
    assert seen["refused"] < EXAMPLES / 100


class Careless(YamlDocument):
    """An editor that writes the whole file anew, as most programs do."""

    def put(self, keys: KeyPath, value: Json) -> bytes:
        return str(yaml.safe_dump(yaml.safe_load(super().put(keys, value)))).encode()


def test_an_editor_that_writes_the_file_anew_breaks_the_laws() -> None:
    judged = Judged(lambda data: Careless(data, RELAXED), load_yaml, _judge, generate)
    with pytest.raises(AssertionError):
        hold(judged, 50)
