"""Waiting until somebody has signed in comes to an end."""

from __future__ import annotations

from pathlib import Path

import pytest

from posthog_wizard.cli import output
from posthog_wizard.errors import WizardError
from posthog_wizard.model import Secret
from posthog_wizard.operations.installations.manage import wait
from posthog_wizard.operations.installations.project_access import ProjectAccess
from tests.support.installed import LINEAR, NOTION, installed
from tests.support.machines import KEY


def test_nobody_signs_in(tmp_path: Path) -> None:
    with installed(tmp_path) as server, pytest.raises(WizardError) as caught:
        wait(ProjectAccess(server.url, Secret(KEY), "1"), NOTION, output, limit=0.3, pause=0.1)
    assert "nobody signed in within" in str(caught.value)
    assert f"authorize {NOTION}" in str(caught.value.hint)


def test_who_has_signed_in_already_is_not_waited_for(tmp_path: Path) -> None:
    with installed(tmp_path) as server:
        assert wait(ProjectAccess(server.url, Secret(KEY), "1"), LINEAR, output, limit=5, pause=60).id == LINEAR
        assert len(server.requests) == 1
