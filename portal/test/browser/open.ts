import { existsSync } from 'node:fs'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { createFake, type Fake, type FakeOptions } from '../fake.ts'
import { listen } from '../serve.ts'

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
  /** Waits until the page stands: all that it asked for has come, and nothing says that it loads. */
  settled: () => Promise<void>
  close: () => Promise<void>
}

/** How long anything may take: the machine may have other work. */
const patience = 90_000

/** Opens a page that keeps a list of everything that must not happen. */
export async function visit(b: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await b.newContext({ viewport: { width: 1440, height: 900 }, ...options })
  context.setDefaultTimeout(patience)
  const page = await context.newPage()
  const wrong: string[] = []
  const home = new URL(url).origin
  let asked = 0
  const counts = (path: string) => path.includes('/api/') && !path.endsWith('/stream')
  page.on('console', m => {
    // A refused request is the API's answer, and tested as such.
    if (m.type() === 'error' && !/Failed to load resource/.test(m.text())) wrong.push(`console: ${m.text()}`)
  })
  page.on('pageerror', e => wrong.push(`error: ${e.message}`))
  page.on('dialog', d => {
    wrong.push(`dialog: ${d.message()}`)
    void d.dismiss()
  })
  page.on('request', r => {
    if (counts(r.url())) asked++
    if (!r.url().startsWith(home) && !r.url().startsWith('data:') && !r.url().startsWith('blob:'))
      wrong.push(`foreign request: ${r.url()}`)
  })
  page.on('requestfinished', r => counts(r.url()) && asked--)
  page.on('requestfailed', r => counts(r.url()) && asked--)
  const settled = async () => {
    await page.locator('h1').first().waitFor()
    const stands = () =>
      page.evaluate(async () => {
        await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
        return (
          !document.querySelector('[aria-label="Loading"],[aria-busy="true"]') && document.fonts.status === 'loaded'
        )
      })
    // Twice, as what has come may ask for more.
    let calm = 0
    await expect
      .poll(async () => (calm = (await stands()) && asked === 0 ? calm + 1 : 0), { timeout: patience })
      .toBe(2)
  }
  await page.goto(url)
  return { page, wrong, settled, close: () => context.close() }
}

/** A page over a double of its own, and the double. */
export interface Start extends Visit {
  fake: Fake
  url: string
}

/** The browser of a test file. What is opened in it is closed after each test. */
export function stage(standard: FakeOptions = { devices: 5, signedIn: true }) {
  let b: Browser
  const opened: (() => unknown)[] = []
  beforeAll(async () => {
    b = await browser()
  })
  afterAll(() => b?.close())
  afterEach(async () => {
    for (const close of opened.splice(0)) await close()
  })
  const again = async (url: string, context: BrowserContextOptions = {}): Promise<Visit> => {
    const v = await visit(b, url, context)
    opened.push(v.close)
    return v
  }
  return {
    /** Opens an address of a double that is there. */
    again,
    /** Serves a double, made as options say, until the test is over, and opens a page of it. */
    async start(path = '/', options: FakeOptions | Fake = {}, context: BrowserContextOptions = {}): Promise<Start> {
      const fake = 'answer' in options ? options : createFake({ ...standard, ...options })
      const home = await listen(fake)
      const v = await again(home.url + path, context)
      opened.push(home.close)
      return { ...v, fake, url: home.url }
    },
  }
}
