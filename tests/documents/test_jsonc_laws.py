"""The laws of editing, over generated documents."""

import pytest

from tests.support.jsonc_documents import ODD
from tests.support.jsonc_laws import LAWS, Dumps, Law, Ours, hold

EXAMPLES = 150


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_we_keep_the_law(law: Law) -> None:
    seen = hold(law, Ours(), EXAMPLES)
    assert seen["all"] >= EXAMPLES
    assert seen["odd"] >= seen["all"] / 3
    assert min(seen[feature] for feature in ODD) >= seen["all"] / 40


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_an_editor_made_of_json_dumps_breaks_the_law(law: Law) -> None:
    with pytest.raises(AssertionError):
        hold(law, Dumps(), EXAMPLES)
