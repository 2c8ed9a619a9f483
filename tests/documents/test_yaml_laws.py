"""The laws of editing YAML, over generated documents, judged by PyYAML, which reads YAML 1.1."""

from typing import Any

import yaml

from posthog_wizard.documents.yaml import load, parse
from tests.support.format_laws import Judged, hold, plain
from tests.support.yaml_documents import generate

EXAMPLES = 2000


def _judge(data: bytes) -> Any:
    try:
        return plain(yaml.load(data, yaml.CSafeLoader))
    except yaml.YAMLError as error:
        raise ValueError from error


def test_every_edit_keeps_the_laws() -> None:
    seen = hold(Judged(parse, load, _judge, generate), EXAMPLES)
    assert seen["added"] > EXAMPLES / 3
    assert seen["updated"] > EXAMPLES / 5
    assert seen["refused"] < EXAMPLES / 100
