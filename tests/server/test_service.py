"""A call from arguments to text, without the protocol."""

from __future__ import annotations

import asyncio

import pytest

from posthog_wizard.errors import BadKey, WizardError
from posthog_wizard.server.service import LONGEST_ERROR, Service, UnknownTool, error_text, new_mark
from tests.support.posthog import Reply, web_page
from tests.support.serving import bench


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (
            Reply(200, {"results": [{"name": "no id"}]}),
            "does not answer like PostHog: an object with `id` was expected",
        ),
        (Reply(200, {"detail": "?"}), "did not answer with a list"),
        (Reply(200, ["?"]), "did not answer with a list"),
        (web_page(), "Error: "),
    ],
)
def test_an_odd_answer_of_posthog_is_no_end(reply: Reply, words: str) -> None:
    with bench() as made:
        made.posthog.will_answer("GET", "/api/projects/2/dashboards/", reply)
        broken, good = made.calls(("dashboards-get-all", {}), ("dashboards-get-all", {}))
        assert broken.failed
        assert words in broken.text
        assert not good.failed


def test_a_bug_of_ours_is_no_end() -> None:
    with bench() as made:
        made.posthog.will_answer("GET", "/api/projects/2/dashboards/11/", Reply(200, {"id": 11, "tiles": ["odd"]}))
        broken, good = made.calls(("dashboard-get", {"id": 11}), ("dashboard-get", {"id": 11}))
        assert broken.failed
        assert "a bug in posthog-wizard's `dashboard-get`: AttributeError" in broken.text
        assert not good.failed


def test_an_error_is_a_sentence_and_what_to_do() -> None:
    assert error_text(BadKey("it is wrong", "make another")) == "Error: it is wrong\nHint: make another"
    assert error_text(WizardError("it is wrong")) == "Error: it is wrong"


def test_an_error_is_never_long_and_never_holds_a_key() -> None:
    assert len(error_text(WizardError("x" * 10_000))) == LONGEST_ERROR + 1
    assert "phx_0123456789abcdef" not in error_text(WizardError("sent phx_0123456789abcdef"))


@pytest.mark.parametrize(
    ("name", "words"), [("dashboard-gets", "did you mean `dashboard-get`"), ("zzz", "there is no tool `zzz`$")]
)
def test_a_tool_that_does_not_exist(name: str, words: str) -> None:
    with bench() as made, pytest.raises(UnknownTool, match=words):
        made.call(name)


def test_marks_differ() -> None:
    assert len({new_mark() for _ in range(100)}) == 100


def test_many_calls_at_once() -> None:
    with bench() as made:

        async def at_once(service: Service) -> list[bool]:
            calls = (service.call("dashboards-get-all", {}) for _ in range(200))
            return [said.failed for said in await asyncio.gather(*calls)]

        assert made.use(at_once) == [False] * 200
