"""A key in the journal's texts: hidden, recognised, and put back byte for byte."""

from __future__ import annotations

import json
from functools import reduce
from pathlib import Path

import pytest

from posthog_wizard.clients import CLIENTS
from posthog_wizard.errors import CredentialError
from posthog_wizard.install import journal
from posthog_wizard.install.apply import apply
from posthog_wizard.install.disk import Disk, this_disk
from posthog_wizard.install.history import read_history
from posthog_wizard.install.journal import sealed
from posthog_wizard.install.key_placeholder import KeyPlaceholder, placeholder_of, redact, restore
from posthog_wizard.install.key_purge import purge_key
from posthog_wizard.install.undo import Undo, plan_undo
from posthog_wizard.model import Machine, Outcome, Plan, Secret, Stored
from tests.support.machines import KEY
from tests.support.plans import add, remove
from tests.support.program import OTHER_KEY

HOST = "https://us.posthog.com"
REFERENCE = "keyring:default"
ESCAPED = KEY.replace("_", "\\u005f")
SLASHED = "pk/with+slash==/0123456789abcdef"


def line(text: str) -> bytes:
    """A line of the journal with this text."""
    return json.dumps({"step": 0, "text": text}).encode() + b"\n"


def veils(data: bytes) -> list[KeyPlaceholder]:
    """The veils that a covered run tells of."""
    lines = [json.loads(line) for line in data.splitlines() if line]
    return [placeholder_of(line) for line in lines if "veil" in line]


@pytest.mark.parametrize(
    ("text", "key", "spellings"),
    [
        (f'{{"Authorization": "Bearer {KEY}"}}', KEY, 1),
        (f"{KEY} and {KEY}", KEY, 1),
        (f"{KEY} and {ESCAPED}", KEY, 2),
        (KEY.replace("_", "\\u005F"), KEY, 1),
        (f"\\u0070{KEY[1:]}", KEY, 1),
        (f"ü\\n\x00{KEY}\\", KEY, 1),
        (SLASHED, SLASHED, 1),
        (SLASHED.replace("/", "\\/"), SLASHED, 1),
        (f"{OTHER_KEY} {KEY[:-1]}", KEY, 0),
    ],
)
def test_a_key_is_hidden_and_comes_back_as_it_was_spelled(text: str, key: str, spellings: int) -> None:
    run = line(text)
    covered = redact(run, Secret(key), REFERENCE, HOST)
    hidden = veils(covered)
    assert [placeholder[1:3] for placeholder in hidden] == [(REFERENCE, HOST)] * spellings
    assert KEY.encode() not in covered
    shown = json.loads(covered.splitlines()[0])["text"].encode("latin-1")
    assert reduce(lambda left, placeholder: restore(left, placeholder, Secret(key)), hidden, shown) == text.encode(
        "latin-1"
    )
    assert [(placeholder.fits(Secret(key)), placeholder.fits(Secret(OTHER_KEY))) for placeholder in hidden] == [
        (True, False)
    ] * spellings


def test_salts_differ_so_that_runs_do_not_tell_which_keys_are_the_same() -> None:
    first, second = (veils(redact(line(KEY), Secret(KEY), REFERENCE, HOST))[0] for _ in range(2))
    assert len({first.token, second.token}) == len({first.sha256, second.sha256}) == 2


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        (line("a"), line("a")),
        (b"\n" + line("a") + b"\n", b"\n" + line("a") + b"\n"),
        (line("a") + f'{{"text": "Bearer {KEY[:20]}'.encode(), line("a")),  # torn by a crash
        (line("a") + f'{{"text": "{KEY[:20]}'.encode() + b"\n" + line("b"), line("a") + b"damaged\n" + line("b")),
        (sealed(line("a")[:-1]).replace(b"a", b"b") + b"\n", b"damaged\n"),  # another sum
        (b"", b""),
    ],
)
def test_a_torn_end_goes_and_damage_stays_damage(data: bytes, kept: bytes) -> None:
    assert redact(data, Secret(KEY), REFERENCE, HOST) == kept


# ------------------------------------------------------------------ the whole journal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Cursor's file with a server of somebody else's."""
    path = tmp_path / "home/mcp.json"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b'{"mcpServers": {"mine": {"command": "x"}}}\n')
    return path


def do(here: Machine, plan: Plan) -> None:
    apply(plan, here, command="mcp add", disk=this_disk())


def holders(here: Machine, key: str = KEY) -> list[str]:
    """Our files in which the key stands."""
    files = (path for path in here.state_directory.rglob("*") if path.is_file())
    return [path.name for path in files if key.encode() in path.read_bytes()]


def back(here: Machine, stored: str | None) -> tuple[Outcome, ...]:
    """Take the last run back, with this key in the store."""

    def stored_key(placeholder: KeyPlaceholder) -> Secret:
        assert (placeholder.reference, placeholder.host) == (REFERENCE, HOST)
        if stored is None:
            raise CredentialError("the keyring holds no key for the profile `default`")
        return Secret(stored)

    history = read_history(here, Disk())
    run = history.last()
    plan = plan_undo(Undo(run, here, Disk(), CLIENTS, stored_key=stored_key), history)
    applied = apply(plan, here, command="mcp undo", disk=Disk(), undoes=run.change_id)
    return (*plan.resolved, *applied.outcomes)


def migrate(here: Machine, path: Path, size: int = 0) -> bytes:
    """An entry with the key, then one without, and no copy left; the file as it was in between."""
    path.write_bytes(b'{"mcpServers": {"mine": {"command": "' + b"x" * size + b'"}}}\n')
    do(here, add(path))
    inline = path.read_bytes()
    do(here, add(path, key=Stored()))
    assert len(holders(here)) == 2
    assert purge_key(here, Secret(KEY), REFERENCE, HOST) == ()
    assert (holders(here), KEY.encode() in path.read_bytes()) == ([], False)
    return inline


@pytest.mark.parametrize("size", [0, journal.WHOLE + 1])
def test_undo_is_byte_for_byte_while_the_store_holds_the_key(here: Machine, path: Path, size: int) -> None:
    inline = migrate(here, path, size)
    assert [one.outcome for one in back(here, KEY)] == ["restored"]
    assert path.read_bytes() == inline
    assert [one.outcome for one in back(here, None)] == ["restored"]  # the file itself holds the key again
    assert KEY.encode() not in path.read_bytes()


@pytest.mark.parametrize("size", [0, journal.WHOLE + 1])
@pytest.mark.parametrize(
    ("stored", "reason"),
    [
        (OTHER_KEY, "the key that stood there was replaced by another since"),
        (None, "the key that stood there is gone: the keyring holds no key for the profile `default`"),
    ],
)
def test_undo_is_refused_when_the_key_is_gone(
    here: Machine, path: Path, stored: str | None, reason: str, size: int
) -> None:
    migrate(here, path, size)
    before = path.read_bytes()
    (outcome,) = back(here, stored)
    assert (outcome.outcome, outcome.reason) == ("failed", reason)
    assert "mcp add" in (outcome.hint or "")
    assert path.read_bytes() == before
    assert holders(here) == []


def test_an_undo_that_needs_no_key_asks_no_store(here: Machine, path: Path) -> None:
    do(here, add(path, key=Stored()))
    added = path.read_bytes()
    purge_key(here, Secret(KEY), REFERENCE, HOST)
    do(here, remove(path))
    assert [one.outcome for one in back(here, None)] == ["restored"]
    assert path.read_bytes() == added


def test_a_rotation_in_a_large_file_does_not_leave_a_piece_of_the_old_key(here: Machine, path: Path) -> None:
    """Above a megabyte only the span that differs is kept, and two keys may begin and end alike."""
    new = f"{KEY[:10]}{OTHER_KEY[10:30]}{KEY[30:]}"
    path.write_bytes(b'{"mcpServers": {}, "x": "' + b"x" * journal.WHOLE + b'"}\n')
    do(here, add(path))
    do(here, add(path, key=Secret(new)))
    assert holders(here, KEY[12:28])
    purge_key(here, Secret(KEY), REFERENCE, HOST)
    assert holders(here, KEY[12:28]) == []
    assert holders(here, new[12:28])
    purge_key(here, Secret(new), REFERENCE, HOST)
    assert holders(here, new[12:28]) == []


def leak_into(*files: Path) -> None:
    for file in files:
        file.write_text(f"Bearer {KEY}")


def test_what_else_we_keep_is_masked_or_removed(here: Machine, path: Path) -> None:
    """A log, a text that an undo saved, and what a killed run left beside a client's file."""
    do(here, add(path))
    leftover = path.with_name(f".{path.name}.0123456789abcdef.posthog-wizard")
    saved = journal.folder(here) / "0001-abc-cursor-user-mcp.json"
    log = here.state_directory / "bug.log"
    leak_into(leftover, saved, log)
    assert purge_key(here, Secret(KEY), REFERENCE, HOST) == ()
    assert (leftover.exists(), saved.read_text(), log.read_text()) == (False, "Bearer phx_…Jt0B", "Bearer phx_…Jt0B")


def test_a_file_that_cannot_be_changed_is_named(here: Machine, path: Path) -> None:
    do(here, add(path))
    log = here.state_directory / "bug.log"
    log.write_text(KEY)
    log.chmod(0o400)
    assert purge_key(here, Secret(KEY), REFERENCE, HOST) == (log,)


def test_other_keys_stay(here: Machine, path: Path) -> None:
    do(here, add(path, key=Secret(OTHER_KEY)))
    purge_key(here, Secret(KEY), REFERENCE, HOST)
    assert len(holders(here, OTHER_KEY)) == 1
    assert read_history(here, Disk()).runs[0].placeholders == ()


def test_where_nothing_was_changed_there_is_nothing_to_clean(here: Machine) -> None:
    assert purge_key(here, Secret(KEY), REFERENCE, HOST) == ()
    assert not here.state_directory.exists()


def test_it_can_be_done_twice_and_for_two_keys(here: Machine, path: Path) -> None:
    inline = migrate(here, path)
    migrated = path.read_bytes()
    do(here, add(path, "second", key=Secret(OTHER_KEY)))
    purge_key(here, Secret(OTHER_KEY), REFERENCE, HOST)
    purge_key(here, Secret(KEY), REFERENCE, HOST)
    assert (holders(here), holders(here, OTHER_KEY)) == ([], [])
    assert [one.outcome for one in back(here, OTHER_KEY)] == ["restored"]
    assert path.read_bytes() == migrated
    assert [one.outcome for one in back(here, KEY)] == ["restored"]
    assert path.read_bytes() == inline
