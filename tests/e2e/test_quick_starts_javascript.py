"""The quick starts of JavaScript, pasted into applications that are type-checked, built and run with the current SDKs.

Pages run in happy-dom, servers in Node.js; the event, the person and the error arrive.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest

from posthog_wizard.model import NOTHING
from tests.support import javascript_apps as apps
from tests.support.quick_starts import FOLDER, TOKEN, code, filled, node_modules
from tests.support.sink import Sink

pytestmark = pytest.mark.e2e
STAY = "7000"  # milliseconds that a page is open: posthog-js sends every three seconds


def scripts() -> Path:
    """What posthog-js loads from its host."""
    return node_modules() / "posthog-js" / "dist"


def laid(folder: Path, name: str, files: Mapping[str, str], sink: Sink) -> Path:
    """The application in a folder, with every piece of the quick start in it."""
    pieces = code(name, sink.url)
    texts = {path: filled(text, pieces, "//") for path, text in {**apps.SHARED, **files}.items()}
    assert [piece for piece in pieces if piece.strip().splitlines()[0] not in "\n".join(texts.values())] == []
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    (folder / "node_modules").symlink_to(node_modules())
    shutil.copy(FOLDER / "page.mjs", folder)
    return folder


def environment(folder: Path, **more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "NEXT_TELEMETRY_DISABLED": "1", "CI": "1", **more}


def node(folder: Path, program: str, *words: str, code: int = 0, names: Mapping[str, str] = NOTHING) -> str:
    """Run a program of node_modules, or a file of the application."""
    path = folder / program if (folder / program).exists() else folder / "node_modules" / program
    done = subprocess.run(
        ["node", str(path), *words],
        cwd=folder,
        env=environment(folder, **names),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def visited(folder: Path, entry: str, **more: str) -> None:
    """Build the page that begins with this file, and let somebody visit it."""
    config = "base.config.js" if (folder / "svelte.config.js").exists() else "vite.config.js"
    node(folder, "vite/bin/vite.js", "build", "--config", config, names={"ENTRY": entry, **more})
    node(folder, "page.mjs", "page/page.js", STAY)


def told(sink: Sink) -> set[tuple[str, str]]:
    """Each event that matters with its person, and each exception with its message."""
    return {
        (
            event["properties"]["$exception_list"][0]["value"] if event["event"] == "$exception" else event["event"],
            event.get("distinct_id") or event["properties"]["distinct_id"],
        )
        for event in sink.events
        if event["event"] in {"plan upgraded", "$identify", "$exception"}
    }


BROWSER = {("$identify", "7"), ("plan upgraded", "7"), ("boom", "7")}


@pytest.mark.parametrize(
    ("name", "files", "entry", "check"),
    [
        ("web", apps.WEB, "src/main.ts", "typescript/bin/tsc"),
        ("vue", apps.VUE, "src/main.ts", "vue-tsc/bin/vue-tsc.js"),
        ("react", apps.REACT, "src/main.tsx", "typescript/bin/tsc"),
    ],
)
def test_a_page(name: str, files: Mapping[str, str], entry: str, check: str, tmp_path: Path) -> None:
    with Sink(static=scripts()) as sink:
        folder = laid(tmp_path, name, files, sink)
        node(folder, check)
        visited(folder, entry)
    assert told(sink) - {("in a component", person_of(sink, "in a component"))} == BROWSER
    assert {*sink.keys} == {TOKEN}
    assert "$pageview" in sink.names
    assert ("in a component" in {words for words, _ in told(sink)}) == (name == "vue")


def person_of(sink: Sink, words: str) -> str:
    """Whose exception it is; "" where there is none."""
    return next((person for found, person in told(sink) if found == words), "")


def test_a_page_after_log_out_is_somebody_else(tmp_path: Path) -> None:
    with Sink(static=scripts()) as sink:
        steps = apps.WEB["src/steps.ts"].replace("'./logout')", "'./logout')\n  await import('./later')")
        files = apps.WEB | {"src/steps.ts": steps, "src/later.ts": "// piece 2"}
        folder = laid(tmp_path, "web", files, sink)
        visited(folder, "src/main.ts")
    people = [event["properties"]["distinct_id"] for event in sink.events if event["event"] == "plan upgraded"]
    assert (len(people), people.count("7")) == (2, 1)


def test_node(tmp_path: Path) -> None:
    with Sink() as sink:
        folder = laid(tmp_path, "node", apps.NODE, sink)
        node(folder, "typescript/bin/tsc")
        node(folder, "src/main.js", "ends")
        assert told(sink) == {("plan upgraded", "7"), ("$identify", "7"), ("caught", "7")}
        node(folder, "src/main.js", code=1)
    assert "boom" in {words for words, _ in told(sink)}


def test_express(tmp_path: Path) -> None:
    with Sink() as sink:
        folder = laid(tmp_path, "express", apps.EXPRESS, sink)
        node(folder, "typescript/bin/tsc")
        node(folder, "src/main.js")
    assert told(sink) == {("plan upgraded", "7"), ("boom", "7")}


# ------------------------------------------------------------------ with a server of their own


def free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])


def asked(url: str) -> int:
    """The status of an address, of a server that may still be starting."""
    end = time.monotonic() + 60
    while True:
        try:
            return int(urlopen(url).status)
        except HTTPError as refused:
            return refused.code
        except URLError:
            assert time.monotonic() < end, f"nothing answers at {url}"
            time.sleep(0.2)


def served(folder: Path, program: str, *words: str, port: int, paths: tuple[str, ...], **more: str) -> list[int]:
    """The statuses of these addresses of the application's server."""
    command = ["node", str(folder / "node_modules" / program), *words]
    server = subprocess.Popen(
        command, cwd=folder, env=environment(folder, **more), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        return [asked(f"http://127.0.0.1:{port}/{path}") for path in paths]
    finally:
        time.sleep(1)
        server.terminate()
        server.wait(20)


def test_sveltekit(tmp_path: Path) -> None:
    port = free_port()
    with Sink(static=scripts()) as sink:
        folder = laid(tmp_path, "svelte", apps.SVELTE, sink)
        node(folder, "@sveltejs/kit/svelte-kit.js", "sync")
        node(folder, "svelte-check/bin/svelte-check", "--fail-on-warnings")
        node(folder, "vite/bin/vite.js", "build")
        preview = ("vite/bin/vite.js", "preview", "--port", str(port), "--host", "127.0.0.1", "--strictPort")
        assert served(folder, *preview, port=port, paths=("", "boom")) == [200, 500]
        assert {words for words, _ in told(sink)} == {"on the server"}  # the page reported nothing from there
        visited(folder, "src/page.ts")
    assert {*BROWSER, ("on the server", person_of(sink, "on the server"))} <= told(sink)
    assert {words for words, _ in told(sink)} >= {"in a component"}


def test_next_js(tmp_path: Path) -> None:
    port = free_port()
    with Sink(static=scripts()) as sink:
        folder = laid(tmp_path, "next-js", apps.NEXT, sink)
        names = {"NEXT_PUBLIC_POSTHOG_KEY": TOKEN, "NEXT_PUBLIC_POSTHOG_HOST": sink.url}
        node(folder, "next/dist/bin/next", "build", names=names)
        start = ("next/dist/bin/next", "start", "-p", str(port), "-H", "127.0.0.1")
        assert served(folder, *start, port=port, paths=("", "api/upgrade", "api/boom"), **names) == [200, 200, 500]
        assert {words for words, _ in told(sink)} == {"plan upgraded", "on the server"}
        visited(folder, "page.ts", **names)
    assert told(sink) >= BROWSER
