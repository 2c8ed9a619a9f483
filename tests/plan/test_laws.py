"""The laws of every edit, for every place of the clients, over generated files."""

from __future__ import annotations

import pytest
from hypothesis import Phase, given, seed, settings
from hypothesis import strategies as st

from posthog_wizard.clients import CLIENTS
from posthog_wizard.errors import NotSupported
from posthog_wizard.model import DesiredServer
from tests.support.founds import ALONE, PLACES, add, after, data, entries, outcome, remove, step
from tests.support.golden import WISHES, entry
from tests.support.texts import texts

QUICK = settings(database=None, phases=[Phase.generate])  # shrinking takes minutes
LIMITED_BY_THE_WISH = ALONE._replace(kept_limits=frozenset())  # else what was there goes on to limit the entry


def own_seed(client: str, place: int) -> int:
    """Of each place's texts: with one seed for all, places of one shape would have the same ones."""
    return PLACES.index((client, place))


def possible(client: str, place: int) -> list[DesiredServer]:
    """The wishes that a client can have in that place."""
    row = CLIENTS[client]
    return [desired for desired in WISHES.values() if isinstance(entry(row, row.places[place], desired), dict)]


@pytest.mark.parametrize(("client", "place"), PLACES)
def test_put_twice_is_put_once_and_drop_gives_the_original_bytes(client: str, place: int) -> None:
    @seed(own_seed(client, place))
    @settings(QUICK, max_examples=14)
    @given(texts(CLIENTS[client].places[place]), st.sampled_from(possible(client, place)))
    def law(text: bytes, desired: DesiredServer) -> None:
        written = step(add(client, text, desired, place=place))
        put = written.change.after or b""
        assert written.outcome == "added"
        assert entries(client, put, place).keys() - entries(client, text, place).keys() == {"posthog"}
        assert {k: v for k, v in data(put).items() if k in data(text)}.keys() == data(text).keys()
        assert outcome(add(client, put, desired, place=place))[0] == "unchanged"
        assert after(add(client, put, desired, place=place)) == put
        assert after(remove(client, put, place=place)) == text

    law()


@pytest.mark.parametrize(("client", "place"), PLACES)
def test_another_wish_replaces_the_first_and_the_rest_stays(client: str, place: int) -> None:
    desired_servers = possible(client, place)

    @seed(own_seed(client, place))
    @settings(QUICK, max_examples=10)
    @given(texts(CLIENTS[client].places[place]), st.sampled_from(desired_servers), st.sampled_from(desired_servers))
    def law(text: bytes, first: DesiredServer, second: DesiredServer) -> None:
        put = after(add(client, text, first, place=place))
        again = after(add(client, put, second, LIMITED_BY_THE_WISH, place=place))
        assert data(again) == data(after(add(client, text, second, place=place)))
        assert after(remove(client, again, place=place)) == text

    law()


@pytest.mark.parametrize("text", [None, b"", b" \n", b"null", b"\xef\xbb\xbf", b"{}", b'{"a": 1}'])
@pytest.mark.parametrize(("client", "place"), PLACES)
def test_what_a_wish_made_is_left_empty(client: str, place: int, text: bytes | None) -> None:
    """Without a container there is no byte to return to: the file's other values are as they were."""
    written = after(add(client, text, place=place))
    left = after(remove(client, written, place=place))
    before = data(text or b"{}")
    assert data(left) == {**before, CLIENTS[client].places[place].container[0]: {}}
    assert outcome(remove(client, text, place=place)) == ("unchanged", "there is no entry `posthog`")
    assert step(remove(client, text, place=place)).change.after == text


ROWS = [
    (client, place, name, entry(CLIENTS[client], CLIENTS[client].places[place], WISHES[name]))
    for client, place in PLACES
    for name in WISHES
]


@pytest.mark.parametrize(("client", "place", "name", "written"), [row for row in ROWS if isinstance(row[3], dict)])
def test_what_a_client_can_have_is_written_as_the_golden_files_say(
    client: str, place: int, name: str, written: object
) -> None:
    text = data(after(add(client, None, WISHES[name], place=place)))
    assert {key: value for key, value in text.items() if key != "inputs"} == written
    assert ("inputs" in text) == name.endswith("prompt")


@pytest.mark.parametrize(("client", "place", "name", "refusal"), [row for row in ROWS if isinstance(row[3], str)])
def test_what_a_client_cannot_have_is_skipped_or_an_error_when_it_was_named(
    client: str, place: int, name: str, refusal: str
) -> None:
    reason = refusal.removeprefix("not supported: ")
    assert outcome(add(client, None, WISHES[name], place=place)) == ("skipped", reason)
    with pytest.raises(NotSupported) as error:
        add(client, None, WISHES[name], ALONE._replace(named=True), place=place)
    assert error.value.exit_code == 2
    assert error.value.message == f"{CLIENTS[client].title}: {reason}"
