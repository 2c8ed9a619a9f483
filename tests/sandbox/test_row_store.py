"""Rows in SQLite: what is kept, what is taken back, and several processes at once."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from posthog_wizard.sandbox.row_store import RowStore, SampleRow


def samples() -> Iterator[SampleRow]:
    yield "plants", 1, {"id": 1, "name": "Fern"}
    yield "plants", 1, {"id": 2, "name": "Ivy", "deleted": True}
    yield "plants", 2, {"id": 3, "name": "Moss"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RowStore]:
    opened = RowStore(tmp_path / "new" / "rows.sqlite", samples)
    yield opened
    opened.close()


def names(store: RowStore, project: int = 1) -> list[str]:
    return [row["name"] for row in store.rows("plants", project)]


def test_rows_are_of_one_project_and_not_deleted(store: RowStore) -> None:
    assert (names(store), names(store, 2), names(store, 3)) == (["Fern"], ["Moss"], [])
    assert store.row("plants", 2, 1) == {"id": 2, "name": "Ivy", "deleted": True}
    assert store.row("plants", 3, 1) is None


def test_numbers_are_never_given_twice(store: RowStore) -> None:
    assert store.add("plants", {"name": "Palm"}, 1)["id"] == 4
    assert store.add("stones", {"name": "Flint"})["id"] == 1
    assert store.add("stones", {"id": "a-uuid", "name": "Chalk"})["id"] == "a-uuid"


def test_what_was_saved_is_there_for_the_next_process(store: RowStore, tmp_path: Path) -> None:
    store.save("plants", {"id": 1, "name": "Lily"}, 1)
    store.remove("plants", 3, 2)
    other = RowStore(tmp_path / "new" / "rows.sqlite", samples)
    assert (names(other), names(other, 2)) == (["Lily"], [])
    other.close()


def test_reset_begins_anew(store: RowStore) -> None:
    store.add("plants", {"name": "Palm"}, 1)
    store.reset()
    assert names(store) == ["Fern"]


def test_a_change_that_fails_is_taken_back(store: RowStore) -> None:
    def fail() -> None:
        with store.changing(), store.changing():
            store.add("plants", {"name": "Palm"}, 1)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert names(store) == ["Fern"]


def test_an_older_table_is_filled_anew(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "old.sqlite") as connection:
        connection.execute("CREATE TABLE documents (old TEXT)")
    connection.close()
    opened = RowStore(tmp_path / "old.sqlite", samples)
    assert names(opened) == ["Fern"]
    opened.close()


def test_eight_that_come_first_at_once(tmp_path: Path) -> None:
    together = threading.Barrier(8)

    def come(number: int) -> int:
        together.wait()
        opened = RowStore(tmp_path / "rows.sqlite", samples)
        made = opened.add("plants", {"name": f"Palm {number}"}, 1)
        opened.close()
        return int(made["id"])

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(come, range(8))) == list(range(4, 12))
