"""`mcp bundle`: what a host finds in it, that the same choices give the same bytes, and what it is not written over."""

from __future__ import annotations

import ast
import json
import os
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from posthog_wizard import __version__
from posthog_wizard.invocation import invocation_of
from tests.support.homes import home
from tests.support.machines import KEY
from tests.support.program import Result, run

FLAGS = (
    "--organization",
    "0190a1b2",
    "--project",
    "5",
    "--features",
    "flags,docs",
    "--tools",
    "query-run",
    "--read-only",
)


def bundled(place: Path, *words: str, **more: Any) -> Result:
    """`mcp bundle WORDS --json`."""
    return run(["mcp", "bundle", *words, "--json"], place, **more)


def started(document: Any) -> tuple[str, ...]:
    """The words behind `posthog-wizard` with which a host starts it."""
    words: list[str] = document["manifest"]["server"]["mcp_config"]["args"]
    return tuple(words[words.index("posthog-wizard") + 1 :])


def members(path: Path) -> dict[str, str]:
    """The texts of a bundle's files."""
    with ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_a_bundle_starts_our_server_and_asks_for_key_and_host(tmp_path: Path) -> None:
    place = home(tmp_path)
    result = bundled(place)
    document, path = result.document, place / "posthog.mcpb"
    manifest = document["manifest"]
    assert (result.code, list(document)) == (0, ["schema", "error", "path", "sha256", "manifest"])
    assert (document["schema"], document["error"], document["path"]) == ("posthog-wizard.bundle/1", None, str(path))
    assert document["sha256"] == sha256(path.read_bytes()).hexdigest()
    assert json.loads(members(path)["manifest.json"]) == manifest
    assert (manifest["name"], manifest["version"]) == ("posthog", __version__)
    assert started(document) == ("mcp", "serve")
    assert manifest["server"]["mcp_config"]["env"] == {
        "POSTHOG_PERSONAL_API_KEY": "${user_config.api_key}",
        "POSTHOG_HOST": "${user_config.host}",
    }
    asked = {name: (one["required"], one["default"]) for name, one in manifest["user_config"].items()}
    assert asked == {"api_key": (False, ""), "host": (False, "")}
    assert manifest["user_config"]["api_key"]["sensitive"] is True


@pytest.mark.parametrize(
    ("words", "command", "host"),
    [
        (FLAGS, FLAGS, ""),
        (("--host", "https://posthog.example.com/sub/"), (), "https://posthog.example.com/sub"),
        (("--host", "http://10.0.0.5", "--allow-http"), ("--allow-http",), "http://10.0.0.5"),
        (("--host", "eu.posthog.com"), (), "https://eu.posthog.com"),
        (("--region", "eu"), (), "https://eu.posthog.com"),
        (("--profile", "work"), ("--profile", "work"), ""),
    ],
)
def test_choices(words: tuple[str, ...], command: tuple[str, ...], host: str, tmp_path: Path) -> None:
    document = bundled(home(tmp_path), *words).document
    assert invocation_of(("posthog-wizard", *started(document))) == invocation_of(
        ("posthog-wizard", "mcp", "serve", *command)
    )
    assert document["manifest"]["user_config"]["host"]["default"] == host


def test_the_entry_point_starts_what_the_manifest_starts(tmp_path: Path) -> None:
    place = home(tmp_path)
    document = bundled(place, *FLAGS).document
    script = members(place / "posthog.mcpb")["server.py"]
    called = ast.literal_eval(script.partition("(run(")[2].rpartition("))")[0])
    assert tuple(called) == started(document)
    assert f'"posthog-wizard=={__version__}"' in script


def test_the_limits_are_those_of_the_tools_that_it_names(tmp_path: Path) -> None:
    manifest = bundled(home(tmp_path), "--features", "docs", "--tools", "query-run").document["manifest"]
    assert [tool["name"] for tool in manifest["tools"]] == ["docs-search", "query-run"]


def test_the_sandbox_needs_neither_key_nor_host(tmp_path: Path) -> None:
    document = bundled(home(tmp_path), "--sandbox").document
    manifest = document["manifest"]
    assert (started(document), manifest["user_config"]) == (("mcp", "serve", "--sandbox"), {})
    assert manifest["display_name"] == "PostHog (sandbox)"
    assert manifest["server"]["mcp_config"]["env"] == {}
    assert f"posthog-wizard[sandbox]=={__version__}" in manifest["server"]["mcp_config"]["args"]


def test_nothing_of_the_environment_gets_in(tmp_path: Path) -> None:
    """A bundle is for other people's machines."""
    plain, dressed = home(tmp_path), {"POSTHOG_PERSONAL_API_KEY": KEY, "POSTHOG_HOST": "eu", "POSTHOG_PROJECT_ID": "7"}
    assert bundled(plain, "--out", "a.mcpb").document["sha256"] == bundled(plain, **dressed).document["sha256"]


def test_the_same_choices_give_the_same_bytes(tmp_path: Path) -> None:
    place = home(tmp_path)
    first = run(["mcp", "bundle", *FLAGS, "--out", "one.mcpb"], place)
    as_written = (place / "one.mcpb").stat().st_mtime_ns
    again = run(["mcp", "bundle", *FLAGS, "--out", "one.mcpb"], place)
    assert (place / "one.mcpb").stat().st_mtime_ns == as_written
    other = run(
        ["mcp", "bundle", *FLAGS, "--out", "two.mcpb"], place, process=True, PYTHONHASHSEED="7", TZ="Asia/Tokyo"
    )
    assert (first.code, again.code, other.code) == (0, 0, 0)
    assert ("written" in first.out, "unchanged" in again.out, "Settings > Extensions" in first.err) == (
        True,
        True,
        True,
    )
    assert (place / "one.mcpb").read_bytes() == (place / "two.mcpb").read_bytes()


def test_an_older_bundle_is_replaced(tmp_path: Path) -> None:
    place = home(tmp_path)
    before = bundled(place, "--read-only").document["sha256"]
    assert bundled(place).document["sha256"] != before
    assert sha256((place / "posthog.mcpb").read_bytes()).hexdigest() != before


def test_who_reads_an_older_bundle_while_it_is_replaced_reads_all_of_it(tmp_path: Path) -> None:
    place = home(tmp_path)
    bundled(place)
    path, other, link = place / "posthog.mcpb", place / "other", place / "link"
    before = path.read_bytes()
    other.hardlink_to(path)
    link.symlink_to(path)
    path.chmod(0o640)
    assert bundled(place, "--read-only", "--out", "link").code == 0
    assert (other.read_bytes(), link.is_symlink()) == (before, True)
    assert (path.read_bytes() != before, path.stat().st_mode & 0o777) == (True, 0o640)


@pytest.mark.parametrize(
    ("words", "code", "error", "hint"),
    [
        (("--out", "notes.txt"), 1, "no bundle of ours", "--out"),
        (("--out", "photos.zip"), 1, "no bundle of ours", "--out"),
        (("--out", "extension.zip"), 1, "no bundle of ours", "--out"),
        (("--out", "torn.zip"), 1, "no bundle of ours", "--out"),
        (("--out", "folder"), 1, "no bundle of ours", "--out"),
        (("--out", "pipe"), 1, "no bundle of ours", "--out"),
        (("--out", "/dev/null"), 1, "no bundle of ours", "--out"),
        (("--out", "nowhere/posthog.mcpb"), 1, "cannot be written", "--out"),
        (("--host", "us", "--region", "eu"), 2, "cannot be combined", "leave one"),
        (("--host", "http://10.0.0.5"), 2, "plain http", "--allow-http"),
        (("--sandbox", "--host", "us"), 2, "cannot be combined", "leave one"),
        (("--sandbox", "--profile", "work"), 2, "cannot be combined", "leave one"),
        (("--profile", "a b"), 2, "a profile's name", "--profile work"),
        (("--project", "Leafline"), 2, "not a project's number", "/project/NUMBER"),
        (("--features", "flgs"), 2, "`flgs`", "`flags`"),
        (("--ca-file", "/nowhere.pem"), 2, "/nowhere.pem", "PEM"),
        (("--name", ""), 2, "name", "--name posthog"),
        (("--api-key", "x"), 2, "--api-key", "--help"),
        (("--host", KEY), 2, "a PostHog key where none belongs", "--api-key-stdin"),
    ],
)
def test_refusals(words: tuple[str, ...], code: int, error: str, hint: str, tmp_path: Path) -> None:
    place = home(tmp_path)
    (place / "folder").mkdir()
    os.mkfifo(place / "pipe")
    (place / "notes.txt").write_text("mine")
    with ZipFile(place / "photos.zip", "w") as photos:
        photos.writestr("sea.jpg", "mine")
    with ZipFile(place / "extension.zip", "w") as extension:
        extension.writestr("manifest.json", "somebody's")
    (place / "torn.zip").write_bytes((place / "photos.zip").read_bytes().replace(b"PK\1\2", b"PK??"))
    before = {path: path.read_bytes() for path in place.glob("[!.]*.*")}
    result = bundled(place, *words)
    said = result.document["error"]
    assert (result.code, result.document["manifest"]) == (code, {})
    assert (error in said["message"], hint in said["hint"]) == (True, True), said
    assert {path: path.read_bytes() for path in place.glob("[!.]*.*")} == before
