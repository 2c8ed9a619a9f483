"""The frozen values that flow through the program: detect -> plan -> diff -> apply -> verify.

A file's content is always `bytes`; `None` means that there is no file.

Most are named tuples: defining one takes a third of the time that a dataclass takes, and every command pays for it.
Annotations are no text here, nor beside other named tuples of every start: typing would compile each, which takes as long again.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

Json = Any  # what json.loads gives: dict, list, str, int, float, bool, None
FormatName = Literal["json", "toml", "yaml"]
OperatingSystem = Literal["mac", "linux", "windows"]
Scope = Literal["user", "project"]
NOTHING: Mapping[Any, Any] = MappingProxyType({})
Proof = Literal["run", "source", "documented"]
"""How we know a client's file on a system: our tests run the client there · read in its source · documented only."""
OutcomeKind = Literal["added", "updated", "unchanged", "removed", "restored", "skipped", "failed"]

# ------------------------------------------------------------------ the machine


class Machine(NamedTuple):
    """The computer that we run on, as `machine.this_machine` saw it or as a test describes it."""

    os: OperatingSystem
    home: Path
    environment: Mapping[str, str]
    working_directory: Path
    state_directory: Path  # journal, locks, logs
    config_directory: Path  # profiles
    data_directory: Path  # the sandbox
    launcher: tuple[str, ...]  # the words that start this program from anywhere
    application_directories: tuple[Path, ...] = ()  # where macOS keeps .app bundles
    temporary_directories: tuple[Path, ...] = ()  # a program below one of these will not be there tomorrow
    untried: tuple[tuple[str, ...], ...] = ()  # ways to start it, `launcher` first, where this run proves none of them
    mounts: str = ""  # the file systems, as Linux lists them


# ------------------------------------------------------------------ the key, and where it is written


class Secret:
    """A key. It shows itself only to `reveal`, which is called where a request is signed or an entry is built.

    Neither a dataclass nor a tuple: both would hand the key to whatever walks over their fields.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)

    def reveal(self) -> str:
        """The key in plain text."""
        return self._value

    def masked(self) -> str:
        """Enough to recognise the key by, not enough to use it: `phx_…wxyz`."""
        prefix = self._value[:4] if self._value[3:4] == "_" else ""
        tail = self._value[-4:] if len(self._value) >= 20 else ""  # noqa: PLR2004 - from here on four give nothing away
        return f"{prefix}…{tail}"

    def __repr__(self) -> str:
        return f"Secret({self.masked()!r})"

    __str__ = masked

    def __format__(self, specification: str) -> str:
        return format(self.masked(), specification)


class EnvironmentReference(NamedTuple):
    """The entry names an environment variable, in the client's own syntax."""

    name: str
    kind: Literal["env"] = "env"  # a named tuple is equal to any with the same values


class Prompted(NamedTuple):
    """The client itself asks for the key and keeps it (VS Code's `inputs`)."""

    input_id: str
    kind: Literal["prompt"] = "prompt"


class Stored(NamedTuple):
    """The key stands in our key store under that profile: the entry starts a program of ours, which reads it there."""

    profile: str = "default"
    kind: Literal["store"] = "store"


Key = Secret | EnvironmentReference | Prompted | Stored | None
"""None: no key, the client signs in by itself or needs none."""

# ------------------------------------------------------------------ what we add


class Remote(NamedTuple):
    """An MCP server that the client reaches over HTTP. `key` goes into the Authorization header."""

    url: str
    key: Key


class Stdio(NamedTuple):
    """An MCP server that the client starts. `key` goes into the environment as POSTHOG_AUTH_HEADER."""

    command: str
    arguments: tuple[str, ...]
    key: Key
    environment: tuple[tuple[str, str], ...] = ()  # what it needs, and its client would not hand over
    handed_on: tuple[str, ...] = ()  # variables that its client shall hand on from its own environment


Server = Remote | Stdio


class Limits(NamedTuple):
    """What the server may reach: identifiers as PostHog gives them, features and tools by name."""

    organization: str | None = None
    project: str | None = None
    features: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    read_only: bool = False
    mode: Literal["tools", "cli"] | None = None


LIMITS_TOGETHER = (("organization",), ("project",), ("features", "tools"), ("read_only",), ("mode",))
"""Fields of which one says the others, too: tools add to those of features."""


class DesiredServer(NamedTuple):
    """What the user wants every client to have. Each client's row decides how it is spelled."""

    name: str
    kind: Literal["hosted", "local", "installation"]
    address: str  # hosted, installation: the endpoint's URL; local: the base URL of the PostHog instance
    key: Key
    launcher: tuple[str, ...]
    limits: Limits = Limits()
    flags: tuple[str, ...] = ()  # more words for a stdio entry, for example ("--allow-http",)
    surroundings: tuple[tuple[str, str], ...] = ()  # variables of this shell without which a stdio entry would not work
    shared: Stored | None = None  # the sign-in for clients that cannot sign in by themselves, where there is one


# ------------------------------------------------------------------ values of documents


class Item(NamedTuple):
    """As a key: the item of a list that has `name` in its `field`, where a client keeps its entries in a list."""

    field: str
    name: str


KeyPath = tuple[Any, ...]
"""Lead from the root to a value: a name for a mapping, an `Item` or an index from 0 for a list (JSON: names alone)."""


def name_of(key: Any) -> str:
    """A key as people read it; of an entry, its name."""
    return key.name if isinstance(key, Item) else str(key)


def equal(one: Json, other: Json, *, ordered: bool = False) -> bool:
    """Whether two values say the same, at any depth: `true` is not 1. `ordered`: and have their keys in one order."""
    pairs = [(one, other)]
    while pairs:
        left, right = pairs.pop()
        if isinstance(left, Mapping) and isinstance(right, Mapping):
            if left.keys() != right.keys() or (ordered and [*left] != [*right]):
                return False
            pairs.extend((value, right[key]) for key, value in left.items())
        elif isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
            if len(left) != len(right):
                return False
            pairs.extend(zip(left, right, strict=True))
        elif isinstance(left, bool) != isinstance(right, bool) or not (left == right or repr(left) == repr(right)):
            return False  # the texts tell that nan is nan
    return True


# ------------------------------------------------------------------ clients

ANY = "*"  # whatever the value is


class Dialect(NamedTuple):
    """What a client's own parser accepts. `proven`: somebody has seen it do so."""

    comments: bool
    trailing_commas: bool
    proven: bool = True
    json5: bool = False  # names without quotes, single quotes and the other freedoms of https://spec.json5.org, too


STRICT = Dialect(comments=False, trailing_commas=False)
RELAXED = Dialect(comments=True, trailing_commas=True)
JSON5 = Dialect(comments=True, trailing_commas=True, json5=True)
UNPROVEN = Dialect(comments=True, trailing_commas=True, proven=False)


class EntrySchema(NamedTuple):
    """How one client spells an entry.

    `remote` and `stdio` are the entry's fields in order; URL, HEADERS, COMMAND, ARGUMENTS and ENVIRONMENT
    (see `clients.entries`) stand for values. `remote` is None where the client only starts programs. A dot in a
    field's name leads into an object: `requestOptions.headers`.
    """

    stdio: Mapping[str, Json]
    remote: Mapping[str, Json] | None = None
    environment_reference: str | None = None  # for example "${env:{name}}"; None: the client expands nothing
    environment_pattern: str | None = None
    """What it expands, where that is more than its reference: groups `name` or `braced`, and `default`."""
    unset_variable: Literal["literal", "empty"] = "literal"  # what becomes of a reference to one that is not set
    with_key: Mapping[str, Json] = NOTHING  # fields that a remote entry has beside, where it has a key
    with_variable: Mapping[str, Json] = NOTHING  # and where a field names the variable with the key
    signing_in: Mapping[str, Json] = NOTHING  # and where the client signs in by itself
    names: str | None = None  # the pattern of names that it takes; None: any
    prompt_reference: str | None = None  # for example "${input:{id}}"; None: the client cannot ask
    prompts: tuple[str, ...] = ()  # where the definitions of such questions stand in the file
    oauth: bool = True  # the client can sign in to a remote server by itself
    user_keys: tuple[str, ...] = ()  # fields of an entry that belong to the user and survive a replacement
    remote_only: tuple[str, ...] = ()  # those of them that say nothing where the entry starts a program
    required: Mapping[str, tuple[str, ...]] = NOTHING
    """Fields without which the client takes a remote entry for something else, and the values that it knows."""
    addresses: tuple[str, ...] = ()  # fields beside that of `remote` under which it reads the address, too
    switch: Mapping[str, Json] = NOTHING  # the field and the value by which the user switches an entry off
    restricting: Mapping[str, Json] = NOTHING
    """User keys beside the switch that only take something away, with the value that does, or ANY. In a project's file,
    which anybody may have written, the others stay only where we know that they were there when we last wrote it."""


class Place(NamedTuple):
    """A file of a client in which servers are configured.

    Paths are templates, tried in order: the first whose variables are all known wins. `~` is the home
    directory, `$NAME` an environment variable, `{project}` the project's root, `*` any run of characters.
    """

    scope: Scope
    paths: Mapping[OperatingSystem, tuple[str, ...]]
    container: tuple[str, ...]  # the keys that lead to the object, or list, which holds the entries
    dialect: Dialect
    schema: EntrySchema
    format: FormatName = "json"
    item: str | None = None  # where the entries are a list: the field that has an entry's name
    directories: Mapping[OperatingSystem, tuple[str, ...]] = NOTHING
    """The place is real when one of these exists (or the file itself); empty: the file's directory."""
    exclusive: bool = False  # where it is real, the client does not read the places after it
    merged: bool = False  # read together with the place before it: a client's entry stands in one of them
    lock_ending: str | None = None
    """While the client rewrites the file, there is a directory beside it, named like the file plus this ending."""

    def keys_of(self, name: str) -> KeyPath:
        """The keys that lead to the entry of that name."""
        return (*self.container, name if self.item is None else Item(self.item, name))


class UnreadLocation(NamedTuple):
    """Files in which entries are found that the client does not read: old places of its own, or people's mistakes."""

    paths: str  # templates as in Place, with commas between them; each is looked at, on every system
    why: str  # half a sentence: "Zed reads `~/.config/zed` on macOS"
    format: FormatName = "json"


class Plugin(NamedTuple):
    """A plugin of the client that brings PostHog's server along: it stands in a settings file when it is installed."""

    paths: tuple[str, ...]  # templates as in Place
    keys: tuple[str, ...]  # lead to `true`, or to versions, where it is switched on
    remove: str  # the command that removes it


class Trust(NamedTuple):
    """Where a client keeps the folders whose project files it reads: a list of them, or an object by their paths."""

    paths: tuple[str, ...]  # templates as in Place
    keys: tuple[str, ...]  # lead to the list or object
    values: tuple[str, ...] = ()  # of an object: what says that a folder is trusted
    field: str | None = None  # where that stands, if not a folder's own value
    approve: str | None = None  # each entry stands there by its name, and is approved by this command, with `{name}`
    format: FormatName = "json"


class Client(NamedTuple):
    """An AI coding client: what `clients/` knows of it. Pure data."""

    id: str
    title: str
    places: tuple[Place, ...]
    proofs: Mapping[OperatingSystem, Proof] = NOTHING  # documented only, where nothing is said
    binaries: tuple[str, ...] = ()
    applications: tuple[str, ...] = ()  # macOS bundles
    evidence: Mapping[OperatingSystem, tuple[str, ...]] = NOTHING
    """Further directories and files that prove the client is installed."""
    after_adding: str | None = (
        None  # what the user does then, with `{name}` for the entry, or that there is nothing to do
    )
    after_removing: str | None = None  # None: the same
    sign_in: str | None = None  # its own command that begins to sign in, with `{name}` for the entry
    no_project: str | None = None  # why there is no project scope, where that needs more words
    no_oauth: str | None = None  # where else to sign in, for a client that cannot from its file
    deeplink: str | None = None  # see `deeplinks.py` for what may stand in braces
    deeplink_web: str | None = None  # for pages that let no link but https through
    documented: Json = None  # the block of PostHog's own documentation: JSON, or the text of a command
    inherits_environment_of: Literal["shell", "desktop"] = "desktop"
    """The client's own environment: that of the user's shell, or the one that desktop programs get."""
    hands_over: str | None = None  # the pattern of those variables that its servers get; None: all
    withholds: str | None = None  # the pattern of those that they do not get, wherever it is found in a name
    byte_order_mark: Literal["accepted", "refused", "unknown"] = "unknown"  # what its own parser does with one
    auth_header_blocks_oauth: bool = False  # with an Authorization header configured, it never offers to sign in
    overrides: tuple[str, ...] = ()
    """Keys in the user's file that lead to entries which win over all others in one project, `{project}`."""
    unread_locations: tuple[UnreadLocation, ...] = ()
    plugins: tuple[Plugin, ...] = ()
    trust: Trust | None = None
    print_only: str | None = None  # why we do not edit its file
    shell_command: str | None = None  # what to paste where its file is a shell script; `{headers}` in its own way

    @property
    def without_projects(self) -> str:
        """Why there is no project scope, where there is none."""
        return self.no_project or f"{self.title} has no configuration file in projects"

    def next_step(self, outcome: OutcomeKind, name: str | None = None, *, signs_in: bool = False) -> str | None:
        """What the user does after a change of the entries `name` (`a, b`) with that outcome; `signs_in`: without a key."""
        added = self.after_adding and _for_each(name or "posthog", self.after_adding)
        if outcome in {"removed", "restored"}:
            return self.after_removing or added
        if not signs_in or added is None:
            return added
        then = _for_each(name or "posthog", f"sign in: `{self.sign_in}`") if self.sign_in else "sign in when it asks"
        return then if added.startswith("nothing") else f"{added}, then {then}"


def _for_each(names: str, text: str) -> str:
    """The text with a command for each name in the place of one with `{name}`, which can be pasted."""
    import re  # noqa: PLC0415 - every command waits for this module

    from posthog_wizard.printable import word  # noqa: PLC0415

    def spelled(command: re.Match[str]) -> str:
        return ", ".join(command[0].replace("{name}", word(name)) for name in names.split(", "))

    return re.sub(r"`[^`]*{name}[^`]*`", spelled, text)


# ------------------------------------------------------------------ detect -> plan -> apply


class Found(NamedTuple):
    """A place of a client on this machine. `content` is None when there is no file."""

    client: Client
    place: Place
    path: Path
    content: bytes | None
    evidence: tuple[str, ...]  # why we believe the client is installed; empty: it is not
    problem: Exception | None = None  # the file is there but could not be read
    open_to_others: bool = False  # other users of the machine can read it

    @property
    def detected(self) -> bool:
        """Whether the client is installed."""
        return bool(self.evidence)


class Change(NamedTuple):
    """The whole safety story: this file held `before` and shall hold `after`."""

    path: Path
    before: bytes | None
    after: bytes | None

    @property
    def span(self) -> tuple[int, bytes, bytes]:
        """The one stretch in which the two differ: where it begins, and what stands there before and after."""
        before, after = self.before or b"", self.after or b""
        most = min(len(before), len(after))
        start = _extent(most, lambda low, high: before[low:high] == after[low:high])
        end = _extent(
            most - start,
            lambda low, high: (
                before[len(before) - high : len(before) - low] == after[len(after) - high : len(after) - low]
            ),
        )
        return start, before[start : len(before) - end], after[start : len(after) - end]


def _extent(most: int, same: Callable[[int, int], bool]) -> int:
    """How far something is the same, up to `most`: by halving, so that the comparing is done in C."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if same(low, middle):
            low = middle
        else:
            high = middle - 1
    return low


class Edit(NamedTuple):
    """One value in a document: the keys that lead to it, and what stands there before and after.

    `before` and `after` are the raw text of the value; None: the key was, or shall be, absent.
    """

    keys: KeyPath
    before: bytes | None
    after: bytes | None


class LimitsChange(NamedTuple):
    """The limits of an entry before and after; None: there is no entry."""

    before: Limits | None = None
    after: Limits | None = None


class Step(NamedTuple):
    """One file of one client in a plan."""

    found: Found
    change: Change
    outcome: OutcomeKind  # what it will be when all goes well
    edits: tuple[Edit, ...] = ()  # what we changed, for an undo after the file moved on
    reason: str | None = None
    hint: str | None = None
    replan: Callable[[bytes | None], "Step"] | None = None  # the same wish for a file that changed meanwhile
    holds_key: bool = False  # a new file gets mode 0600
    signs_in: bool = False  # the client has no key for it, and asks its user to sign in
    mode: int | None = None  # the mode bits that a file gets which is there; None: those that it has
    directories: tuple[Path, ...] = ()  # go with a file that is deleted, innermost last, as far as they are empty
    name: str | None = None  # of the entry; None: that of the first edit
    limits: LimitsChange = LimitsChange()

    @property
    def told(self) -> "Outcome":
        """What it will be when all goes well, as an outcome."""
        found, depth = self.found, len(self.found.place.container)
        edited = (name_of(edit.keys[depth]) for edit in self.edits if edit.keys[:depth] == found.place.container)
        name = self.name or next(edited, None)
        place = (found.client.id, found.place.scope, self.change.path)
        return Outcome(*place, self.outcome, self.reason, self.hint, name=name, limits=self.limits)

    @property
    def due(self) -> bool:
        """Whether it changes anything."""
        return self.change.before != self.change.after or self.mode is not None


class Outcome(NamedTuple):
    """What became of one client in one place."""

    client: str
    scope: Scope
    path: Path | None
    outcome: OutcomeKind
    reason: str | None = None
    hint: str | None = None
    next_step: str | None = None
    name: str | None = None  # of the entry
    limits: LimitsChange = LimitsChange()


class Plan(NamedTuple):
    """The steps to take, and what is skipped or failed already, with its reason."""

    steps: tuple[Step, ...]
    resolved: tuple[Outcome, ...] = ()
