"""Secrets that are replaced or forgotten while somebody renews them, and the one lock that keeps these apart."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from filelock import FileLock

from posthog_wizard.cli import output
from posthog_wizard.credentials import store
from posthog_wizard.credentials.profiles import Profile
from posthog_wizard.credentials.reference import KeyReference, ReferenceKind
from posthog_wizard.errors import NoStoredKey, StoreUnusable, WizardError
from posthog_wizard.model import Machine, Secret
from posthog_wizard.operations.key_store.choice import keep
from posthog_wizard.operations.keys import forget
from posthog_wizard.operations.keys.forget import ForgetOptions
from posthog_wizard.sign_in.shared_token import current_key, left_locks, renewal_lock, renewing_alone, stored_token
from tests.sign_in.test_shared_token import PLACE, PROFILE, granted, kept, nearly_over, over, renewals
from tests.support.machines import KEY, machine
from tests.support.posthog import PostHog
from tests.support.posthog_core import posthog

LOCK = "refresh-default.lock"


@contextmanager
def renewing(profile: Profile, here: Machine) -> Iterator[Callable[[], None]]:
    """Somebody's renewal that takes as long as we like; the call ends it."""
    lock = FileLock(renewal_lock(profile, here))
    with lock:
        yield lock.release


def forgets(here: Machine) -> str:
    return forget.run(ForgetOptions(confirmed=True), here, None, output)[0].outcome


def replaces(server: PostHog, here: Machine, profile: Profile) -> str | None:
    """A key in the place of access."""
    return keep(here, profile._replace(way=None), Secret(KEY), profile, output, command="key set")


def waits(work: Callable[[], object], release: Callable[[], None]) -> bool:
    """Whether the work waits until the lock is free."""
    done = threading.Event()

    def act() -> None:
        work()
        done.set()

    with ThreadPoolExecutor(1) as pool:
        acting = pool.submit(act)
        early = done.wait(0.3)
        release()
        acting.result(20)
    return not early


def read_after(change: Callable[[], object], server: PostHog, profile: Profile, here: Machine) -> Secret:
    """The key of a process that waited for a renewal, during which the store changed."""
    with ThreadPoolExecutor(1) as pool:
        with renewing(profile, here):
            waiting = pool.submit(current_key, profile, server.url, here)
            time.sleep(0.3)
            change()
        return waiting.result(20)


@pytest.mark.parametrize("how", [lambda _server, here, _profile: forgets(here), replaces])
def test_a_renewal_under_way_is_waited_for_and_its_lock_goes(
    how: Callable[[PostHog, Machine, Profile], object], tmp_path: Path
) -> None:
    here = machine(tmp_path)
    with posthog() as server:
        profile = kept(server, here)
        with renewing(profile, here) as end:
            assert waits(lambda: how(server, here, profile), end)
        assert server.lines[-1] == "POST /oauth/revoke/"
    assert list(here.config_directory.glob("refresh-*")) == []


def test_who_waited_for_what_is_forgotten_meanwhile_brings_nothing_back(tmp_path: Path) -> None:
    here = machine(tmp_path)
    with posthog() as server:
        profile = kept(server, here, **over())
        with pytest.raises(NoStoredKey):
            read_after(lambda: store.forget(PLACE, server.url, here), server, profile, here)
        assert renewals(server) == 0
    assert list(here.config_directory.glob("refresh-*")) == []


def test_who_waited_while_a_key_took_the_place_gets_the_key(tmp_path: Path) -> None:
    here = machine(tmp_path)
    with posthog() as server:
        profile = kept(server, here, **over())
        found = read_after(lambda: store.write(PLACE, server.url, Secret(KEY), here), server, profile, here)
        assert found == Secret(KEY)
        assert (renewals(server), store.read(PLACE, server.url, here)) == (0, Secret(KEY))


def test_the_old_access_ends_when_the_new_one_is_stored_and_never_before(tmp_path: Path) -> None:
    here = machine(tmp_path)
    with posthog() as server:
        profile = kept(server, here)
        old, new = stored_token(profile, server.url, here), granted(server)._replace(refresh="phr_other")
        (here.config_directory / "keys.json").chmod(0o644)  # nobody reads or writes it so
        with pytest.raises(WizardError):
            keep(here, profile, new.secret, profile, output, command="login")
        assert "POST /oauth/revoke/" not in server.lines
        (here.config_directory / "keys.json").chmod(0o600)
        assert keep(here, profile, new.secret, profile, output, command="login") is None
        assert (old is not None, stored_token(profile, server.url, here)) == (True, new)
        assert server.requests[-1].raw == b"token=phr_sandbox_first&client_id=c"


def test_what_cannot_be_revoked_is_told_with_its_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here = machine(tmp_path)
    with posthog() as server:
        profile = kept(server, here)
    page = f"{server.url}/settings/user-connected-apps"
    assert replaces(server, here, profile) == page
    assert f"take the access of `pw-cli` away at {page}" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("key", "lock"),
    [
        (KeyReference("file-store", "default"), "config/refresh-default.lock"),
        (KeyReference("keyring", "default"), f"home/.config/posthog-wizard/{LOCK}"),
        (KeyReference("keyring", "shared"), "home/.config/posthog-wizard/refresh-shared.lock"),
        (KeyReference("keyring", "../x"), "home/.config/posthog-wizard/refresh-..%2Fx.lock"),
    ],
)
@pytest.mark.parametrize("name", ["default", "other"])
def test_one_lock_for_one_secret(key: KeyReference, lock: str, name: str, tmp_path: Path) -> None:
    assert renewal_lock(Profile(name, key=key), machine(tmp_path)) == tmp_path / lock


@pytest.mark.parametrize("kind", ["file-store", "keyring"])
def test_a_lock_that_was_left_is_found_where_it_is(kind: ReferenceKind, tmp_path: Path) -> None:
    path = renewal_lock(PROFILE._replace(key=KeyReference(kind, "default")), machine(tmp_path))
    path.parent.mkdir(parents=True)
    path.touch()
    assert left_locks(machine(tmp_path)) == (path,)


def test_a_keyring_has_one_lock_for_several_folders(tmp_path: Path) -> None:
    here, profile = machine(tmp_path), PROFILE._replace(key=KeyReference("keyring", "default"))
    assert renewal_lock(profile, here) == renewal_lock(profile, here._replace(config_directory=tmp_path / "other"))


def test_a_lock_that_is_never_free_is_told(tmp_path: Path) -> None:
    here = machine(tmp_path)
    here.config_directory.mkdir()
    with renewing(PROFILE, here), pytest.raises(StoreUnusable, match="too long"), renewing_alone(PROFILE, "", here, 0):
        pass


def test_a_token_that_is_good_is_used_while_another_process_renews(tmp_path: Path) -> None:
    here = machine(tmp_path)
    with posthog() as server:
        profile = kept(server, here, **nearly_over())
        with renewing(profile, here):
            assert current_key(profile, server.url, here).reveal().startswith("pha_")
        assert renewals(server) == 0
