"""The sandbox on a shared machine: another user reads none of its files and is answered by none of its routes."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from posthog_wizard.errors import WizardError
from posthog_wizard.sandbox.api.known_keys import ALPHABET, KEYS, LENGTH, SANDBOX_KEY_PREFIX
from posthog_wizard.sandbox.posthog import ROUTES, leafline
from posthog_wizard.sandbox.sample import catalog
from tests.support import killed_starts
from tests.support.program import PASSED_ON, REPOSITORY, command, run, surroundings
from tests.support.sandboxes import Answer, Caller, lay_data
from tests.support.strangers import as_stranger, give_away, open_folder

ME = "/api/users/@me/"
PROGRAM, FOLDER = "posthog-wizard", "posthog-wizard/sandbox"  # below the folder for data
DATABASE = ("posthog.sqlite", "posthog.sqlite-wal", "posthog.sqlite-shm")
DATA = "leafline-1.parquet"


@contextmanager
def sandbox(share: Path, *, well_known_keys: bool = False) -> Iterator[Caller]:
    """The user's sandbox, where the commands have it."""
    opened = leafline(share / FOLDER, well_known_keys=well_known_keys)
    yield Caller(opened)
    opened.close()


@pytest.fixture
def share(tmp_path: Path) -> Path:
    """Where the folder for data is to be."""
    return tmp_path / "local/share"


@pytest.fixture
def own(share: Path) -> Iterator[Caller]:
    """A sandbox in which no documented key counts."""
    with sandbox(share) as caller:
        yield caller


# ------------------------------------------------------------------ files


def modes(share: Path) -> dict[str, str]:
    """Path -> mode of all that the sandbox has, with the wizard's folder; those above are `tests/test_own_files.py`'s."""
    found = share.rglob("*")
    return {str(path.relative_to(share.parent)): f"{stat.S_IMODE(path.stat().st_mode):o}" for path in found}


def private(*files: str, folders: tuple[str, ...] = ()) -> dict[str, str]:
    """The modes of a sandbox that nobody else can reach, with these files in it."""
    above = (f"share/{PROGRAM}", f"share/{FOLDER}")
    return {
        **dict.fromkeys((*above, *(f"share/{FOLDER}/{name}" for name in folders)), "700"),
        **{f"share/{FOLDER}/{name}": "600" for name in files},
    }


@pytest.fixture
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o277, 0o777], indirect=True, ids=oct)
def test_what_is_made_is_for_its_user_alone(umask: None, own: Caller, share: Path) -> None:
    assert own("POST", "dashboards/", {"name": "Mine"}, key=own.sandbox.key).status == 201
    assert modes(share) == private(*DATABASE)


def an_older_one(share: Path) -> None:
    """What an older version left, with a dashboard that its user made: no secrets, and everybody reads and writes."""
    with sandbox(share) as before:
        before("POST", "dashboards/", {"name": "Kept"}, key=before.sandbox.key)
    folder = share / FOLDER
    with sqlite3.connect(folder / "posthog.sqlite") as connection:
        connection.execute("DROP TABLE secrets")
    connection.close()
    (folder / "making-half").mkdir()
    (folder / "data.lock").touch()
    (folder / DATA).touch()
    subprocess.run(["chmod", "-R", "a+rwX", share / PROGRAM], check=True)


def test_an_older_one_is_narrowed_and_given_a_key_and_keeps_its_rows(share: Path) -> None:
    an_older_one(share)
    with sandbox(share) as caller:
        assert modes(share) == private(*DATABASE, "data.lock", DATA, folders=("making-half",))
        assert caller("GET", ME, key=catalog.SAMPLE_KEY).status == 401
        assert caller.get("dashboards/?search=Kept", key=caller.sandbox.key)["count"] == 1


@pytest.mark.timeout(600)
def test_a_start_that_is_killed_anywhere_is_made_good_by_the_next(tmp_path: Path) -> None:
    words = [sys.executable, str(Path(killed_starts.__file__)), str(tmp_path)]
    own = {**surroundings(tmp_path), "PYTHONPATH": str(REPOSITORY)}
    unmeasured = {name: value for name, value in own.items() if name not in PASSED_ON}  # 120 starts, of a second each
    done = subprocess.run(words, capture_output=True, env=unmeasured, check=True, timeout=500)
    starts = json.loads(done.stdout)
    assert len(starts) > 15
    good = {"projects": 2, "key": len(SANDBOX_KEY_PREFIX) + LENGTH, "modes": ["600"]}
    assert [start for start in starts if start != good] == []


def link(inside: str, outside: str) -> Callable[[Path], object]:
    """`inside` the folder for data a link to something beside it."""

    def lay(share: Path) -> None:
        path = share / inside
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(share.parent / outside)

    return lay


def strangers(name: str, make: Callable[[Path], object]) -> Callable[[Path], object]:
    """Something that another user made first, where everybody may write."""

    def lay(share: Path) -> None:
        (share / name).parent.mkdir(parents=True, exist_ok=True)
        (share / name).parent.chmod(0o777)
        make(share / name)
        give_away(share / name)

    return lay


def second_name(share: Path) -> None:
    (share / FOLDER).mkdir(parents=True)
    (share / FOLDER / "posthog.sqlite").hardlink_to(share.parent / "victim/file")


def pipe(share: Path) -> None:
    (share / FOLDER).mkdir(parents=True)
    os.mkfifo(share / FOLDER / "posthog.sqlite")


LINK, SOMEBODY = "a symbolic link", "belongs to another user"
REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "the folder is a link": (link(FOLDER, "victim"), LINK),
    "the folder is a link to nothing": (link(FOLDER, "nothing"), LINK),
    "the folder above is a link": (link(PROGRAM, "victim"), LINK),
    "the database is a link": (link(f"{FOLDER}/posthog.sqlite", "victim/file"), LINK),
    "the database is a link to nothing": (link(f"{FOLDER}/posthog.sqlite", "victim/new"), LINK),
    "the log is a link": (link(f"{FOLDER}/posthog.sqlite-wal", "victim/file"), LINK),
    "the shared memory is a link": (link(f"{FOLDER}/posthog.sqlite-shm", "victim/file"), LINK),
    "the journal is a link": (link(f"{FOLDER}/posthog.sqlite-journal", "victim/file"), LINK),
    "the events are a link": (link(f"{FOLDER}/{DATA}", "victim/file"), LINK),
    "the lock is a link": (link(f"{FOLDER}/data.lock", "victim/file"), LINK),
    "the database has a second name": (second_name, "a hard link"),
    "the database is a pipe": (pipe, "neither a file nor a folder"),
    "another's folder": (strangers(FOLDER, Path.mkdir), SOMEBODY),
    "another's folder above": (strangers(PROGRAM, Path.mkdir), SOMEBODY),
    "another's database": (strangers(f"{FOLDER}/posthog.sqlite", Path.touch), SOMEBODY),
    "another's log": (strangers(f"{FOLDER}/posthog.sqlite-wal", Path.touch), SOMEBODY),
    "another's events": (strangers(f"{FOLDER}/{DATA}", Path.touch), SOMEBODY),
}


def victim(share: Path) -> Path:
    """A folder and a file of the user's that the sandbox has no business with."""
    folder = share.parent / "victim"
    folder.mkdir(parents=True)
    (folder / "file").write_text("mine")
    return folder


def looks(folder: Path) -> list[tuple[str, int, bytes]]:
    return [(path.name, path.stat().st_mode, path.read_bytes()) for path in folder.iterdir()]


@pytest.mark.parametrize("case", REFUSED)
def test_what_somebody_else_may_have_put_there_is_refused(case: str, share: Path) -> None:
    lay, words = REFUSED[case]
    folder = victim(share)
    lay(share)
    before = folder.stat().st_mode, looks(folder)
    with pytest.raises(WizardError, match=words) as refused:
        leafline(share / FOLDER)
    assert str(share / PROGRAM) in refused.value.message
    assert refused.value.hint
    assert (folder.stat().st_mode, looks(folder)) == before


@pytest.mark.parametrize("words", [["sandbox"], ["mcp", "serve", "--sandbox"], ["mcp", "add", "cursor", "--sandbox"]])
def test_every_command_refuses_it(words: list[str], tmp_path: Path) -> None:
    (tmp_path / "home/.cursor").mkdir(parents=True)
    link(FOLDER, "victim")(tmp_path / "home/.local/share")
    done = run(words, tmp_path / "home")
    assert (done.code, done.out, LINK in done.err, "hint: " in done.err) == (1, "", True, True)
    assert not (tmp_path / "home/.cursor/mcp.json").exists()


# ------------------------------------------------------------------ keys


def test_each_store_has_a_key_and_tokens_of_its_own(own: Caller, tmp_path: Path) -> None:
    with sandbox(tmp_path / "other") as other:
        ours, theirs = secrets_of(own), secrets_of(other)
    assert not set(ours) & set(theirs)
    assert len(set(ours)) == 3
    assert {len(text.removeprefix(SANDBOX_KEY_PREFIX).removeprefix("phc_sandbox_")) for text in ours} == {LENGTH}
    assert set("".join(ours)) <= {*ALPHABET, "_"}


def secrets_of(caller: Caller) -> list[str]:
    """The key, and the tokens of both projects as three routes tell them."""
    key = caller.sandbox.key
    home = caller.get(f"/api/organizations/{catalog.ORGANIZATION_ID}/projects/", key=key)["results"]
    opened = [caller.get(ME, key=key)["team"], caller.get("/api/projects/1/", key=key)]
    return [key, *(row["api_token"] for row in (*home, *opened))]


def test_they_stay_through_restarts_and_resets(own: Caller, share: Path) -> None:
    before = secrets_of(own)
    own.sandbox.store.reset()
    assert secrets_of(own) == before
    with sandbox(share) as again:
        assert secrets_of(again) == before


def test_eight_that_come_first_at_once_have_one_key(share: Path) -> None:
    together = threading.Barrier(8)

    def come(stack: ExitStack) -> list[str]:
        together.wait()
        return secrets_of(stack.enter_context(sandbox(share)))

    with ExitStack() as stack, ThreadPoolExecutor(8) as pool:
        assert len({tuple(found) for found in pool.map(come, [stack] * 8)}) == 1


def by_header(caller: Caller, key: str) -> Answer:
    return caller("GET", ME, key=key)


def by_body(caller: Caller, key: str) -> Answer:
    return caller("POST", "mcp_tools/docs_search/", {"query": "flags", "personal_api_key": key}, key=None)


def by_query(caller: Caller, key: str) -> Answer:
    return caller("GET", f"{ME}?personal_api_key={key}", key=None)


WAYS = [by_header, by_body, by_query]


@pytest.mark.parametrize("way", WAYS)
def test_documented_keys_count_where_they_were_asked_for(
    way: Callable[[Caller, str], Answer], own: Caller, share: Path
) -> None:
    assert {way(own, key.value).status for key in KEYS} == {401}
    assert way(own, own.sandbox.key).status == 200
    with sandbox(share, well_known_keys=True) as open_to_all:
        assert [way(open_to_all, key).status for key in (catalog.SAMPLE_KEY, own.sandbox.key)] == [200, 200]
        assert secrets_of(open_to_all)[:3] == [catalog.SAMPLE_KEY, catalog.TOKEN, catalog.STAGING_TOKEN]


WRONG: dict[str, Callable[[str, str], str]] = {
    "nothing": lambda _key, _token: "",
    "the documented one": lambda _key, _token: catalog.SAMPLE_KEY,
    "the beginning": lambda _key, _token: SANDBOX_KEY_PREFIX,
    "all but the end": lambda key, _token: key[:-1],
    "more than all": lambda key, _token: f"{key}0",
    "other letters": lambda key, _token: key.swapcase(),
    "a project's token": lambda _key, token: token,
    "the documented token": lambda _key, _token: catalog.TOKEN,
    "half a character": lambda _key, _token: "\ud800",
    "another alphabet": lambda key, _token: key.replace("a", "\u0430") + "\u0430",
}


@pytest.mark.parametrize("case", WRONG)
def test_no_route_answers_without_the_key(case: str, own: Caller) -> None:
    wrong = WRONG[case](*secrets_of(own)[:2])

    def status(method: str, path: str) -> set[int]:
        place = path.format(project_id=1, organization_id=catalog.ORGANIZATION_ID, id=1, key=1, name=1)
        body = json.dumps({"personal_api_key": wrong}).encode()
        headers = {"Authorization": f"Bearer {wrong}"}
        return {own(method, place, body, key=None).status, own(method, place, key=None, **headers).status}

    closed = [route for route in ROUTES if not route.public]
    assert {(route.method, route.path): status(route.method, route.path) for route in closed} == {
        (route.method, route.path): {401} for route in closed
    }


def test_what_needs_no_key_is_on_the_way_to_one() -> None:
    open_ = {route.path for route in ROUTES if route.public}
    beginnings = ("/cli/authorize", "/oauth/", "/api/cli-auth/", "/.well-known/")
    assert {path for path in open_ if not path.startswith(beginnings)} == {"/api/schema/"}  # it tells of nobody's data


# ------------------------------------------------------------------ another user

REACH = """
def reached(path):
    try:
        os.listdir(path) if os.path.isdir(path) else open(path, "rb").close()
        return True
    except OSError:
        return False

def walk(path):
    inside = os.listdir(path) if os.path.isdir(path) and reached(path) else []
    return [path, *(deep for name in inside for deep in walk(os.path.join(path, name)))]

def asked(key):
    request = urllib.request.Request(sys.argv[2] + "/api/users/@me/", headers={"Authorization": "Bearer " + key})
    try:
        return urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10).status
    except urllib.error.HTTPError as error:
        return error.code

guesses = [os.path.join(sys.argv[1], ".local/share/posthog-wizard/sandbox", name) for name in sys.argv[3].split()]
seen = [path for path in {*walk(sys.argv[1]), *guesses} if reached(path)]
print(json.dumps({"reached": sorted(seen), "answers": sorted({asked(key) for key in sys.argv[4:]})}))
"""


def test_another_user_reaches_no_file_and_gets_no_answer() -> None:
    """The folder was there before, everybody could write into it, and the user's umask hides nothing."""
    with open_folder() as home, serving(home, umask=0) as told:
        names = " ".join((*DATABASE, DATA, "data.lock"))
        keys = [key.value for key in KEYS]
        said = as_stranger(
            "import encodings.idna, json, urllib.request, urllib.error", REACH, str(home), told["url"], names, *keys
        )
        assert Path(home / ".local/share" / FOLDER / DATA).is_file()
    reached = [str(Path(path).relative_to(home)) for path in json.loads(said)["reached"]]
    assert [path for path in reached if PROGRAM in path] == []
    assert "hello" in reached  # so it looked
    assert json.loads(said)["answers"] == [401]
    assert told["key"].startswith(SANDBOX_KEY_PREFIX)


@contextmanager
def serving(home: Path, *, umask: int) -> Iterator[dict[str, Any]]:
    """`posthog-wizard sandbox`, in a folder that was there before."""
    lay_data(home)
    (home / "hello").write_text("everybody may read this")
    subprocess.run(["chmod", "-R", "a+rwX", home], check=True)
    words, environment = command(["sandbox", "--json"]), surroundings(home)
    with subprocess.Popen(words, stdout=subprocess.PIPE, env=environment, cwd=home, umask=umask) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.send_signal(signal.SIGINT)
