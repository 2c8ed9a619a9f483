"""OpenCode and its fork Kilo Code: several files each, which they read as one, in the user's folder and in a project.

Seen with OpenCode 1.18.33 and Kilo 7.7.9: an entry without `type` makes the whole configuration invalid, a variable
that is not set leaves nothing, and a 401 begins to sign in although there is a header, unless `oauth` is false.
https://opencode.ai/docs/mcp-servers, https://kilo.ai/docs
"""

from posthog_wizard.clients.entries import COMMAND_LINE, ENVIRONMENT, PLAIN_REMOTE
from posthog_wizard.clients.paths import in_home, in_project, on_every_system, unread
from posthog_wizard.model import RELAXED, Client, EntrySchema, Place

_SCHEMA = EntrySchema(
    remote={"type": "remote", **PLAIN_REMOTE},
    stdio={"type": "local", "command": COMMAND_LINE, "environment": ENVIRONMENT},
    with_key={"oauth": False},
    environment_reference="{{env:{name}}}",
    unset_variable="empty",
    user_keys=("enabled", "timeout"),
    switch={"enabled": False},
    required={"type": ("remote",)},
)


def _files(*templates: str) -> Place:
    return in_home(_SCHEMA, RELAXED, *templates, container=("mcp",))


def _also(*templates: str) -> Place:
    """A file that is read together with those before it, where it is there."""
    return _files(*templates)._replace(directories=on_every_system(), merged=True)


def _below(folder: str, *names: str) -> tuple[Place, ...]:
    """The files of the user's configuration folder, first the one that the client itself would write."""
    first, *others = ((f"$XDG_CONFIG_HOME/{folder}/{name}", f"~/.config/{folder}/{name}") for name in names)
    return (_files(*first), *(_also(*templates) for templates in others))


def _in_projects(*files: str) -> tuple[Place, ...]:
    first, *others = (in_project(_files(), file) for file in files)
    return (first, *(place._replace(merged=True) for place in others))


OPENCODE = Client(
    id="opencode",
    title="OpenCode",
    places=(
        *_below("opencode", "opencode.json", "opencode.jsonc", "config.json"),
        *(_also(file) for file in ("~/.opencode/opencode.json", "~/.opencode/opencode.jsonc", "$OPENCODE_CONFIG")),
        *(_also(f"$OPENCODE_CONFIG_DIR/{name}") for name in ("opencode.json", "opencode.jsonc")),
        *_in_projects("opencode.json", "opencode.jsonc", ".opencode/opencode.json", ".opencode/opencode.jsonc"),
    ),
    proofs={"linux": "run"},
    binaries=("opencode",),
    inherits_environment_of="shell",
    byte_order_mark="accepted",
    after_adding="start a new OpenCode session",
    sign_in="opencode mcp auth {name}",
    unread_locations=unread(
        "~/.config/opencode/mcp.json, ~/.config/opencode/settings.json, ~/.opencode/mcp.json, ~/.opencode.json, "
        "~/Library/Application Support/opencode/opencode.json, $APPDATA/opencode/opencode.json, "
        "{project}/.opencode/mcp.json, {project}/.opencode.json",
        "OpenCode reads `opencode.json` in `~/.config/opencode`, and in a project",
    ),
)
KILO_CODE = OPENCODE._replace(
    id="kilo-code",
    title="Kilo Code",
    places=(
        *_below("kilo", "kilo.jsonc", "kilo.json", "opencode.json", "config.json"),
        *(_also(file) for file in ("~/.kilo/kilo.json", "~/.kilocode/kilo.json", "$KILO_CONFIG")),
        *(_also(f"$KILO_CONFIG_DIR/{name}") for name in ("kilo.jsonc", "kilo.json")),
        *_in_projects("kilo.jsonc", "kilo.json", ".kilo/kilo.json", ".kilocode/kilo.json"),
    ),
    binaries=("kilo",),
    after_adding="start a new Kilo Code session",
    sign_in="kilo mcp auth {name}",
    unread_locations=unread(
        "~/.config/kilo/mcp.json, ~/.config/kilo/settings.json",
        "Kilo Code reads `kilo.jsonc` in `~/.config/kilo`, and in a project",
    ),
)
