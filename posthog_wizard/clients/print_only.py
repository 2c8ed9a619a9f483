"""Products for which we only print an entry, since their file is a program, a dialog, or not known well enough to edit."""

from posthog_wizard.clients.entries import PLAIN, PLAIN_REMOTE, TYPED
from posthog_wizard.clients.paths import in_home
from posthog_wizard.model import STRICT, UNPROVEN, Client

_CRUSH = TYPED._replace(environment_reference="${name}")
_OPENHANDS = PLAIN._replace(remote={**PLAIN_REMOTE, "transport": "http"}, signing_in={"auth": "oauth"})
_ASKING = TYPED._replace(prompt_reference="${{input:{id}}}", prompts=("inputs",))

PRINT_ONLY: dict[str, Client] = {
    client.id: client
    for client in (
        Client(  # https://github.com/charmbracelet/crush/blob/main/docs/config/README.md; its JSON of old is deprecated
            id="crush",
            title="Crush",
            places=(in_home(_CRUSH, UNPROVEN, "~/.config/crush/crushrc"),),
            print_only="its configuration is a shell script",
            no_project="in projects Crush reads a shell script, `.crushrc`: paste the same line there",
            shell_command="mcp add {name} --type {type} --url {url}{headers}",
        ),
        Client(
            id="jetbrains",
            title="JetBrains AI Assistant",
            places=(in_home(PLAIN, UNPROVEN, "Settings > Tools > AI Assistant > Model Context Protocol (MCP)"),),
            print_only="it takes servers in its settings dialog alone",
        ),
        Client(  # the path is in its source, the spelling that of FastMCP; nobody has run it
            id="openhands",
            title="OpenHands",
            places=(in_home(_OPENHANDS, UNPROVEN, "~/.openhands/mcp.json"),),
            print_only="it is not known yet what it makes of its file",
        ),
        Client(
            id="trae",
            title="Trae",
            places=(in_home(PLAIN, UNPROVEN, "Settings > MCP > Add > Add Manually"),),
            print_only="it is not certain where its file is",
            deeplink="trae://trae.ai-ide/mcp-import?type={type}&name={name}&config={base64}",
        ),
        Client(  # https://learn.microsoft.com/visualstudio/ide/mcp-servers
            id="visual-studio",
            title="Visual Studio",
            places=(in_home(_ASKING, STRICT, "~/.mcp.json", container=("servers",)),),
            no_project="for a solution Visual Studio reads `.mcp.json` beside it: paste the same there",
            deeplink="https://vs-open.link/mcp-install?{json}",
            print_only="it runs on Windows alone, and shares a file's name with other clients that spell it differently",
        ),
    )
}
