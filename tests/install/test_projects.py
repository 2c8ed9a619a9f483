"""Which folder a project's file must not lead out of."""

from __future__ import annotations

from pathlib import Path

import pytest

from posthog_wizard.clients import CLIENTS
from posthog_wizard.install.detect import at_path, project_of
from posthog_wizard.model import Place
from tests.support.machines import lay


def project_place(client: str) -> Place:
    return next(place for place in CLIENTS[client].places if place.scope == "project")


@pytest.mark.parametrize(
    ("client", "path", "project"),
    [
        ("claude-code", "p/.mcp.json", "p"),
        ("cursor", "p/.cursor/mcp.json", "p"),
        ("cursor", "p/sub/.cursor/mcp.json", "p/sub"),
        ("zed", "p/.zed/settings.json", "p"),
        ("zed", "p/sub/other.json", "p"),  # `--config-path`: the nearest folder upwards with `.git`
        ("zed", "q/other.json", "q"),  # or the file's own
    ],
)
def test_a_projects_file_belongs_to_its_project(tmp_path: Path, client: str, path: str, project: str) -> None:
    lay(tmp_path, "p/.git/", "p/sub/", "q/")
    assert project_of(project_place(client), tmp_path / path) == tmp_path / project


def test_a_file_of_the_users_own_may_lead_anywhere(tmp_path: Path) -> None:
    assert project_of(CLIENTS["cursor"].places[0], tmp_path / ".cursor/mcp.json") is None


@pytest.mark.parametrize(("target", "read"), [("p/mine.json", True), ("mine.json", False), ("p-evil/mine.json", False)])
def test_a_link_out_of_the_project_is_not_read(tmp_path: Path, target: str, read: bool) -> None:
    lay(tmp_path, "p/.git/", "p/.cursor/", f"{target}={{}}")
    (tmp_path / "p/.cursor/mcp.json").symlink_to(tmp_path / target)
    found = at_path(CLIENTS["cursor"], tmp_path / "p/.cursor/mcp.json", "project")
    assert (found.content == b"{}", found.problem is None) == (read, read)
    assert ("a link leads out of the project" in str(found.problem)) == (not read)
