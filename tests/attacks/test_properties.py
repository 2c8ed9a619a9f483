"""Whatever a project's file says, no canary sings: what `mcp add` writes, changed in every way that comes to mind.

A failure prints the seed of its entries.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from functools import reduce
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posthog_wizard.clients import CLIENTS
from posthog_wizard.clients.entries import render_entry
from posthog_wizard.doctor.checks import CHECKS
from posthog_wizard.doctor.collecting import collect
from posthog_wizard.doctor.context import DoctorOptions, Doubt, OwnKey, read_entries
from posthog_wizard.doctor.runner import run_tasks
from posthog_wizard.doctor.trust import Judge
from posthog_wizard.install.detect import detect
from posthog_wizard.model import DesiredServer, EnvironmentReference, Found, Limits, Machine, Remote, Stored
from posthog_wizard.plan.servers import own_program
from tests.support import homes
from tests.support.canaries import DEAD_PROXY, SECRETS, VARIABLES, Canaries
from tests.support.homes import PROJECT_FILES
from tests.support.leaks import leaks
from tests.support.machines import LAUNCHER, machine

HOSTED, CLOUD = "https://mcp.posthog.com/mcp", "https://us.posthog.com"
KEY = "POSTHOG_PERSONAL_API_KEY"
EVIL = "http://127.0.0.1:{port}"
Entry = dict[str, Any]
SLOW = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=100, print_blob=True)
seeds = st.integers(0, 2**32)

# ------------------------------------------------------------------ entries

FLAGS = (
    "--url",
    "--host",
    "--region",
    "--ca-file",
    "--log-file",
    "--profile",
    "--project",
    "--features",
    "--allow-http",
)
TEXTS = (
    *(EVIL, f"{EVIL}/mcp", f"{EVIL}/api/projects/1/mcp_server_installations/2/proxy", f"{HOSTED}@127.0.0.1:{{port}}/"),
    *("https://mcp.posthog.com:1@127.0.0.1:{port}/", f"{HOSTED}?x=${{{{AWS_SECRET_ACCESS_KEY}}}}", HOSTED, CLOUD),
    *("${{AWS_SECRET_ACCESS_KEY}}", "Bearer ${{AWS_SECRET_ACCESS_KEY}}", "Bearer phx_${{AWS_SECRET_ACCESS_KEY}}"),
    *(
        "Bearer ${{env:AWS_SECRET_ACCESS_KEY}}",
        "$AWS_SECRET_ACCESS_KEY",
        "{project}/bin",
        "{project}/bin/posthog-wizard",
    ),
    *(
        "./posthog-wizard",
        "bin/posthog-wizard",
        "posthog-wizard",
        "sh",
        "-c",
        "npx",
        "uvx",
        "--from",
        "mcp-remote",
        ".",
        "",
    ),
    *(
        "mcp",
        "serve",
        "bridge",
        "--sandbox",
        "us",
        "1",
        "--read-only=",
        "\x1b[2K",
        "\u202e",
        "disabled",
        "eu",
        "default",
    ),
)
NAMES = (
    *(
        "PATH",
        "HOME",
        "XDG_CONFIG_HOME",
        "PYTHONPATH",
        "PYTHONHOME",
        "LD_PRELOAD",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NODE_OPTIONS",
    ),
    *(
        "SSL_CERT_FILE",
        "POSTHOG_HOST",
        "POSTHOG_AUTH_HEADER",
        KEY,
        "POSTHOG_API_KEY",
        "POSTHOG_PROJECT_ID",
        "Authorization",
    ),
)
FIELDS = (
    "cwd",
    "envFile",
    "url",
    "serverUrl",
    "httpUrl",
    "command",
    "type",
    "headers",
    "env",
    "args",
    "disabled",
    "dev",
    "oauth",
)
Change = Callable[[Entry], Entry]


def written() -> Iterator[tuple[str, Entry]]:
    """What `mcp add --scope project` writes for PostHog's cloud, in each client's spelling."""
    limits = Limits(project="2", features=("flags", "docs"), read_only=True)
    for client in PROJECT_FILES:
        style = CLIENTS[client].places[-1].schema
        hosted = DesiredServer("", "hosted", HOSTED, Stored(), ("posthog-wizard",), limits)
        yield client, render_entry(style, own_program(hosted))
        yield client, render_entry(style, own_program(hosted._replace(kind="local", address=CLOUD)))
        yield client, render_entry(style, Remote(f"{HOSTED}?project_id=2", None))
        if style.environment_reference:
            yield client, render_entry(style, Remote(HOSTED, EnvironmentReference(KEY)))


WRITTEN = tuple(written())


def with_argument(at: int, word: str) -> Change:
    def change(entry: Entry) -> Entry:
        words = list(entry.get("args") or ()) if isinstance(entry.get("args"), list) else []
        return {**entry, "args": [*words[:at], word, *words[at:]]}

    return change


def with_variable(field: str, name: str, value: str) -> Change:
    def change(entry: Entry) -> Entry:
        held = entry.get(field)
        return {**entry, field: {**(held if isinstance(held, dict) else {}), name: value}}

    return change


def value(dice: Random) -> Any:
    """What a field may hold that is not what the client expects there."""
    held = {dice.choice(NAMES): dice.choice(TEXTS)}
    return dice.choice((dice.choice(TEXTS), [dice.choice(TEXTS) for _ in range(3)], held, None, True, False, 1))


def without(field: str) -> Change:
    return lambda entry: {name: item for name, item in entry.items() if name != field}


def field(name: str, held: Any) -> Change:
    return lambda entry: {**entry, name: held}


WAYS: tuple[Callable[[Random], Change], ...] = (
    lambda dice: with_argument(dice.randint(0, 8), dice.choice((*TEXTS, *FLAGS))),
    lambda dice: with_argument(99, dice.choice((*TEXTS, *FLAGS))),
    lambda dice: with_argument(99, f"{dice.choice(FLAGS)}={dice.choice(TEXTS)}"),
    lambda dice: with_variable(dice.choice(("env", "headers")), dice.choice(NAMES), dice.choice(TEXTS)),
    lambda dice: field(dice.choice(FIELDS), value(dice)),
    lambda dice: without(dice.choice(FIELDS)),
)


def generated(seed: int, many: int) -> list[tuple[str, Entry]]:
    """Entries with a client each, up to three changes away from what `mcp add` writes; the same for the same seed."""
    dice = Random(seed)
    return [_generated(dice) for _ in range(many)]


def _generated(dice: Random) -> tuple[str, Entry]:
    client, entry = dice.choice(WRITTEN)
    ways = [dice.choice(WAYS)(dice) for _ in range(dice.randint(0, 3))]
    return client, reduce(lambda so_far, way: way(so_far), ways, entry)


def spelled(value: Any, **known: Any) -> Any:
    """The value with the canary's port and the project's folder put in."""
    if isinstance(value, dict):
        return {name: spelled(item, **known) for name, item in value.items()}
    if isinstance(value, list):
        return [spelled(item, **known) for item in value]
    return (
        value.format(**known)
        if isinstance(value, str) and "{" in value and "${" not in value.replace("${{", "")
        else value
    )


# ------------------------------------------------------------------ the function that decides


def harmless(entry: Entry) -> bool:
    """Said in another way than the program says it: nothing but our words, PostHog's addresses, and our variable."""
    style_of_key = {
        "Bearer ${POSTHOG_PERSONAL_API_KEY}",
        "Bearer ${env:POSTHOG_PERSONAL_API_KEY}",
        "Bearer $POSTHOG_PERSONAL_API_KEY",
    }
    known = {"type", "command", "args", "env", "url", "headers", "enabled", "disabled", "disabledTools", "httpUrl"}
    holders: list[Entry] = [entry[field] for field in ("env", "headers") if field in entry]
    values = [value for holder in holders for value in holder.values()]
    words = [word for word in entry.get("args") or () if word.startswith("-")]
    addresses = [entry["url"]] if "url" in entry else [word for word in entry["args"] if "://" in word]
    return (
        set(entry) <= known
        and all(set(holder) <= {"Authorization", "POSTHOG_AUTH_HEADER"} for holder in holders)
        and set(values) <= style_of_key
        and entry.get("command", "posthog-wizard") in {"posthog-wizard", LAUNCHER[0]}
        and set(words) <= {"--url", "--host", "--project", "--features", "--read-only", "--profile"}
        and all(one.partition("?")[0] in {HOSTED, CLOUD} and not set("${}@%#") & set(one) for one in addresses)
    )


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Entry], Doubt | None]:
    """What is said of an entry of a project, on a machine whose profile is for PostHog's cloud."""
    root = tmp_path_factory.mktemp("judge")
    (root / "home/project/.git").mkdir(parents=True)
    (root / "config").mkdir()
    (root / "config/config.toml").write_text(f'[profiles.default]\nhost = "{CLOUD}"\nkey = "env:NOTHING"\n')
    here = machine(root, folder="home/project", environment=VARIABLES)
    judge = Judge(here, DoctorOptions((), scope="project"), lambda *_: False)
    places = {client: detect((CLIENTS[client],), here, "project")[0] for client in PROJECT_FILES}

    def doubt(client: str, entry: Entry) -> Doubt | None:
        (read,) = read_entries(filled(places[client], entry))
        return judge.doubt(read)

    return doubt


def filled(found: Found, entry: Entry) -> Found:
    return found._replace(content=homes.spelled(found.client.id, {"posthog": entry}).encode())


@pytest.mark.parametrize(("client", "entry"), WRITTEN)
def test_what_add_writes_is_trusted(client: str, entry: Entry, judged: Callable[[str, Entry], Doubt | None]) -> None:
    assert judged(client, entry) is None
    assert harmless(entry)


@SLOW
@given(seeds)
def test_what_is_trusted_is_harmless(judged: Callable[[str, Entry], Doubt | None], seed: int) -> None:
    """10,000 entries, of which a good part is trusted: a judge who trusts nobody proves nothing."""
    raw = [(client, spelled(entry, port=1, project="/p")) for client, entry in generated(seed, 100)]
    cases = [(client, homes.sayable(client, entry)) for client, entry in raw]
    trusted = [entry for client, entry in cases if judged(client, entry) is None]
    assert [entry for entry in trusted if not harmless(entry)] == []
    assert len(trusted) > 5


# ------------------------------------------------------------------ the whole of doctor


@pytest.fixture(scope="module")
def canaries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Canaries]:
    """A repository with programs that sing."""
    with Canaries(tmp_path_factory.mktemp("whole")) as made:
        made.program("bin/posthog-wizard")
        made.program("posthog-wizard")
        yield made


@settings(SLOW, max_examples=150)
@given(seeds)
def test_nothing_is_reached(canaries: Canaries, seed: int) -> None:
    """Four entries in each client's file."""
    cases = generated(seed, 4)
    known = {"port": canaries.server.port, "project": str(canaries.repository)}
    canaries.plant_all({f"posthog-{index}": spelled(entry, **known) for index, (_, entry) in enumerate(cases)})
    checks = run_tasks(collect(visited(canaries), OPTIONS, lambda: OwnKey(None)), CHECKS)
    said = json.dumps([[check.id, check.title, check.cause, check.fix] for check in checks]).encode()
    assert (canaries.sung, leaks(said, SECRETS)) == ([], [])
    assert any(check.id.endswith(".detected") for check in checks)


OPTIONS = DoctorOptions(tuple(CLIENTS[client] for client in PROJECT_FILES), scope="project", timeout=10)


def visited(canaries: Canaries) -> Machine:
    """The user's machine, in the repository, with no profile: nothing of the file is anybody's but a stranger's."""
    path = {"PATH": f"{Path('bin')}:/usr/bin:/bin", "HTTPS_PROXY": DEAD_PROXY, "HOME": str(canaries.home)}
    return machine(canaries.root, folder="home/project", environment={**VARIABLES, **path})


def test_an_examination_of_a_stranger_s_file_is_quick(canaries: Canaries) -> None:
    """It asks nobody, so it waits for nobody."""
    canaries.plant_all({"posthog": {"type": "http", "url": f"{canaries.server.url}/mcp"}})
    begun = time.monotonic()
    run_tasks(collect(visited(canaries), OPTIONS, lambda: OwnKey(None)), CHECKS)
    assert time.monotonic() - begun < OPTIONS.timeout
