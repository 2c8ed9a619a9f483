"""Which words start this program, what proves it, and where it will be cleaned away."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from posthog_wizard.launcher import launcher_problem, launchers, short_lived, starts, with_proven_launcher
from posthog_wizard.model import OperatingSystem
from tests.support.machines import lay, machine

SCRIPT = "posthog-wizard"
STARTS = "#!/bin/sh\necho posthog-wizard 1.0"
MODULE = ("venv/bin/python", "-I", "-m", "posthog_wizard")
USER = "home/.local/lib/python3.13/site-packages/posthog_wizard"


def script(root: Path, path: str, interpreter: str) -> str:
    """A script there, whose first line names that program below the root."""
    lay(root, f"{path}!")
    (root / path).write_text(f"#!{root / interpreter}\n")
    return str(root / path)


def scripts_in(root: Path, interpreters: dict[str, str]) -> None:
    """Several, each with its interpreter."""
    for path, interpreter in interpreters.items():
        script(root, path, interpreter)


@pytest.mark.parametrize(
    ("system", "scripts", "argv0", "words", "proven"),
    [
        ("linux", {f"home/.local/bin/{SCRIPT}": "venv/bin/python"}, "user/posthog_wizard/__main__.py", f"home/.local/bin/{SCRIPT}", False),
        ("linux", {f"home/.local/bin/{SCRIPT}": "other/bin/python"}, "user/posthog_wizard/__main__.py", None, False),
        ("mac", {f"home/.local/bin/{SCRIPT}": "venv/bin/python"}, "user/posthog_wizard/__main__.py", f"home/.local/bin/{SCRIPT}", False),
        ("linux", {f"venv/bin/{SCRIPT}": "venv/bin/python"}, f"venv/bin/{SCRIPT}", f"venv/bin/{SCRIPT}", True),
        ("linux", {f"venv/bin/{SCRIPT}": "venv/bin/python3"}, f"venv/bin/{SCRIPT}", f"venv/bin/{SCRIPT}", True),
        ("linux", {f"bin/{SCRIPT}": "venv/bin/python"}, f"bin/{SCRIPT}", f"bin/{SCRIPT}", True),
        ("linux", {f"bin/{SCRIPT}": "other/bin/python"}, f"bin/{SCRIPT}", f"bin/{SCRIPT}", False),
        ("linux", {f"venv/bin/{SCRIPT}": "gone/python"}, f"venv/bin/{SCRIPT}", None, False),
        ("linux", {f"venv/bin/{SCRIPT}": "venv/bin/python"}, "lib/posthog_wizard/__main__.py", f"venv/bin/{SCRIPT}", False),
        ("linux", {f"venv/bin/{SCRIPT}": "gone/python"}, "lib/posthog_wizard/__main__.py", None, False),
        ("linux", {f"venv/bin/{SCRIPT}": "other/bin/python"}, "lib/posthog_wizard/__main__.py", None, False),
        ("linux", {}, "lib/posthog_wizard/__main__.py", None, False),
        ("linux", {f"bin/{SCRIPT}": "venv/bin/python"}, "bin/pytest", None, False),
    ],
)  # fmt: skip
def test_the_launcher(
    tmp_path: Path,
    system: OperatingSystem,
    scripts: dict[str, str],
    argv0: str,
    words: str | None,
    proven: bool,
) -> None:
    lay(tmp_path, "venv/bin/python!", "venv/bin/python3!", "other/bin/python!")
    scripts_in(tmp_path, scripts)
    found, proof = launchers(system, str(tmp_path / argv0), str(tmp_path / MODULE[0]), tmp_path / USER)
    module = (str(tmp_path / MODULE[0]), *MODULE[1:])
    assert (found[0], found[-1], proof) == ((str(tmp_path / words),) if words else module, module, proven)


@pytest.mark.parametrize("package", ["/posthog_wizard", "/work/posthog_wizard"])
def test_sources_may_lie_near_the_root(package: str) -> None:
    module = ("/v/bin/python", "-I", "-m", "posthog_wizard")
    assert launchers("linux", "/x/__main__.py", module[0], Path(package)) == ((module,), False)


def test_on_windows_the_program_has_no_first_line(tmp_path: Path) -> None:
    lay(tmp_path, f"Scripts/{SCRIPT}.exe!")
    program = ((str(tmp_path / f"Scripts/{SCRIPT}.exe"),), True)
    python, user = str(tmp_path / "p/python.exe"), tmp_path / "site-packages/posthog_wizard"
    found, proven = launchers("windows", str(tmp_path / f"Scripts/{SCRIPT}"), python, user)
    assert (found[0], proven) == program
    found, proven = launchers("windows", str(user / "__main__.py"), python, user)  # `pip install --user`
    assert (found[0], not proven) == program


@pytest.mark.parametrize(
    ("marks", "python_path", "proven"),
    [
        ((), "/elsewhere:{root}/tgt", False),  # `pip install --target tgt`
        ((), "", True),
        ((), "/elsewhere", True),
        (("tgt/pyproject.toml=",), "{root}/tgt", True),  # sources, which are installed as well
    ],
)
def test_a_script_that_needs_this_shell_s_pythonpath_proves_nothing(
    tmp_path: Path, marks: tuple[str, ...], python_path: str, proven: bool
) -> None:
    lay(tmp_path, "venv/bin/python!", *marks)
    started = script(tmp_path, f"tgt/bin/{SCRIPT}", MODULE[0])
    lent = python_path.format(root=tmp_path)
    found = launchers("linux", started, str(tmp_path / MODULE[0]), tmp_path / "tgt/posthog_wizard", lent)
    assert found[1] is proven


@pytest.mark.parametrize(
    ("text", "starting"),
    [
        (STARTS, True),
        ("#!/bin/sh\necho another program", False),
        (f"{STARTS}\nexit 1", False),
        ("#!/gone/python\n", False),
        ("", False),
        ('#!/bin/sh\n[ -z "$ONLY_HERE" ] || echo posthog-wizard 1.0', False),
        ('#!/bin/sh\n[ -n "$PYTHONPATH" ] || echo posthog-wizard 1.0', True),
    ],
)
def test_a_program_is_tried_without_what_only_this_shell_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, starting: bool
) -> None:
    monkeypatch.setenv("ONLY_HERE", "1")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    lay(tmp_path, f"{SCRIPT}!")
    (tmp_path / SCRIPT).write_text(text)
    assert starts((str(tmp_path / SCRIPT),), str(tmp_path)) is starting


@pytest.mark.parametrize(
    ("ways", "taken", "problem"),
    [
        ((), "/opt/posthog-wizard/bin/posthog-wizard", False),  # this run is the proof
        (("good", "bad"), "good", False),
        (("bad", "good"), "good", False),
        (("bad", "bad"), "/opt/posthog-wizard/bin/posthog-wizard", True),
    ],
)
def test_the_first_that_starts_is_taken(tmp_path: Path, ways: tuple[str, ...], taken: str, problem: bool) -> None:
    lay(tmp_path, "good!", "bad!")
    (tmp_path / "good").write_text(STARTS)
    looked_at = machine(tmp_path)._replace(untried=tuple((str(tmp_path / one),) for one in ways))
    assert with_proven_launcher(looked_at).launcher[0].endswith(taken)
    assert (launcher_problem(looked_at) is not None) is problem


# ------------------------------------------------------------------ where it lies


@pytest.mark.parametrize(
    ("system", "environment", "path", "gone"),
    [
        ("linux", {}, "home/.cache/uv/archive-v0/abc/bin", True),
        ("linux", {"XDG_CACHE_HOME": "{root}/c"}, "c/uv/x/bin", True),
        ("linux", {"UV_CACHE_DIR": "{root}/u"}, "u/x/bin", True),
        ("linux", {}, "wherever/uv.toml/says/archive-v0/abc/bin", True),
        ("linux", {}, "flag/builds-v0/.tmpabc/bin", True),
        ("linux", {}, "flag/environments-v2/script-abc/bin", True),
        ("linux", {}, "home/.cache/rattler/cache/cached-envs-v0/abc/bin", True),
        ("linux", {}, "home/.cache/pipx/2ef9a6445d30825/bin", True),
        ("linux", {"XDG_CACHE_HOME": "{root}/c"}, "c/pipx/2ef9a6445d30825/bin", True),
        ("linux", {"PIPX_HOME": "{root}/p"}, "p/.cache/2ef9a6445d30825/bin", True),
        ("linux", {}, "home/.local/share/pipx/.cache/2ef9a6445d30825/bin", True),
        ("mac", {}, "home/Library/Caches/pipx/2ef9a6445d30825/bin", True),
        ("mac", {}, "home/Library/Caches/uv/archive-v0/abc/bin", True),
        ("windows", {}, "home/AppData/Local/pipx/pipx/Cache/2ef9a6445d30825/Scripts", True),
        ("windows", {"LOCALAPPDATA": "{root}/l"}, "l/uv/cache/x/Scripts", True),
        ("linux", {}, "home/.local/share/pipx/venvs/posthog-wizard/bin", False),
        ("linux", {"PIPX_HOME": "{root}/p"}, "p/venvs/posthog-wizard/bin", False),
        ("linux", {}, "home/.local/share/uv/tools/posthog-wizard/bin", False),
        ("mac", {}, "home/Library/Application Support/pipx/venvs/posthog-wizard/bin", False),
        ("windows", {}, "home/AppData/Roaming/uv/tools/posthog-wizard/Scripts", False),
        ("linux", {}, "home/.cache/pypoetry/virtualenvs/x/bin", False),
        ("linux", {}, "home/miniconda3/envs/tools/bin", False),
        ("linux", {}, "home/temporary/archive/bin", False),
    ],
)
def test_where_programs_are_cleaned_away(
    tmp_path: Path, system: OperatingSystem, environment: dict[str, str], path: str, gone: bool
) -> None:
    lay(tmp_path, f"{path}/{SCRIPT}!")
    seen = machine(tmp_path, system, environment=environment)
    assert bool(short_lived(str(tmp_path / path / SCRIPT), seen)) is gone


@pytest.mark.parametrize(
    ("link", "to", "program", "gone"),
    [
        ("bin/posthog-wizard", "t/bin/posthog-wizard", "bin/posthog-wizard", True),  # the program is a link
        ("there", "t", "there/bin/posthog-wizard", True),  # a folder above it is
        ("t/there", "lasting", "t/there/bin/posthog-wizard", True),  # the link itself goes
        ("there", "lasting", "there/bin/posthog-wizard", False),
    ],
)
def test_links_are_followed_on_both_sides(tmp_path: Path, link: str, to: str, program: str, gone: bool) -> None:
    lay(tmp_path, "t/bin/posthog-wizard!", "lasting/bin/posthog-wizard!", "bin/")
    (tmp_path / link).symlink_to(tmp_path / to)
    (tmp_path / "called").symlink_to(tmp_path / "t")
    seen = machine(tmp_path, temporary=(tmp_path / "called",))
    assert bool(short_lived(str(tmp_path / program), seen)) is gone


def test_a_lasting_script_of_a_python_that_is_cleaned_away_goes_with_it(tmp_path: Path) -> None:
    lay(tmp_path, "t/bin/python!")
    program = script(tmp_path, f"bin/{SCRIPT}", "t/bin/python")
    assert short_lived(program, machine(tmp_path, temporary=(tmp_path / "t",))) == "a temporary folder"


def test_a_venv_s_python_lies_where_the_venv_does(tmp_path: Path) -> None:
    """Not where its link leads: that is the system's."""
    lay(tmp_path, "t/bin/")
    (tmp_path / "t/bin/python").symlink_to(sys.executable)
    assert short_lived(str(tmp_path / "t/bin/python"), machine(tmp_path, temporary=(tmp_path / "t",)))


AROUND = "1 1 0:1 / / rw - {root} source rw\n2 1 0:2 / {home} rw - {kind} source rw"


@pytest.mark.parametrize(
    ("root", "kind", "gone"),
    [
        ("overlay", "ext4", True),  # a container, with the home of the machine around it
        ("overlay", "overlay", False),  # a container with a home of its own: both end together
        ("overlay", "tmpfs", False),
        ("ext4", "btrfs", False),
    ],
)
def test_a_container_that_the_home_outlives(tmp_path: Path, root: str, kind: str, gone: bool) -> None:
    lay(tmp_path, f"home/bin/{SCRIPT}!")
    mounts = AROUND.format(root=root, home=tmp_path.resolve() / "home", kind=kind)
    seen = machine(tmp_path)._replace(mounts=mounts)
    assert bool(short_lived("/opt/bin/posthog-wizard", seen)) is gone
    assert bool(short_lived(str(tmp_path / f"home/bin/{SCRIPT}"), seen)) is False
