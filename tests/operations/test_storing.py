"""What is done with a key around a change of clients' files."""

from pathlib import Path

import pytest

from posthog_wizard.credentials.profiles import Profile
from posthog_wizard.errors import WriteRefused
from posthog_wizard.model import Machine, Secret
from posthog_wizard.operations.key_store.storing import purge
from tests.operations.test_add import Told
from tests.support.machines import KEY, machine


@pytest.fixture
def kept_by_another(tmp_path: Path) -> Machine:
    """A machine on which nobody gets the lock."""
    here = machine(tmp_path)
    (here.state_directory / "lock").mkdir(parents=True)
    return here


def test_a_journal_that_cannot_be_had_does_not_hide_what_was_changed_before(kept_by_another: Machine) -> None:
    told = Told()
    purge(kept_by_another, [Secret(KEY)], Profile("default"), told)
    (line,) = told.lines
    assert line.startswith("the key may still stand in what is kept of earlier runs, until this command runs again: ")
    assert KEY not in line


def test_a_key_is_not_forgotten_while_the_journal_may_hold_it(kept_by_another: Machine) -> None:
    with pytest.raises(WriteRefused):
        purge(kept_by_another, [Secret(KEY)], Profile("default"), Told(), required=True)
