"""What a release is made of says one thing: version, owner, systems, hashes, and what is still to be done."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from posthog_wizard.credentials.environment import PERSONAL_KEY_VARIABLE
from posthog_wizard.settings import HOST, ORGANIZATION, PROJECT
from tests.support import install_links
from tests.support.homes import home
from tests.support.program import run
from tests.support.release import REPOSITORY, ROOT, SCHEMA, SERVER_JSON, SERVER_NAME, server_entry, text

TABLES = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT_FILE = TABLES["project"]
CONTAINER = (ROOT / "Containerfile").read_text(encoding="utf-8")
WORKFLOWS = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / ".github/workflows").iterdir()}
PAGE = install_links.PAGE.read_text(encoding="utf-8")
COMMANDS = re.findall(r"^(posthog-wizard .*?)(?:  .*)?$", PAGE, re.MULTILINE)
DIGEST = "by its digest too, once one was read where it is published"
TODO = {  # everything that is marked for later
    "Containerfile": [f"name the base image {DIGEST}"] * 2,
    "test.yml": [f"name the image {DIGEST}"],
    "release.yml": [],
}
ACTION = re.compile(r"uses: (?:[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$|\./\.github/workflows/test\.yml\b)")


def jobs(name: str) -> dict[str, Any]:
    """The jobs of a workflow."""
    found: dict[str, Any] = yaml.safe_load(WORKFLOWS[name])["jobs"]
    return found


def test_the_registry_s_entry_is_what_the_program_says() -> None:
    assert SERVER_JSON.read_text(encoding="utf-8") == text(server_entry())


@pytest.mark.parametrize("bundle", [None, b"a bundle"])
def test_the_registry_takes_the_entry(bundle: bytes | None) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft7Validator(schema).validate(server_entry(bundle))


def test_the_schema_would_refuse_another() -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    with pytest.raises(jsonschema.ValidationError, match="too long"):
        jsonschema.Draft7Validator(schema).validate({**server_entry(), "description": "x" * 101})


def test_the_entry_names_variables_that_are_read_and_holds_no_key() -> None:
    variables = server_entry()["packages"][0]["environmentVariables"]
    assert [one["name"] for one in variables] == [PERSONAL_KEY_VARIABLE, HOST, ORGANIZATION, PROJECT]
    assert [one["isSecret"] for one in variables] == [True, False, False, False]
    assert {"value", "default"}.isdisjoint(name for one in variables for name in one)


def test_registries_find_the_owner() -> None:
    assert f"<!-- mcp-name: {SERVER_NAME} -->" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert f'io.modelcontextprotocol.server.name="{SERVER_NAME}"' in CONTAINER
    assert f'org.opencontainers.image.source="https://github.com/{REPOSITORY}"' in CONTAINER
    assert f"https://github.com/{REPOSITORY}/issues" in (ROOT / "posthog_wizard/cli/failure.py").read_text(
        encoding="utf-8"
    )


def test_the_container_starts_our_server_without_rights_and_without_a_key() -> None:
    lines = [line for line in CONTAINER.splitlines() if line[:1].isupper()]
    entry = json.loads(lines[-1].removeprefix("ENTRYPOINT "))
    assert (Path(entry[0]).name, entry[1:]) == ("posthog-wizard", ["mcp", "serve"])
    assert "USER 10001" in lines
    assert {line.partition(" ")[0] for line in lines} <= {
        "FROM",
        "WORKDIR",
        "COPY",
        "RUN",
        "LABEL",
        "USER",
        "ENTRYPOINT",
    }
    assert [line for line in lines if line.startswith("FROM") and not re.search(r":\d", line)] == []


@pytest.mark.parametrize("name", WORKFLOWS)
def test_actions_are_pinned_by_hash(name: str) -> None:
    used = [line for line in WORKFLOWS[name].splitlines() if "uses:" in line]
    assert [line for line in used if not ACTION.search(line)] == []
    assert used != []


def test_what_is_still_to_be_done_is_listed() -> None:
    files = {"Containerfile": CONTAINER, **WORKFLOWS}
    assert {name: re.findall(r"TODO: (.*)", content) for name, content in files.items()} == TODO


def test_every_python_that_is_named_is_tested() -> None:
    matrix = jobs("test.yml")["systems"]["strategy"]["matrix"]
    named = [row.rpartition(" ")[2] for row in PROJECT_FILE["classifiers"] if "Python :: 3." in row]
    assert matrix["python"] == named
    assert PROJECT_FILE["requires-python"] == f">={named[0]}"
    assert [name.partition("-")[0] for name in matrix["system"]] == ["ubuntu", "macos", "windows"]


def test_nothing_is_published_that_was_not_tested() -> None:
    after = {name: job.get("needs") for name, job in jobs("release.yml").items()}
    assert after == {"test": None, "build": "test", "sign": "build", "pypi": "sign", "page": "pypi", "registry": "page"}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_job_may_do_no_more_than_it_says(name: str) -> None:
    """GitHub's own page is written by one job, and no job that runs our code, or what it installs, may publish or sign."""
    assert yaml.safe_load(WORKFLOWS[name])["permissions"] == {}
    writing = {job: one for job, one in jobs(name).items() if one["permissions"].get("contents") == "write"}
    assert set(writing) <= {"page"}
    naming = {job for job, one in jobs(name).items() if one["permissions"].get("id-token")}
    assert [job for job in naming if "pip" in str(jobs(name)[job]["steps"])] == []
    assert "secrets." not in WORKFLOWS[name]


@pytest.mark.parametrize("requirement", TABLES["build-system"]["requires"])
def test_what_builds_a_release_is_one_version(requirement: str) -> None:
    name = re.split(r"[<>=~]", requirement)[0]
    assert re.search(rf"^{name}==", (ROOT / ".ci/constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert 'PIP_CONSTRAINT="$PWD/.ci/constraints.txt"' in WORKFLOWS["release.yml"]


def test_the_table_of_links_is_what_the_program_knows() -> None:
    assert install_links.with_table(PAGE) == PAGE
    assert PAGE.count("](https://") >= len(install_links.LINKED) - 2  # VSCodium and Trae have no page that leads on


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_of_the_page_run(command: str, tmp_path: Path) -> None:
    assert run(shlex.split(command)[1:], home(tmp_path)).code == 0


def test_the_page_has_commands() -> None:
    assert len(COMMANDS) == 7
