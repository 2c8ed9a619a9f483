"""The embedded PostHog: one request in, one reply out.

`mcp serve --sandbox` calls it behind httpx's transport, in threads; `posthog-wizard sandbox` behind uvicorn, which
the MCP SDK brings. Its base URL is `https://sandbox.invalid`: a key or a link that escapes leads nowhere.
"""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posthog_wizard.errors import WizardError
from posthog_wizard.launcher import replaced_since_start
from posthog_wizard.own_files import OWN, PRIVATE, own_folder
from posthog_wizard.sandbox.api.collection import AUTHOR_FIELDS, Collection
from posthog_wizard.sandbox.api.grants import SignInDoor, TokenRules, granted
from posthog_wizard.sandbox.api.http_messages import (
    ApiErrorReply,
    HttpReply,
    HttpRequest,
    api_error,
    forbidden,
    invalid,
    not_found,
    throttled,
)
from posthog_wizard.sandbox.api.known_keys import ANYBODY, KEYS, SANDBOX_KEY_PREFIX, SandboxKey, key_of, made
from posthog_wizard.sandbox.api.routes import RequestContext, Route
from posthog_wizard.sandbox.api.schema import schema_route
from posthog_wizard.sandbox.row_store import Row, RowStore, SampleRow
from posthog_wizard.sandbox.sample import catalog
from posthog_wizard.sandbox.views import (
    accounts,
    cli_auth,
    dashboards,
    definitions,
    experiments,
    flags,
    insights,
    installations,
    oauth_server,
    query_endpoint,
    surveys,
    unavailable,
)

if TYPE_CHECKING:
    from posthog_wizard.sandbox.engine import Engine

log = logging.getLogger("posthog_wizard.sandbox")
_FILE, _CODE = "posthog.sqlite", "sign-in-code"
_VIEWS = (accounts, cli_auth, dashboards, definitions, experiments, flags, insights, installations, oauth_server, query_endpoint,
          surveys, unavailable)  # fmt: skip
_OF_VIEWS: tuple[Route, ...] = tuple(route for view in _VIEWS for route in view.ROUTES)
ROUTES: tuple[Route, ...] = (*_OF_VIEWS, schema_route(_OF_VIEWS))
_COLLECTIONS = (dashboards.DASHBOARDS, insights.INSIGHTS, flags.FLAGS, experiments.EXPERIMENTS, surveys.SURVEYS)
INSTALLED: tuple[SampleRow, ...] = tuple(
    (installations.KIND, catalog.PROJECT_ID, row) for row in catalog.SAMPLE_ROWS[installations.KIND]
)


class Sandbox:
    """A PostHog in a directory. Safe to use from several threads, and from several processes at once.

    `samples` fills it when it is new, `engine` makes what answers queries (called with the first query; raises
    WizardError where there is none). The store's own key opens it, and so do `known_keys`, which others may know.
    """

    def __init__(
        self,
        directory: Path,
        *,
        samples: Callable[[], Iterable[SampleRow]],
        engine: Callable[[], Engine],
        keys: tuple[SandboxKey, ...] = (),
        routes: tuple[Route, ...] = ROUTES,
        now: Callable[[], datetime] = partial(datetime.now, UTC),  # noqa: B008 - a constant
        rules: TokenRules = TokenRules(),  # noqa: B008 - a frozen value
    ) -> None:
        self.store = RowStore(directory / _FILE, samples)
        own = SandboxKey(self.store.secret("key", partial(made, SANDBOX_KEY_PREFIX)), label="Everything")
        self.routes, self._keys, self._engine, self._now = routes, (*keys, own), engine, now
        self.door, self._rules = SignInDoor(directory / _CODE), rules
        documented = () if keys else (catalog.TOKEN, catalog.STAGING_TOKEN)
        self._tokens = {token: self.store.secret(token, partial(made, "phc_sandbox_")) for token in documented}

    @property
    def key(self) -> str:
        """A key that may do everything here: the documented one where it counts, otherwise the store's own."""
        return self._keys[0].value

    def close(self) -> None:
        """Close the files."""
        self.store.close()

    def exchange(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> HttpReply:
        """The reply to a request as it comes over HTTP; `url` is absolute."""
        return self.answer(HttpRequest.of(method, url, headers, body))

    def answer(self, request: HttpRequest) -> HttpReply:
        """The reply to a request. Never raises: a bug of ours is a 500, and is logged."""
        try:
            return self._answered(request)
        except ApiErrorReply as refusal:
            return refusal.reply
        except WizardError as problem:  # what the queries need is not installed
            told: WizardError | None = problem
        except Exception:
            log.exception("a bug in the sandbox: %s %s", request.method, request.path)
            told = replaced_since_start()
        if told is not None:
            return invalid(None, f"{told.message}: {told.hint}", "invalid_input").reply
        return api_error(500, "error", "A server error occurred.", "server_error").reply

    def route_of(self, request: HttpRequest) -> tuple[Route, Mapping[str, str]]:
        """The row for a request, and the named parts of its path. Raises ApiErrorReply where there is none."""
        found = [(route, parts) for route in self.routes if (parts := route.match(request.path)) is not None]
        if not found:
            raise not_found("Endpoint not found.")
        for route, parts in found:
            if route.method == request.method:
                return route, parts
        raise api_error(405, "method_not_allowed", f'Method "{request.method}" not allowed.')

    def _answered(self, request: HttpRequest) -> HttpReply:
        route, parts = self.route_of(request)
        now = self._now()
        key = ANYBODY if route.public else key_of(request, self._keys, partial(granted, self.store, now))
        if key.throttled is not None:
            raise throttled(key.throttled)
        if not route.public:
            _check_access(key, route, parts)
        if "project_id" in parts:
            parts = {**parts, "project_id": str(self._project(parts["project_id"], key))}
        reached = (self.store, now, self._engine, self._tokens, self.door, self._rules)
        return route.answer(RequestContext(request, key, parts, *reached))

    def _project(self, identifier: str, key: SandboxKey) -> int:
        """The number of a project that is there; `@current` is the one that the owner has open."""
        if identifier == accounts.CURRENT:
            identifier = str(self.store.rows("users")[0]["current_project"])
        row = self.store.row("projects", identifier)
        if row is None:
            raise not_found("Project not found.")
        if key.organizations and row["organization"] not in key.organizations:
            raise forbidden(f"API key does not have access to the requested project: ID {identifier}.")
        return int(row["id"])


def leafline(directory: Path, *, well_known_keys: bool = False) -> Sandbox:
    """The sandbox in that directory, which is made where there is none. The engine comes with the first query.

    `well_known_keys`: take the documented keys too. The directory and the one above it are this user's alone from now
    on. Raises WizardError where they cannot be, OSError for the system's refusals.
    """
    _claim(directory)

    @cache
    def engine() -> Engine:
        from posthog_wizard.sandbox.engine import Engine  # noqa: PLC0415 - DuckDB is loaded with the first query

        return Engine(directory)

    return Sandbox(directory, samples=sample_rows, engine=engine, keys=KEYS if well_known_keys else ())


def _claim(directory: Path) -> None:
    """Make sure that a folder, the one above it and all in it are this user's alone: 0600 in 0700.

    It is made where there is none. Its rows hold other servers' keys, and the key that opens it. What belongs to somebody else or is reached by a link may
    lead elsewhere, or change behind our back: it is refused. What is ours and was too wide is narrowed. Windows has no
    modes, but a profile's folder that its owner alone can read.
    """
    for folder in (directory.parent, directory):
        if not os.path.lexists(folder):  # what a link leads to is not narrowed
            own_folder(folder)
        _narrow(folder)
    for path in directory.iterdir():
        with suppress(FileNotFoundError):  # another process was done with it
            _narrow(path)


def _narrow(path: Path) -> None:
    status = path.lstat()
    kind = status.st_mode
    faults = (
        (stat.S_ISLNK(kind), "it is a symbolic link", "move what it leads to into its place, or delete the link"),
        (not stat.S_ISREG(kind) and not stat.S_ISDIR(kind), "it is neither a file nor a folder", "move it away"),
        (
            os.name == "posix" and status.st_uid != os.geteuid(),
            f"it belongs to another user (number {status.st_uid})",
            "run this as that user, or rename it: the next start makes a new one",
        ),
        (
            stat.S_ISREG(kind) and status.st_nlink > 1,
            "it has a second name somewhere (a hard link)",
            "put a copy of it into its place",
        ),
    )
    for applies, what, hint in faults:
        if applies:
            raise WizardError(f"the sandbox is not kept in `{path}`: {what}", hint)
    most, mode = OWN if stat.S_ISDIR(kind) else PRIVATE, stat.S_IMODE(kind)
    if os.name == "posix" and mode & ~most:
        path.chmod(mode & most)


def sample_rows() -> Iterator[SampleRow]:
    """Every row of the sample company: what the sandbox holds when it is new. Dates are days before today (`~30d`)."""
    for resource in ("users", "organizations", "projects"):
        yield from ((resource, 0, row) for row in catalog.SAMPLE_ROWS[resource])
    for kept in _COLLECTIONS:
        yield from ((kept.name, catalog.PROJECT_ID, complete_row(kept, row)) for row in catalog.SAMPLE_ROWS[kept.name])
    yield from INSTALLED


def complete_row(collection: Collection, row: dict[str, Any]) -> Row:
    """A row as it is kept, when only this of it is told."""
    author = {name: catalog.USER[name] for name in AUTHOR_FIELDS}
    dates = dict.fromkeys(("created_at", "updated_at"), f"~{catalog.DAYS}d")
    return {**collection.defaults, **dates, "created_by": author, "deleted": False, **row}


def _check_access(key: SandboxKey, route: Route, parts: Mapping[str, str]) -> None:
    """Raise ApiErrorReply where the key may not do this, in the order in which PostHog looks: scope, then place."""
    project, organization = parts.get("project_id"), parts.get("organization_id")
    if route.scope is not None and not key.may(route.scope):
        raise forbidden(f"API key missing required scope '{route.scope}'")
    if key.teams and project is None and not route.any_team:
        raise forbidden("API keys with scoped projects are only supported on project-based endpoints.")
    if key.teams and project is not None and project not in {*map(str, key.teams), accounts.CURRENT}:
        raise forbidden(f"API key does not have access to the requested project: ID {project}.")
    if key.organizations and organization not in {None, accounts.CURRENT, *key.organizations}:
        raise forbidden(f"API key does not have access to the requested organization: ID {organization}.")
