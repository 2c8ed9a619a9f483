"""Applications into which the quick starts of JavaScript are pasted: path -> text, `// piece 0` stands for a piece."""

from __future__ import annotations

from collections.abc import Mapping

_USER = "const user = { id: '7', email: 'max@example.com' }\n"
_WAIT = "const wait = (ms: number) => new Promise((done) => setTimeout(done, ms))\n"
_BOOM = "const boom = () => setTimeout(() => { throw new Error('boom') })\n"
_STEPS = f"""{_WAIT}{_BOOM}
export async function steps() {{
  await wait(300)
  await import('./login')
  await import('./event')
  await wait(300)
  boom()
  await wait(300)
  await import('./logout')
}}
"""


def _in_the_browser(first: int) -> dict[str, str]:
    """The three pieces of everybody who has posthog-js, each as a module, and what imports them one after the other."""
    return {
        "src/login.ts": f"{_USER}// piece {first}",
        "src/event.ts": f"// piece {first + 1}",
        "src/logout.ts": f"// piece {first + 2}",
        "src/steps.ts": _STEPS,
    }


WEB = {"src/main.ts": "// piece 0\nimport { steps } from './steps'\nsteps()", **_in_the_browser(1)}
VUE = {
    "src/main.ts": "// piece 0",
    "src/App.vue": """<script setup lang="ts">
import { onMounted } from 'vue'
import { steps } from './steps'
onMounted(() => { steps(); throw new Error('in a component') })
</script>
<template><p>shop</p></template>
""",
    "vite.config.js": """import vue from '@vitejs/plugin-vue'
import base from './base.config.js'
export default { ...base, plugins: [vue()] }
""",
    **_in_the_browser(1),
}
REACT = {
    "src/main.tsx": "// piece 0",
    "src/upgrade.tsx": "// piece 1",
    "src/App.tsx": """import { useEffect } from 'react'
import { steps } from './steps'
import { UpgradeButton } from './upgrade'
let begun = false
export default function App() {
  useEffect(() => { if (!begun) steps(); begun = true }, [])
  useEffect(() => { setTimeout(() => document.querySelector('button')?.click(), 300) }, [])
  return <UpgradeButton />
}
""",
    **_in_the_browser(2),
}
NODE = {
    "src/posthog.js": "// piece 0",
    "src/event.js": f"{_USER}// piece 1",
    "src/person.js": f"{_USER}// piece 2",
    "src/caught.js": f"{_USER}const error = new Error('caught')\n// piece 3",
    "src/end.js": "// piece 4",
    "src/main.js": """await import('./event.js')
await import('./person.js')
await import('./caught.js')
if (process.argv[2] === 'ends') await import('./end.js')
else setTimeout(() => { throw new Error('boom') })
export {}
""",
}
EXPRESS = {
    "src/main.js": f"""// piece 0
{_USER}
app.get('/upgrade', (_request, response) => {{
  // piece 2
  response.send('ok')
}})
app.get('/boom', () => {{ throw new Error('boom') }})
// piece 1
// piece 3
const server = app.listen(0, '127.0.0.1', async () => {{
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  for (const path of ['upgrade', 'boom']) {{
    await fetch(`http://127.0.0.1:${{port}}/${{path}}`, {{ headers: {{ 'x-posthog-distinct-id': '7' }} }})
  }}
  process.kill(process.pid, 'SIGTERM')
}})
""",
}
SVELTE = {
    "src/hooks.client.ts": "// piece 0",
    "src/hooks.server.ts": "// piece 1",
    "src/app.html": "<html><head>%sveltekit.head%</head><body>%sveltekit.body%</body></html>",
    "src/routes/+page.svelte": """<script lang="ts">
  import { onMount } from 'svelte'
  import { steps } from '../steps'
  onMount(() => { steps() })
</script>
<p>shop</p>
""",
    "src/routes/boom/+page.server.ts": "export const load = () => { throw new Error('on the server') }",
    "src/routes/boom/+page.svelte": "<p>never</p>",
    "src/page.ts": """import { handleError } from './hooks.client'
import { steps } from './steps'
handleError({ error: new Error('in a component'), status: 500, message: '', event: {} as never })
steps()
""",
    "svelte.config.js": """import { vitePreprocess } from '@sveltejs/vite-plugin-svelte'
export default { preprocess: vitePreprocess(), kit: { paths: { relative: false } } }
""",
    "vite.config.js": """import { sveltekit } from '@sveltejs/kit/vite'
export default { plugins: [sveltekit()] }
""",
    "tsconfig.json": '{"extends": "./.svelte-kit/tsconfig.json", "compilerOptions": {"strict": true, "skipLibCheck": true}}',
    **_in_the_browser(2),
}
NEXT = {
    "instrumentation-client.ts": "// piece 0",
    "app/posthog-provider.tsx": "// piece 1",
    "lib/posthog-server.ts": "// piece 2",
    "instrumentation.ts": "// piece 3",
    "app/api/upgrade/upgrade.ts": f"{_USER}// piece 4",
    "app/api/upgrade/route.ts": """export const dynamic = 'force-dynamic'
export async function GET() {
  await import('./upgrade')
  return new Response('ok')
}
""",
    "app/api/boom/route.ts": """export const dynamic = 'force-dynamic'
export async function GET(): Promise<Response> { throw new Error('on the server') }
""",
    "app/layout.tsx": """import type { ReactNode } from 'react'
export default function Layout({ children }: { children: ReactNode }) {
  return <html><body>{children}</body></html>
}
""",
    "app/page.tsx": """'use client'
import { useEffect } from 'react'
import { steps } from '../src/steps'
export default function Page() {
  useEffect(() => { steps() }, [])
  return <p>shop</p>
}
""",
    "app/old/page.tsx": """import { PostHogStart } from '../posthog-provider'
export default function Page() { return <PostHogStart><p>shop</p></PostHogStart> }
""",
    "tsconfig.json": """{
  "compilerOptions": {
    "strict": true, "noEmit": true, "target": "es2022", "module": "esnext", "moduleResolution": "bundler", "jsx": "react-jsx",
    "lib": ["es2022", "dom", "dom.iterable"], "skipLibCheck": true, "paths": {"@/*": ["./*"]}
  },
  "include": ["**/*.ts", "**/*.tsx"], "exclude": ["node_modules"]
}
""",
    "next.config.js": "export default { turbopack: { root: '/' } }",  # node_modules is a link to elsewhere
    "page.ts": "import './instrumentation-client'\nimport { steps } from './src/steps'\nsteps()",
    **_in_the_browser(5),
}
SHARED: Mapping[str, str] = {
    "package.json": '{"type": "module", "private": true}',
    "base.config.js": """export default {
  define: Object.fromEntries(
    ['NODE_ENV', 'NEXT_PUBLIC_POSTHOG_KEY', 'NEXT_PUBLIC_POSTHOG_HOST'].map((name) => [
      `process.env.${name}`, JSON.stringify(process.env[name] ?? 'production'),
    ]),
  ),
  build: {
    outDir: 'page',
    minify: false,
    lib: { entry: process.env.ENTRY, formats: ['iife'], name: 'page', fileName: () => 'page.js' },
  },
}
""",
    "vite.config.js": "export { default } from './base.config.js'",
    "tsconfig.json": """{
  "compilerOptions": {
    "strict": true, "noEmit": true, "target": "es2022", "module": "esnext", "moduleResolution": "bundler",
    "lib": ["es2022", "dom", "dom.iterable"], "jsx": "react-jsx", "allowJs": true, "checkJs": true, "skipLibCheck": true,
    "types": ["node"]
  },
  "include": ["src"]
}
""",
}
