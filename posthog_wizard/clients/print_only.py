"""Products for which we only print an entry, since their file is a program, a dialog, or not known well enough to edit."""

from posthog_wizard.clients.entries import PLAIN_REMOTE, PLAIN_STDIO
from posthog_wizard.clients.paths import on_every_system
from posthog_wizard.model import STRICT, UNPROVEN, Client, EntrySchema, Place

_PLAIN = EntrySchema(remote=PLAIN_REMOTE, stdio=PLAIN_STDIO)
_ASKING = EntrySchema(
    remote={"type": "http", **PLAIN_REMOTE},
    stdio={"type": "stdio", **PLAIN_STDIO},
    prompt_reference="${{input:{id}}}",
    prompts=("inputs",),
)
_CRUSH = EntrySchema(
    remote={"type": "http", **PLAIN_REMOTE},
    stdio={"type": "stdio", **PLAIN_STDIO},
    environment_reference="${name}",
)


def _place(*paths: str, container: str = "mcpServers", schema: EntrySchema = _PLAIN) -> Place:
    return Place("user", on_every_system(*paths), (container,), UNPROVEN, schema)


PRINT_ONLY: dict[str, Client] = {
    client.id: client
    for client in (
        Client(  # https://github.com/charmbracelet/crush/blob/main/docs/config/README.md; its JSON of old is deprecated
            id="crush",
            title="Crush",
            places=(_place("~/.config/crush/crushrc", schema=_CRUSH),),
            print_only="its configuration is a shell script",
            shell_command="mcp add {name} --type {type} --url {url}{headers}",
        ),
        Client(
            id="jetbrains",
            title="JetBrains AI Assistant",
            places=(_place("Settings > Tools > AI Assistant > Model Context Protocol (MCP)"),),
            print_only="it takes servers in its settings dialog alone",
        ),
        Client(  # the path is in its source, the spelling that of FastMCP; nobody has run it
            id="openhands",
            title="OpenHands",
            places=(
                _place(
                    "~/.openhands/mcp.json",
                    schema=_PLAIN._replace(remote={**PLAIN_REMOTE, "transport": "http"}, signing_in={"auth": "oauth"}),
                ),
            ),
            print_only="it is not known yet what it makes of its file",
        ),
        Client(
            id="trae",
            title="Trae",
            places=(_place("Settings > MCP > Add > Add Manually"),),
            print_only="it is not certain where its file is",
            deeplink="trae://trae.ai-ide/mcp-import?type={type}&name={name}&config={base64}",
        ),
        Client(  # https://learn.microsoft.com/visualstudio/ide/mcp-servers
            id="visual-studio",
            title="Visual Studio",
            places=(_place("~/.mcp.json", container="servers", schema=_ASKING)._replace(dialect=STRICT),),
            deeplink="https://vs-open.link/mcp-install?{json}",
            print_only="it runs on Windows alone, and shares a file's name with other clients that spell it differently",
        ),
    )
}
