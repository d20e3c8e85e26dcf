import { existsSync } from 'node:fs'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

/** The system's Chromium; CHROMIUM names another. */
export async function browser(): Promise<Browser> {
  const path =
    process.env.CHROMIUM ??
    ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(p => existsSync(p))
  if (!path) throw new Error('no Chromium found: install it (apt-get install chromium), or name one in CHROMIUM')
  return chromium.launch({
    executablePath: path,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

export interface Visit {
  page: Page
  /** What went wrong: errors in the console, refused by the policy, requests to other hosts. */
  wrong: string[]
  close: () => Promise<void>
}

/** Opens a page that keeps a list of everything that must not happen. */
export async function visit(b: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await b.newContext({ viewport: { width: 1440, height: 900 }, ...options })
  const page = await context.newPage()
  const wrong: string[] = []
  const home = new URL(url).origin
  page.on('console', m => {
    // A refused request is the API's answer, and tested as such.
    if (m.type() === 'error' && !/Failed to load resource/.test(m.text())) wrong.push(`console: ${m.text()}`)
  })
  page.on('pageerror', e => wrong.push(`error: ${e.message}`))
  page.on('request', r => {
    if (!r.url().startsWith(home) && !r.url().startsWith('data:') && !r.url().startsWith('blob:'))
      wrong.push(`foreign request: ${r.url()}`)
  })
  await page.goto(url)
  return { page, wrong, close: () => context.close() }
}
