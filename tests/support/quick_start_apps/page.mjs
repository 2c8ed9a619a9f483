// A page that runs one script, in happy-dom: `node page.mjs SCRIPT MILLISECONDS`. What differs from browsers is put right first.
import { readFileSync } from 'node:fs'
import { Window } from 'happy-dom'

const [script, milliseconds] = process.argv.slice(2)
const window = new Window({
  url: 'http://127.0.0.1/shop',
  settings: {
    enableJavaScriptEvaluation: true,
    suppressInsecureJavaScriptEnvironmentWarning: true,
    navigator: { userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36' },
    fetch: { disableSameOriginPolicy: true },
  },
})
window.document.write('<html><head><script></script></head><body><div id="root"></div><div id="app"></div></body></html>')
Object.defineProperty(window.navigator, 'webdriver', { value: false }) // posthog-js sends nothing for a bot
Object.assign(window, { ArrayBuffer, Uint8Array }) // of its own realm, which its fetch takes for texts

let onerror // browsers give it the error, not the event
Object.defineProperty(window, 'onerror', { get: () => undefined, set: (handler) => (onerror = handler) })
window.addEventListener('error', (event) => onerror?.(event.message, event.filename, 1, 1, event.error))
window.eval(readFileSync(script, 'utf8'))
await new Promise((done) => setTimeout(done, Number(milliseconds)))
process.exit(0)
