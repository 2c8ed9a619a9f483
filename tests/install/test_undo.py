"""Taking runs back: whole files while they hold what we wrote, our entry alone when they moved on, or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from posthog_wizard.errors import NothingFound
from posthog_wizard.install import journal
from posthog_wizard.install.disk import Disk
from posthog_wizard.install.undo import Undo, plan_undo
from posthog_wizard.model import Machine, Plan, Prompted
from tests.support.disks import before_call
from tests.support.machines import lay
from tests.support.plans import add, remove, together
from tests.support.undoing import as_format_1, do, history, kinds, planned, undo

OTHER = b'{"mcpServers": {"other": {"url": "https://example.com"}}} // mine\n'
PROMPT = Prompted("posthog-api-key")


# ------------------------------------------------------------------ the file still holds what we wrote


@pytest.mark.parametrize(
    "before", [b"", b"{}", b"null", OTHER, b'\xef\xbb\xbf{\r\n\t"a": 1\r\n}', b"{}" + b" " * 1_200_000]
)
@pytest.mark.parametrize("bits", [0o644, 0o600])
def test_gives_back_exactly_what_was(here: Machine, path: Path, before: bytes, bits: int) -> None:
    path.write_bytes(before)
    path.chmod(bits)
    do(here, add(path))
    applied = undo(here)
    assert (kinds(applied), path.read_bytes(), path.stat().st_mode & 0o777) == (["restored"], before, bits)


def bits(path: Path) -> int:
    return path.stat().st_mode & 0o777


def exposed(path: Path) -> Plan:
    """What `add` plans for a file that others can read: it is closed."""
    plan = add(path)
    return plan._replace(steps=tuple(step._replace(mode=0o600) for step in plan.steps))


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o666, 0o755])
def test_gives_back_the_mode_and_takes_it_again(here: Machine, path: Path, mode: int) -> None:
    path.write_bytes(OTHER)
    path.chmod(mode)
    do(here, exposed(path))
    assert bits(path) == 0o600
    assert (kinds(undo(here)), bits(path), path.read_bytes()) == (["restored"], mode, OTHER)
    assert (kinds(undo(here, history(here).runs[-1].change_id)), bits(path)) == (["restored"], 0o600)


def test_gives_no_other_group_what_the_files_own_had(here: Machine, path: Path) -> None:
    path.write_bytes(OTHER)
    path.chmod(0o664)
    do(here, exposed(path))
    os.chown(path, -1, 4242)  # as where the group could not be kept
    assert (kinds(undo(here)), bits(path)) == (["restored"], 0o644)


def test_leaves_a_mode_that_was_changed_since(here: Machine, path: Path) -> None:
    path.write_bytes(OTHER)
    path.chmod(0o644)
    do(here, exposed(path))
    path.chmod(0o400 | 0o200 | 0o040)
    assert (kinds(undo(here)), bits(path), path.read_bytes()) == (["restored"], 0o640, OTHER)


@pytest.mark.parametrize("text", [OTHER, OTHER + b"// theirs"])
def test_gives_back_the_mode_alone_where_the_entry_is_gone(here: Machine, path: Path, text: bytes) -> None:
    path.write_bytes(OTHER)
    path.chmod(0o644)
    do(here, exposed(path))
    path.write_bytes(text)
    assert (kinds(undo(here)), bits(path), path.read_bytes()) == (["restored"], 0o644, text)


def test_opens_no_file_in_which_the_key_is_left_under_another_name(here: Machine, path: Path) -> None:
    path.write_bytes(OTHER)
    path.chmod(0o644)
    do(here, exposed(path))
    renamed = path.read_bytes().replace(b"posthog", b"ph", 1)
    path.write_bytes(renamed)
    assert (kinds(undo(here)), bits(path), path.read_bytes()) == (["unchanged"], 0o600, renamed)


def test_opens_no_file_in_which_a_later_run_left_a_key(here: Machine, path: Path) -> None:
    path.write_bytes(OTHER)
    path.chmod(0o644)
    first = do(here, exposed(path))
    do(here, add(path, "later"))
    assert (kinds(undo(here, first)), bits(path)) == (["restored"], 0o600)
    assert (b'"later"' in path.read_bytes(), b'"posthog"' in path.read_bytes()) == (True, False)


def test_a_change_of_the_mode_alone_is_a_change(here: Machine, path: Path) -> None:
    """Doctor's repair of a file that others can read."""
    do(here, add(path))
    path.chmod(0o644)
    (step,) = add(path).steps
    do(here, Plan((step._replace(outcome="updated", mode=0o600),)))
    assert bits(path) == 0o600
    assert (kinds(undo(here)), bits(path)) == (["restored"], 0o644)


def test_a_journal_of_old_says_nothing_of_modes(here: Machine, path: Path) -> None:
    path.write_bytes(OTHER)
    path.chmod(0o644)
    run = journal.folder(here) / f"{do(here, add(path))}.jsonl"
    assert b'"mode": null, ' in run.read_bytes()
    run.write_bytes(as_format_1(run.read_bytes()).replace(b'"mode": null, ', b""))
    assert (kinds(undo(here)), bits(path), path.read_bytes()) == (["restored"], 0o644, OTHER)


def test_gives_back_a_removed_entry(here: Machine, path: Path) -> None:
    path.write_bytes(OTHER)
    do(here, add(path))
    with_us = path.read_bytes()
    do(here, remove(path))
    assert (kinds(undo(here)), path.read_bytes()) == (["restored"], with_us)


def test_gives_back_a_replaced_entry(here: Machine, path: Path) -> None:
    old = OTHER.replace(b"other", b"posthog")
    path.write_bytes(old)
    do(here, add(path))
    assert (kinds(undo(here)), path.read_bytes()) == (["restored"], old)


def test_deletes_a_file_that_it_made_and_the_folders_too(here: Machine, tmp_path: Path) -> None:
    do(here, add(tmp_path / "a/b/mcp.json"))
    assert kinds(undo(here)) == ["restored"]
    assert not (tmp_path / "a").exists()


def test_leaves_a_folder_in_which_somebody_put_something(here: Machine, tmp_path: Path) -> None:
    do(here, add(tmp_path / "a/b/mcp.json"))
    (tmp_path / "a/theirs").touch()
    assert kinds(undo(here)) == ["restored"]
    assert [file.name for file in (tmp_path / "a").iterdir()] == ["theirs"]


def test_does_not_delete_what_became_a_link(here: Machine, path: Path) -> None:
    do(here, add(path))
    real = path.with_name("dotfile.json")
    path.rename(real)
    path.symlink_to(real)
    assert (kinds(undo(here)), json.loads(real.read_text())) == (["restored"], {"mcpServers": {}})
    assert path.is_symlink()


def test_takes_two_steps_on_one_file_back_in_reverse(here: Machine, path: Path) -> None:
    path.write_bytes(OTHER)
    do(here, together(add(path, "one"), add(path, "two", client="cursor")))
    assert (kinds(undo(here)), path.read_bytes()) == (["restored", "restored"], OTHER)


# ------------------------------------------------------------------ the file moved on

Change = Callable[[bytes], bytes]


def comment(text: bytes) -> bytes:
    return b"// mine\n" + text


def one_more(text: bytes) -> bytes:
    return text.replace(b'"posthog"', b'"more": {}, "posthog"', 1)


def reformat(text: bytes) -> bytes:
    return json.dumps(json.loads(text), indent=8).encode()


@pytest.mark.parametrize("change", [comment, one_more, reformat])
def test_takes_our_entry_out_of_a_file_that_moved_on(here: Machine, path: Path, change: Change) -> None:
    do(here, add(path))
    moved_on = change(path.read_bytes())
    path.write_bytes(moved_on)
    assert kinds(undo(here)) == ["restored"]
    left = path.read_bytes()
    assert (b"posthog" in left, b"// mine" in left, b'"more"' in left) == (
        False,
        b"// mine" in moved_on,
        b'"more"' in moved_on,
    )


def test_puts_a_removed_entry_back_into_a_file_that_moved_on(here: Machine, path: Path) -> None:
    do(here, add(path))
    entry = json.loads(path.read_text())["mcpServers"]["posthog"]
    do(here, remove(path))
    path.write_bytes(b'{"mcpServers": {"other": {}}}')
    assert kinds(undo(here)) == ["restored"]
    assert json.loads(path.read_text()) == {"mcpServers": {"other": {}, "posthog": entry}}


def edited(text: bytes) -> bytes:
    return text.replace(b"/mcp/posthog", b"/mcp/edited")


def broken(text: bytes) -> bytes:
    return text[:20]


@pytest.mark.parametrize(
    ("change", "said"),
    [(edited, "`mcpServers.posthog` was changed since"), (broken, "mcp.json:"), (lambda _text: b"[]", "not an object")],
)
def test_leaves_alone_what_is_not_ours_any_more_and_names_the_old_text(
    here: Machine, path: Path, change: Change, said: str
) -> None:
    path.write_bytes(OTHER)
    change_id = do(here, add(path))
    path.write_bytes(change(path.read_bytes()))
    now = path.read_bytes()
    (outcome,) = undo(here).outcomes
    saved = journal.folder(here) / f"{change_id}-cursor-user-mcp.json"
    assert (outcome.outcome, path.read_bytes(), saved.read_bytes()) == ("failed", now, OTHER)
    assert said in (outcome.reason or "")
    assert outcome.hint == f"copy by hand what you need from `{saved}`, which has the text from before"
    assert saved.stat().st_mode & 0o777 == 0o600


def test_saves_the_old_text_again_and_again(here: Machine, path: Path) -> None:
    path.write_bytes(OTHER)
    do(here, add(path))
    path.write_bytes(edited(path.read_bytes()))
    assert [kinds(undo(here)) for _ in range(2)] == [["failed"], ["failed"]]


def test_saves_nothing_in_a_dry_run(here: Machine, path: Path) -> None:
    path.write_bytes(OTHER)
    change_id = do(here, add(path))
    path.write_bytes(edited(path.read_bytes()))
    _, plan = planned(here, save=False)
    assert [outcome.outcome for outcome in plan.resolved] == ["failed"]
    assert [file.name for file in journal.folder(here).iterdir()] == [f"{change_id}.jsonl"]


def test_of_a_large_file_the_old_span_is_saved(here: Machine, path: Path) -> None:
    path.write_bytes(b'{"mcpServers": {"posthog": {"url": "https://old.example"}}, "x": "' + b"x" * 1_200_000 + b'"}')
    change_id = do(here, add(path))
    path.write_bytes(edited(path.read_bytes()))
    assert kinds(undo(here)) == ["failed"]
    assert b"old.example" in (journal.folder(here) / f"{change_id}-cursor-user-mcp.json").read_bytes()


def test_the_old_texts_of_files_of_one_name_are_saved_apart(here: Machine, tmp_path: Path) -> None:
    """VS Code's profiles have such files."""
    lay(tmp_path, f"a/mcp.json={OTHER.decode()}", f"b/mcp.json=// b\n{OTHER.decode()}")
    one, two = tmp_path / "a/mcp.json", tmp_path / "b/mcp.json"
    do(here, together(add(one), add(two)))
    one.write_bytes(edited(one.read_bytes()))
    two.write_bytes(edited(two.read_bytes()))
    saved = [Path(str(outcome.hint).split("`")[1]) for outcome in undo(here).outcomes]
    assert {path.read_bytes() for path in saved} == {OTHER, b"// b\n" + OTHER}


def test_says_when_there_was_no_text_before(here: Machine, path: Path) -> None:
    do(here, add(path))
    path.write_bytes(edited(path.read_bytes()))
    (outcome,) = undo(here).outcomes
    assert outcome.hint == "take the entry out by hand; there was no such file before"


def test_refuses_a_changed_file_without_known_edits(here: Machine, path: Path) -> None:
    path.write_bytes(OTHER)
    (step,) = add(path).steps
    do(here, Plan((step._replace(edits=()),)))
    path.write_bytes(comment(path.read_bytes()))
    (outcome,) = undo(here).outcomes
    assert (outcome.outcome, outcome.reason) == ("failed", f"{path}: the file was changed since")


def test_a_file_that_cannot_be_read_is_a_failure(here: Machine, path: Path) -> None:
    do(here, add(path))
    path.unlink()
    path.mkdir()
    assert kinds(undo(here)) == ["failed"]


def test_a_file_that_changes_while_we_take_back_is_planned_anew(here: Machine, path: Path) -> None:
    path.write_bytes(OTHER)
    do(here, add(path))

    def meddle() -> None:
        path.write_bytes(comment(path.read_bytes()))

    disk = before_call("fchmod", meddle)
    assert (kinds(undo(here, disk=disk)), path.read_bytes(), disk.acted) == (["restored"], b"// mine\n" + OTHER, 1)


def test_a_client_that_nobody_knows_any_more_is_a_failure(here: Machine, path: Path) -> None:
    do(here, add(path))
    past = history(here)
    plan = plan_undo(Undo(past.last(), here, Disk(), {}), past)
    assert [outcome.outcome for outcome in plan.resolved] == ["failed"]
    assert "does not know `cursor`" in str(plan.resolved[0].reason)


# ------------------------------------------------------------------ VS Code's questions


INPUT = {"type": "promptString", "id": "posthog-api-key", "description": "PostHog personal API key", "password": True}
THEIRS = {"type": "promptString", "id": "theirs"}


def inputs(path: Path) -> object:
    return json.loads(path.read_text()).get("inputs")


@pytest.mark.parametrize(
    ("before", "meanwhile", "left"),
    [
        ({}, {}, []),
        ({}, {"inputs": [INPUT, THEIRS]}, [THEIRS]),
        ({}, {"inputs": [THEIRS]}, [THEIRS]),
        ({"inputs": [THEIRS]}, {}, [THEIRS]),
        ({"inputs": [THEIRS]}, {"inputs": [INPUT]}, []),
    ],
)
def test_takes_out_our_question_alone(
    here: Machine, path: Path, before: object, meanwhile: dict[str, object], left: object
) -> None:
    path.write_text(json.dumps(before))
    do(here, add(path, client="vscode", key=PROMPT))
    now = json.loads(path.read_text())
    path.write_text(json.dumps({**now, "new": 1, **meanwhile}))
    assert kinds(undo(here)) == ["restored"]
    assert json.loads(path.read_text()) == {"servers": {}, "new": 1, "inputs": left}


def test_keeps_our_question_while_somebody_else_refers_to_it(here: Machine, path: Path) -> None:
    do(here, add(path, client="vscode", key=PROMPT))
    now = json.loads(path.read_text())
    now["servers"]["mine"] = {"url": "https://example.com", "headers": {"A": "Bearer ${input:posthog-api-key}"}}
    path.write_text(json.dumps(now))
    assert kinds(undo(here)) == ["restored"]
    assert (list(json.loads(path.read_text())["servers"]), inputs(path)) == (["mine"], [INPUT])


def test_puts_our_question_back_beside_new_ones(here: Machine, path: Path) -> None:
    do(here, add(path, client="vscode", key=PROMPT))
    do(here, remove(path, client="vscode"))
    path.write_text(json.dumps({"servers": {}, "inputs": [THEIRS]}))
    assert kinds(undo(here)) == ["restored"]
    assert (list(json.loads(path.read_text())["servers"]), inputs(path)) == (["posthog"], [THEIRS, INPUT])


# ------------------------------------------------------------------ nothing to take back


def test_what_is_gone_already_is_unchanged_and_done_with(here: Machine, path: Path) -> None:
    do(here, add(path))
    path.unlink()
    applied = undo(here)
    assert (applied.change_id, kinds(applied), applied.outcomes[0].reason) == (
        None,
        ["unchanged"],
        "the file holds what it held before",
    )
    with pytest.raises(NothingFound, match="there is no change to take back"):
        history(here).last()


def test_an_entry_that_was_taken_out_by_hand_is_unchanged(here: Machine, path: Path) -> None:
    path.write_bytes(OTHER)
    do(here, add(path))
    path.write_bytes(comment(OTHER))
    applied = undo(here)
    assert (kinds(applied), applied.outcomes[0].reason) == (["unchanged"], "the entry is as it was before")


def test_what_was_not_written_is_not_taken_back(here: Machine, path: Path) -> None:
    protected = path.with_name("protected.json")
    protected.write_bytes(OTHER)
    protected.chmod(0o444)
    do(here, together(add(protected), add(path)))
    applied = undo(here)
    assert [(o.outcome, o.reason) for o in applied.outcomes] == [
        ("restored", None),
        ("unchanged", "nothing was written then"),
    ]
