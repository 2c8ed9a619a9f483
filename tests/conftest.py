"""What holds for the whole run."""

from __future__ import annotations

import compileall
import os
import signal
import sys
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from posthog_wizard.machine import operating_system

pytest_plugins = ("tests.support.guard", "tests.support.steady_clock")
REAL_CLIENTS = 900  # seconds
CI = bool(os.environ.get("CI"))  # as GitHub says it: a machine that is thrown away
UNFOLLOWED = {"attacks", "benchmarks", "e2e"}


def pytest_configure(config: pytest.Config) -> None:
    """Let Ctrl-C and a hang-up reach the programs that tests start, and compile once what they all import.

    What a shell starts in the background ignores Ctrl-C, what `nohup` starts a hang-up, and so do children. They write no
    compiled modules, so that each would spend half of its time on compiling the program anew.
    """
    settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("steady")  # a machine that stands still is not slow
    signal.signal(signal.SIGINT, signal.default_int_handler)
    hang_up = getattr(signal, "SIGHUP", None)  # Windows has none
    if hang_up is not None and signal.getsignal(hang_up) is signal.SIG_IGN:
        signal.signal(hang_up, lambda *_: None)  # ignored here as before, and not by children
    if not hasattr(config, "workerinput"):
        for folder in ("posthog_wizard", "tests/support"):
            compileall.compile_dir(config.rootpath / folder, quiet=1)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what only other systems can run, and give real clients the time to be installed."""
    elsewhere = [item for item in items if _is_for_another_system(item)]
    config.hook.pytest_deselected(items=elsewhere)
    items[:] = [item for item in items if item not in elsewhere]
    for item in items:
        if item.get_closest_marker("e2e") or item.get_closest_marker("benchmark"):
            item.add_marker(pytest.mark.timeout(REAL_CLIENTS))


def _is_for_another_system(item: pytest.Item) -> bool:
    """`system("mac", ci=True)` runs on macOS alone, and there on CI's machines alone: it uses what is the user's own."""
    marker = item.get_closest_marker("system")
    if marker is None:
        return False
    return operating_system(sys.platform) not in marker.args or (marker.kwargs.get("ci", False) and not CI)


def _is_unfollowed(item: pytest.Item) -> bool:
    """Whether coverage leaves the test out: it makes each two to three times slower, and others show its lines.

    Those of the rooms in UNFOLLOWED, of generated cases by the thousand, and what is marked so.
    """
    room = item.path.relative_to(Path(__file__).parent).parts[0]
    generated = item.path.stem.endswith("_laws") or getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
    return room in UNFOLLOWED or generated or item.get_closest_marker("unfollowed") is not None


@pytest.fixture(autouse=True)
def _unfollowed_children(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor its children, among them processes that are killed."""
    if _is_unfollowed(request.node):
        monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Let coverage's tracer rest, in this thread alone: stopping coverage raced with threads that were beginning."""
    tracer = sys.gettrace()
    if tracer is None or not _is_unfollowed(item):
        return (yield)
    sys.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(tracer)


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that every user of the machine can enter, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)
