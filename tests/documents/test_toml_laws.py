"""The laws of editing TOML, over generated documents, judged by tomllib."""

import tomllib
from typing import Any

from posthog_wizard.documents.toml import load, parse
from tests.support.format_laws import Judged, hold
from tests.support.toml_documents import generate

EXAMPLES = 2000


def _judge(data: bytes) -> Any:
    return tomllib.loads(data.decode("utf-8-sig"))


def test_every_edit_keeps_the_laws() -> None:
    seen = hold(Judged(parse, load, _judge, generate), EXAMPLES)
    assert seen["added"] > EXAMPLES / 3
    assert seen["updated"] > EXAMPLES / 5
    assert seen["refused"] < EXAMPLES / 100
