"""A running bridge and the key store, as `tests/server/test_rotated.py` has it for the server."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from posthog_wizard.bridge.run_settings import BridgeSettings
from posthog_wizard.errors import Malformed, StoreLocked, WizardError
from posthog_wizard.model import Limits, Secret
from posthog_wizard.settings import KeySource, Settings
from tests.bridge.test_process import BRIDGE
from tests.support.bridged import bridged, call, request, settings
from tests.support.mcp_process import Program
from tests.support.scripted import Asked, Reply, refuse, result, scripted

OLD, NEW = "phx_old0123456789abcdefghijklmnopqrstuv", "phx_new0123456789abcdefghijklmnopqrstuv"
LOCKED = StoreLocked("the keyring is locked, and was not unlocked", "unlock it and try again")
CORRUPT = Malformed("the profiles are no TOML", "repair that file", path="/config.toml", line=1, column=2)


@dataclass
class Store:
    """A profile's key. `read` counts."""

    key: str | WizardError = OLD
    defect: WizardError | None = None
    limits: Limits = Limits()  # noqa: RUF009 - a frozen value
    named: bool = True
    read: list[str] = field(default_factory=list)

    def look(self) -> Settings:
        source = KeySource("store", "the keyring (profile `default`)", self._read, may_change=True)
        return Settings(key=source if self.named else None, limits=self.limits, defect=self.defect)

    def _read(self) -> Secret:
        self.read.append("read")
        if isinstance(self.key, WizardError):
            raise self.key
        return Secret(self.key)

    def settings(self, url: str) -> BridgeSettings:
        """The bridge's, when it has no key in its environment."""
        return settings(url, key=None, key_source=None, look=self.look)


@dataclass
class Gate:
    """A server's step that lets in one key alone."""

    key: str = OLD

    def __call__(self, asked: Asked) -> Reply:
        let_in = asked.headers.get("authorization") == f"Bearer {self.key}"
        return (result() if let_in else refuse(401))(asked)


def test_a_rotated_key_is_taken_up_and_the_call_sent_again_once() -> None:
    async def scenario() -> None:
        store, gate = Store(), Gate()
        async with scripted({"tools/call": [gate]}) as server, bridged(store.settings(server.url)) as client:
            await client.begin()
            assert (await client.ask(call(1)))[0]["result"] == {}
            gate.key = store.key = NEW
            assert [each["result"] for each in await client.ask(call(2), call(3), call(4))] == [{}, {}, {}]
            assert len(store.read) in {2, 3, 4}  # once a 401 at the most
            keys = [asked.headers["authorization"].removeprefix("Bearer ") for asked in server.of("tools/call")]
            assert (keys[0], keys.count(NEW)) == (OLD, 3)
            assert (await client.ask(request(5, "ping")))[0]["result"] == {}
            assert server.asked[-1].headers["authorization"] == f"Bearer {NEW}"

    asyncio.run(scenario())


@pytest.mark.parametrize("after", [OLD, LOCKED, StoreLocked("nothing", None)])
def test_a_key_that_stays_the_same_is_refused_once(after: str | WizardError) -> None:
    async def scenario() -> None:
        store, gate = Store(), Gate()
        async with scripted({"tools/call": [gate]}) as server, bridged(store.settings(server.url)) as client:
            await client.ask(call(1))
            gate.key, store.key = NEW, after
            [refused] = await client.ask(call(2))
            assert "rejected the key from the keyring (profile `default`)" in refused["error"]["message"]
            assert len(server.of("tools/call")) == 2

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("store", "words", "code"),
    [
        (Store(LOCKED), "The keyring is locked, and was not unlocked. Unlock it and try again.", "store_locked"),
        (Store(defect=CORRUPT), "The profiles are no TOML. Repair that file.", "malformed"),
        (Store(limits=Limits(read_only=True)), "The profile's limits are others than at the start.", "credential"),
        (Store("phc_0123456789abcdef"), "This is a project API key", "credential"),
    ],
)
def test_it_starts_says_why_there_is_no_key_and_tries_again(store: Store, words: str, code: str) -> None:
    async def scenario() -> None:
        async with scripted({"tools/call": [Gate()]}) as server, bridged(store.settings(server.url)) as client:
            answers = await client.ask(call(1), request(2, "tools/list"))
            told = [(words in each["error"]["message"], each["error"]["data"]["code"]) for each in answers]
            assert told == [(True, code)] * 2, answers
            assert server.asked == []
            store.key, store.defect, store.limits = OLD, None, Limits()
            assert (await client.ask(call(3)))[0]["result"] == {}

    asyncio.run(scenario())


def test_without_any_key_the_server_is_asked_without_one() -> None:
    async def scenario() -> None:
        async with scripted() as server, bridged(Store(named=False).settings(server.url)) as client:
            assert (await client.ask(call(1)))[0]["result"] == {}
            assert "authorization" not in server.asked[0].headers

    asyncio.run(scenario())


# ------------------------------------------------------------------ the real program


def keep(home: Path, key: str, url: str, more: str = "") -> None:
    """A profile of PostHog's cloud whose key may go to that server, too."""
    folder = home / ".config/posthog-wizard"
    folder.mkdir(parents=True, exist_ok=True)
    host = "https://us.posthog.com"
    text = f'[profiles.default]\nhost = "{host}"\nkey = "file-store:default"\nmcp_url = "{url}"\n{more}'
    (folder / "config.toml").write_text(text)
    (folder / "keys.json").touch(mode=0o600)
    (folder / "keys.json").write_text(json.dumps({"version": 1, "keys": {"default": {"host": host, "key": key}}}))


@pytest.mark.parametrize("flags", [(), ("--profile", "default"), ("--read-only",)])
def test_the_program_reads_the_key_and_the_limits_of_its_profile(flags: tuple[str, ...], tmp_path: Path) -> None:
    async def scenario() -> None:
        gate = Gate()
        async with scripted({"ping": [gate]}) as server:
            keep(tmp_path, OLD, server.url, "project = 2\nread_only = true\n")
            with Program("--url", server.url, *flags, home=tmp_path, key=None, command=BRIDGE) as program:
                assert (await asyncio.to_thread(program.request, 1, "ping"))["result"] == {}
                assert server.asked[0].target.endswith("/mcp?project_id=2&readonly=true")
                gate.key = NEW
                keep(tmp_path, NEW, server.url, "project = 2\nread_only = true\n")
                assert (await asyncio.to_thread(program.request, 2, "ping"))["result"] == {}

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("more", "environment", "words"),
    [
        ("", {}, "is for `https://us.posthog.com`, and is not sent to `http://127.0.0.1:"),
        ("read_only = 1\n", {}, "`read_only` of the profile `default`"),
        ("", {"POSTHOG_AUTH_HEADER": f"Bearer {NEW}"}, None),
        ("read_only = 1\n", {"POSTHOG_AUTH_HEADER": f"Bearer {NEW}"}, None),
    ],
)
def test_the_key_goes_nowhere_else_and_an_entry_with_its_own_key_needs_no_profile(
    more: str, environment: dict[str, str], words: str | None, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with scripted() as server:
            keep(tmp_path, OLD, "http://127.0.0.1:1/mcp", more)
            program = Program("--url", server.url, home=tmp_path, key=None, command=BRIDGE, environment=environment)
            with program:
                answer = await asyncio.to_thread(program.request, 1, "ping")
            assert (words or "{}") in str(answer.get("error") or answer["result"])
            assert [asked.headers["authorization"] for asked in server.asked] == ([] if words else [f"Bearer {NEW}"])

    asyncio.run(scenario())
