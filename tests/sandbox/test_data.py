"""The sample data: the same for everybody, fresh every day, made once, whole or not at all."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from datetime import date, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest

from posthog_wizard.errors import WizardError
from posthog_wizard.installer import this_installer
from posthog_wizard.sandbox.engine import Engine, EngineLimits
from posthog_wizard.sandbox.sample import catalog, data
from tests.support.homes import home
from tests.support.leafline import FUNNEL, Event, customers, named, people
from tests.support.program import run

Raw = tuple[Event, ...]


@pytest.mark.unfollowed  # the rows of `raw`, twice
def test_the_same_seed_makes_the_same_events() -> None:
    one, other = (list(islice(data.event_rows(lambda _done, _total: None), 2000)) for _ in range(2))
    assert one == other


@pytest.mark.usefixtures("raw")
def test_the_files_are_for_their_user_alone_and_no_half_is_left(leafline_directory: Path) -> None:
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in leafline_directory.iterdir()}
    assert modes == {data.FILE: 0o600, "data.lock": 0o600}


def test_a_file_that_duckdb_cannot_write_is_an_error_of_the_system(tmp_path: Path) -> None:
    def in_the_way(_done: int, _total: int) -> None:
        next(tmp_path.glob("*/rows.json")).with_name(data.FILE).mkdir(exist_ok=True)

    with pytest.raises(OSError, match="IO Error"):
        data.ensure(tmp_path, in_the_way)
    assert [path.name for path in tmp_path.iterdir()] == ["data.lock"]


def test_there_is_about_as_much_as_promised(raw: Raw) -> None:
    assert len(raw) == pytest.approx(50_000, rel=0.05)
    assert people(raw) == pytest.approx(catalog.PEOPLE, rel=0.05)


def test_every_event_and_property_is_in_the_story(raw: Raw) -> None:
    surveys = {
        f"$survey_response_{question['id']}"
        for survey in catalog.SAMPLE_ROWS["surveys"]
        for question in survey["questions"]
    }
    told = (
        {one.name for one in catalog.PROPERTIES["event"].values()}
        | surveys
        | {f"$feature/{flag['key']}" for flag in catalog.SAMPLE_ROWS["feature_flags"]}
    )
    assert {event.event for event in raw} == {one.name for one in catalog.EVENTS}
    assert {name for event in raw for name in event.properties} <= told
    assert {name for event in raw for name in event.about} <= catalog.PROPERTIES["person"].keys()


TYPES = {"Numeric": (int, float), "Boolean": (bool,)}


@pytest.mark.parametrize(
    "defined", [one for one in catalog.PROPERTIES["event"].values() if one.type in TYPES], ids=lambda one: one.name
)
def test_a_property_has_the_type_that_the_story_says(raw: Raw, defined: catalog.Definition) -> None:
    values = [event.get(defined.name) for event in raw if defined.name in event.properties]
    assert values
    assert {type(value) for value in values} <= set(TYPES[defined.type])


def test_every_step_of_the_funnel_loses_people(raw: Raw) -> None:
    reached = [people(named(raw, step)) for step in FUNNEL]
    assert reached == sorted(reached, reverse=True)
    assert all(later < 0.95 * earlier for earlier, later in pairwise(reached))


def test_nothing_happens_before_it_can(raw: Raw) -> None:
    first = {(event.person, event.event): event.at for event in reversed(raw)}
    pairs = pairwise(FUNNEL)
    everybody = {event.person for event in raw}
    assert not [
        (person, before, after)
        for before, after in pairs
        for person in everybody
        if (person, after) in first and first[person, after] < first[person, before]
    ]


def test_the_team_is_in_it(raw: Raw) -> None:
    assert people(raw) - people(customers(raw)) == 5


@pytest.mark.parametrize("issue", catalog.ISSUES, ids=lambda one: one.type)
def test_every_issue_has_its_errors(raw: Raw, issue: catalog.Issue) -> None:
    found = [event for event in raw if event.get("$exception_issue_id") == issue.id]
    assert len(found) == pytest.approx(issue.occurrences, rel=0.1)
    assert {event.get("$exception_fingerprint") for event in found} == {issue.fingerprint}


@pytest.mark.parametrize(("survey", "fewest"), [(catalog.NPS, 200), (catalog.CHURN, 10)])
def test_surveys_are_answered(raw: Raw, survey: dict[str, Any], fewest: int) -> None:
    sent = [event for event in named(raw, "survey sent") if event.get("$survey_id") == survey["id"]]
    assert len(sent) >= fewest
    assert all(event.get(f"$survey_response_{survey['questions'][0]['id']}") for event in sent)


DAYS = [
    "2026-03-10T15:30:00",
    "2026-03-10T00:00:01",
    "2026-12-31T23:59:59",
    "2024-02-29T12:00:00",
    "2031-01-01T06:00:00",
]


@pytest.mark.parametrize("now", DAYS)
def test_the_newest_day_is_always_today(leafline_directory: Path, now: str) -> None:
    clock = datetime.fromisoformat(now)
    engine = Engine(leafline_directory, now=lambda: clock)
    try:
        found = engine.sql(
            "SELECT max(timestamp), min(timestamp), count(*) FROM events WHERE timestamp > getvariable('now') - to_days(7)"
        )
        week = engine.sql("SELECT min(timestamp) FROM events").rows[0][0]
    finally:
        engine.close()
    newest = datetime.fromisoformat(found.rows[0][0][:-1])
    assert clock - timedelta(hours=12) < newest <= clock
    assert date.fromisoformat(week[:10]) == clock.date() - timedelta(days=catalog.DAYS - 1)
    assert found.rows[0][2] > 3000


def test_a_day_later_the_same_engine_has_moved_on(leafline_directory: Path) -> None:
    times = iter(datetime(2026, 3, day, 15) for day in (10, 11))  # noqa: DTZ001
    engine = Engine(leafline_directory, now=lambda: next(times))
    try:
        one, other = (engine.sql("SELECT min(timestamp), count(*) FROM events").rows[0] for _ in range(2))
    finally:
        engine.close()
    assert (other[0][:10], one[0][:10], one[1]) == ("2025-12-12", "2025-12-11", other[1])


def test_progress_is_told_and_an_older_version_gives_way(tmp_path: Path) -> None:
    (tmp_path / "leafline-0.parquet").write_bytes(b"old")
    (tmp_path / "mine.parquet").write_bytes(b"mine")
    told: list[tuple[int, int]] = []
    path = data.ensure(tmp_path, lambda done, total: told.append((done, total)))
    assert sorted(one.name for one in tmp_path.glob("*.parquet")) == [path.name, "mine.parquet"]
    assert (told[0], told[-1]) == ((0, catalog.PEOPLE), (catalog.PEOPLE, catalog.PEOPLE))
    assert told == sorted(told)
    before = path.stat()
    assert data.ensure(tmp_path, lambda _done, total: told.append((-1, total))) == path
    assert (path.stat().st_mtime_ns, told[-1][0]) == (before.st_mtime_ns, catalog.PEOPLE)


RACE = """
import json, sys
from datetime import datetime
from pathlib import Path
from posthog_wizard.sandbox.engine import Engine
engine = Engine(Path(sys.argv[1]), now=lambda: datetime(2026, 3, 10, 15, 30))
query = "SELECT count(), uniq(person_id), max(timestamp), sum(properties.amount) FROM events"
print(json.dumps(engine.query({"kind": "HogQLQuery", "query": query})["results"]))
"""


@pytest.mark.unfollowed  # one of them makes what all others of this file read
def test_six_processes_at_once_on_an_empty_directory_agree(tmp_path: Path) -> None:
    directory = tmp_path / "not" / "there"
    started = [
        subprocess.Popen([sys.executable, "-c", RACE, str(directory)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(6)
    ]
    said = [process.communicate(timeout=120) for process in started]
    assert {err for _, err in said} == {b""}
    assert len({out for out, _ in said}) == 1
    assert json.loads(said[0][0])[0][0] > 45_000
    assert sorted(one.suffix for one in directory.iterdir()) in ([".lock", ".parquet"], [".parquet"])


def test_what_is_cut_off_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / data.FILE).write_bytes(b"PAR1 and then nothing")
    engine = Engine(tmp_path)
    try:
        assert engine.query({"kind": "HogQLQuery", "query": "SELECT count() > 0 FROM events"})["results"] == [[True]]
    finally:
        engine.close()


WITHOUT = """
import sys
sys.modules["duckdb"] = None
from pathlib import Path
from posthog_wizard.sandbox.engine import Engine
from posthog_wizard.errors import WizardError
try:
    Engine(Path(sys.argv[1])).query({"kind": "HogQLQuery", "query": "SELECT 1"})
except WizardError as error:
    print(error.message, error.hint)
"""


def test_without_the_extra_it_says_how_to_get_it(tmp_path: Path) -> None:
    said = subprocess.run([sys.executable, "-c", WITHOUT, str(tmp_path)], capture_output=True, text=True, check=True)
    assert this_installer().install("sandbox") in said.stdout
    assert list(tmp_path.iterdir()) == []


SERVE = """
import sys
sys.modules["duckdb"] = None
from posthog_wizard.cli.main import run
sys.exit(run(["mcp", "serve", "--sandbox"]))
"""


def test_without_the_extra_a_server_says_so_at_its_start(tmp_path: Path) -> None:
    """Or its tools for rows would work, and each query fail."""
    done = run(["-c", SERVE], home(tmp_path))
    assert done.code == 2
    assert "the sandbox needs duckdb, which is not installed" in done.err
    assert this_installer().install("sandbox") in done.err


def test_a_directory_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WizardError, match="sample data"):
        Engine(tmp_path / "file" / "below").sql("SELECT 1")


def test_after_closing_it_loads_again(leafline_directory: Path) -> None:
    engine = Engine(leafline_directory, limits=EngineLimits(rows=10))
    engine.close()
    try:
        for _ in range(2):
            assert len(engine.sql("SELECT event FROM events").rows) == 11
            engine.close()
    finally:
        engine.close()


def test_the_file_is_read_by_any_duckdb(leafline_directory: Path) -> None:
    with duckdb.connect() as connection:
        path = str(data.ensure(leafline_directory))
        columns = connection.execute("SELECT name FROM parquet_schema(?) WHERE num_children IS NULL", [path]).fetchall()
    assert [name for (name,) in columns] == list(data.COLUMNS)
