"""What only macOS and Windows can show: their real paths, rules for renaming and sharing, keyrings. CI runs it there.

Everything else about these systems is tested on all, with a machine that says it is one of them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from posthog_wizard.install.apply import apply
from posthog_wizard.machine import operating_system
from tests.support.guard import OUTSIDE
from tests.support.machines import machine
from tests.support.plans import add

HERE = operating_system(sys.platform)
KEYRING = """
import json, sys
from posthog_wizard.credentials import keyring_store
from posthog_wizard.errors import NoStoredKey
from posthog_wizard.model import Secret
place = ("posthog-wizard-test", "https://posthog.example.com")
keyring_store.write(*place, Secret(sys.argv[1]))
found = keyring_store.read(*place).reveal()
keyring_store.forget(*place)
try:
    keyring_store.read(*place)
except NoStoredKey:
    print(json.dumps([keyring_store.available(), found]))
"""
FOLDERS = """
import json
from posthog_wizard.machine import this_machine
machine = this_machine()
print(json.dumps([str(path) for path in (machine.state_directory, machine.config_directory, machine.data_directory)]))
"""


def outcome(path: Path, tmp_path: Path) -> str:
    """What becomes of an entry for that file."""
    return apply(add(path), machine(tmp_path, HERE), command="mcp add").outcomes[0].outcome


def python(*words: str, home: Path | None = None) -> Any:
    """The JSON that Python prints in a process of its own, with the real home or another."""
    own = {} if home is None else {"HOME": str(home), "USERPROFILE": str(home), "APPDATA": str(home / "Roaming")}
    done = subprocess.run(
        [sys.executable, *words], env={**OUTSIDE, **own}, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# ------------------------------------------------------------------ real paths


@pytest.mark.system("mac")
def test_our_folders_on_macos(tmp_path: Path) -> None:
    found = python("-c", FOLDERS, home=tmp_path)
    assert found == [str(tmp_path / "Library/Application Support/posthog-wizard")] * 3


@pytest.mark.system("windows")
def test_our_folders_on_windows(tmp_path: Path) -> None:
    found = python("-c", FOLDERS, home=tmp_path)
    assert found == [str(Path(os.environ["LOCALAPPDATA"]) / "posthog-wizard")] * 3


@pytest.mark.system("mac", "windows", ci=True)  # the journal stands in the user's own folder
def test_files_of_clients_stand_where_the_system_has_them(tmp_path: Path) -> None:
    below = {"mac": "Library/Application Support", "windows": "Roaming", "linux": ".config"}[HERE]
    words = ("-m", "posthog_wizard", "mcp", "add", "cursor", "vscode", "--oauth", "--force", "--json")
    document = python(*words, home=tmp_path)
    paths = [Path(row["path"]) for row in document["clients"]]
    assert paths == [tmp_path / ".cursor/mcp.json", tmp_path / below / "Code/User/mcp.json"]
    assert [path.exists() for path in paths] == [True, True]
    python("-m", "posthog_wizard", "mcp", "undo", document["change_id"], "--json", home=tmp_path)
    assert [path.exists() for path in paths] == [False, False]


@pytest.mark.system("mac")
def test_what_stands_below_a_link_of_the_system_is_written(tmp_path: Path) -> None:
    """`/tmp` leads to `/private/tmp`."""
    path = Path("/tmp") / f"posthog-wizard-{os.getpid()}.json"
    assert outcome(path, tmp_path) == "added"
    assert (path.exists(), Path("/tmp").is_symlink()) == (True, True)
    path.unlink()


# ------------------------------------------------------------------ real rename and sharing rules


@pytest.mark.system("windows")
def test_a_file_that_another_program_keeps_to_itself_stays_as_it_was(tmp_path: Path) -> None:
    """Python opens files without FILE_SHARE_DELETE, as many programs do: nothing can take their name."""
    path = tmp_path / "mcp.json"
    path.write_text("{}")
    with path.open():
        assert outcome(path, tmp_path) == "failed"
    assert (path.read_text(), [one.name for one in tmp_path.iterdir() if one.is_file()]) == ("{}", ["mcp.json"])
    assert outcome(path, tmp_path) == "added"


@pytest.mark.system("windows")
def test_a_file_that_is_read_only_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mcp.json"
    path.write_text("{}")
    path.chmod(0o444)
    assert (outcome(path, tmp_path), path.read_text()) == ("failed", "{}")


@pytest.mark.system("mac", "windows")
def test_letters_of_another_case_name_the_same_file(tmp_path: Path) -> None:
    folder = tmp_path / "client"
    folder.mkdir()
    (folder / "MCP.json").write_text('{"mcpServers": {"other": {"url": "https://example.com"}}}')
    assert outcome(folder / "mcp.json", tmp_path) == "added"
    files = list(folder.iterdir())
    assert len(files) == 1
    assert list(json.loads(files[0].read_text())["mcpServers"]) == ["other", "posthog"]


@pytest.mark.system("mac")
@pytest.mark.parametrize(
    ("give", "tell", "told"),
    [
        (("xattr", "-w", "com.example.note", "kept"), ("xattr", "-p", "com.example.note"), "kept"),
        (("chmod", "+a", "everyone deny delete"), ("ls", "-le"), "everyone deny delete"),
    ],
)
def test_attributes_and_access_lists_stay(
    give: tuple[str, ...], tell: tuple[str, ...], told: str, tmp_path: Path
) -> None:
    path = tmp_path / "mcp.json"
    path.write_text("{}")
    subprocess.run([*give, path], check=True)
    assert outcome(path, tmp_path) == "added"
    assert told in subprocess.run([*tell, path], capture_output=True, text=True, check=True).stdout


# ------------------------------------------------------------------ real keyrings


@pytest.mark.system("mac", "windows", ci=True)
def test_the_keyring_of_the_system_keeps_a_key(tmp_path: Path) -> None:
    names = {"mac": "macOS Keyring", "windows": "Windows WinVaultKeyring", "linux": ""}
    assert python("-c", KEYRING, "phx_of_a_test") == [names[HERE], "phx_of_a_test"]
