// The demonstration server of tests/support/analytics_server.py, watched by PostHog's own package @posthog/mcp.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const require = createRequire(process.env.MODULES + '/')
const load = (name) => import(pathToFileURL(require.resolve(name)).href)
const { McpServer } = await load('@modelcontextprotocol/sdk/server/mcp.js')
const { StdioServerTransport } = await load('@modelcontextprotocol/sdk/server/stdio.js')
const { z } = await load('zod')
const { PostHog } = await load('posthog-node')
const { instrument } = await load('@posthog/mcp')

const server = new McpServer({ name: 'demo', version: '1.2.3' })
const text = (said) => ({ content: [{ type: 'text', text: said }] })
const analytics = { capture: async () => undefined }
server.registerTool('add', { description: 'Add two numbers.', inputSchema: { a: z.number(), b: z.number() } },
  async ({ a, b }) => text(String(a + b)))
server.registerTool('fails', { description: 'Say that it failed.' }, async () => ({ ...text('no such thing'), isError: true }))
server.registerTool('throws', { description: 'Throw.' }, async () => {
  throw new Error('out of order', { cause: new TypeError('a part is missing') })
})
server.registerTool('tells', { description: 'Tell an event of its own.' }, async () => {
  await analytics.capture({ event: 'report_exported', properties: { rows: 3 } })
  return text('told')
})
server.registerResource('readme', 'demo://readme', { description: 'Read me.', mimeType: 'text/plain' },
  async (uri) => ({ contents: [{ uri: uri.href, mimeType: 'text/plain', text: 'the body' }] }))
server.registerPrompt('greet', { description: 'Greet.', argsSchema: { name: z.string() } },
  ({ name }) => ({ messages: [{ role: 'user', content: { type: 'text', text: `Greet ${name}.` } }] }))

const client = new PostHog('phc_test', { host: process.env.SINK, flushAt: 1, flushInterval: 50 })
const watched = instrument(server, client, {
  reportMissing: true,
  captureModel: true,
  identify: async () => ({ distinctId: 'user-1', properties: { name: 'Ann' }, groups: { company: 'acme' } }),
})
analytics.capture = (event) => watched.capture(event)
await server.connect(new StdioServerTransport())
process.stdin.on('end', async () => {
  await client.shutdown()
  process.exit(0)
})
