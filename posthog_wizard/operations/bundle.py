"""`mcp bundle`: the one-click bundle of Claude Desktop, a zip that says how `mcp serve` is started and what to ask before.

Manifest 0.4 (https://github.com/modelcontextprotocol/mcpb/blob/main/MANIFEST.md): its type `uv` needs no wheels in the bundle,
which would be those of one system. Hosts start `mcp_config`; the entry point does the same for one that does not, and
`pyproject.toml` has nothing to install. Settings are variables alone: an argument that is left empty arrives as `${...}`.
The same choices give the same bytes everywhere: nothing is dated, or compressed, which zlibs do differently.
"""

from __future__ import annotations

import io
import json
import stat
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit
from zipfile import ZipFile, ZipInfo

from posthog_wizard import __version__
from posthog_wizard.credentials.environment import PERSONAL_KEY_VARIABLE
from posthog_wizard.credentials.profiles import DEFAULT, check_name
from posthog_wizard.errors import WriteRefused
from posthog_wizard.invocation import parse_flags
from posthog_wizard.launcher import PROGRAM
from posthog_wizard.model import Json
from posthog_wizard.operations.connection import refuse_misnumbered
from posthog_wizard.operations.server_choice import ServerChoice
from posthog_wizard.own_files import SHARED, refusal_hint, replace_whole
from posthog_wizard.plan.servers import with_limits
from posthog_wizard.settings import HOST
from posthog_wizard.tools import TOOLS
from posthog_wizard.tools.selection import select

_PYTHON = "3.12"  # every dependency has wheels for it, on every system
_SCRIPT = '# /// script\n# dependencies = ["{}"]\n# ///\nfrom posthog_wizard.cli.main import run\n\nraise SystemExit(run({}))\n'
_PROJECT = '[project]\nname = "posthog-bundle"\nversion = "{}"\nrequires-python = ">=3.11"\ndependencies = []\n'


class _Bundle(NamedTuple):
    """A bundle that was written; `changed`: it was not there before, byte for byte. `sha256` in hexadecimal."""

    path: Path
    sha256: str
    manifest: dict[str, Json]
    changed: bool


def run(out: Path, choice: ServerChoice, name: str | None = None) -> _Bundle:
    """Write the bundle, over an older one only. Raises WrongUsage for choices that do not go together, WriteRefused."""
    where, limits, path = choice.connection(), choice.limits("local"), out.expanduser().absolute()
    refuse_misnumbered(limits.project)
    check_name(choice.profile or DEFAULT)
    said = parse_flags("serve", where.flags)._replace(sandbox=choice.sandbox, profile=choice.profile)
    words = with_limits(said, limits).words
    package = f"{PROGRAM}{'[sandbox]' if choice.sandbox else ''}=={__version__}"
    instance = "sandbox" if choice.sandbox else urlsplit(where.address or "").netloc
    variables = {PERSONAL_KEY_VARIABLE: "${user_config.api_key}", HOST: "${user_config.host}"}
    start = ["tool", "run", "--python", _PYTHON, "--from", package, PROGRAM, *words]
    config = {"command": "uv", "args": start, "env": {} if choice.sandbox else variables}
    manifest: dict[str, Json] = {
        "manifest_version": "0.4",
        "name": name or "posthog",
        "display_name": f"PostHog ({instance})" if instance else "PostHog",
        "version": __version__,
        "description": "PostHog's tools, for PostHog Cloud and for any PostHog that you host yourself.",
        "author": {"name": f"The {PROGRAM} contributors"},
        "license": "MIT",
        "privacy_policies": ["https://posthog.com/privacy"],
        "server": {"type": "uv", "entry_point": "server.py", "mcp_config": config},
        "tools": [{"name": tool.name, "description": tool.description} for tool in select(TOOLS, limits, None).offered],
        "tools_generated": True,  # a key may have fewer
        "prompts_generated": True,
        "user_config": {} if choice.sandbox else _settings(where.address or ""),
    }
    texts = {"pyproject.toml": _PROJECT.format(__version__), "server.py": _SCRIPT.format(package, list(words))}
    packed = _packed({"manifest.json": json.dumps(manifest, indent=2, ensure_ascii=False), **texts})
    return _Bundle(path, sha256(packed).hexdigest(), manifest, _write(path, packed))


def _settings(host: str) -> dict[str, Json]:
    """What Claude Desktop asks a person for; it keeps what is sensitive in the system's keychain."""
    text = {"type": "string", "required": False}
    key = "A personal API key with the MCP Server preset. Empty: what `posthog-wizard login` or `key set` stored."
    address = "The address of your PostHog. Empty: that of the stored key, or the region of PostHog Cloud that accepts the key."
    return {
        "api_key": {**text, "title": "PostHog key", "description": key, "default": "", "sensitive": True},
        "host": {**text, "title": "PostHog host", "description": address, "default": host},
    }


def _packed(texts: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name, text in texts.items():
            member = ZipInfo(name)  # of 1980, and stored
            member.create_system, member.external_attr = 3, 0o644 << 16
            archive.writestr(member, text)
    return buffer.getvalue()


def _write(path: Path, packed: bytes) -> bool:
    try:
        before = path.read_bytes() if path.is_file() else None  # a pipe would have us wait
        if path.exists() and _PROJECT.partition("{")[0].encode() not in (before or b""):  # which is not compressed
            raise WriteRefused(f"`{path}` is there already, and no bundle of ours", "name another file with `--out`")
        if before != packed:
            whole = path.resolve()  # behind a link
            replace_whole(whole, packed, SHARED if before is None else stat.S_IMODE(whole.stat().st_mode))
    except OSError as problem:
        hint = refusal_hint(problem, path) or "name a file in a folder that is there with `--out`"
        raise WriteRefused(f"`{path}` cannot be written: {problem.strerror}", hint) from problem
    return before != packed
