import { existsSync } from 'node:fs'
import { type Browser, type BrowserContextOptions, chromium, type Page, type Request } from 'playwright-core'
import { afterEach, expect } from 'vitest'
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
  /** What the page shows and waits for, in words. */
  story: () => Promise<string>
  close: () => Promise<void>
}

/** How long anything may take: the machine may have other work. */
const patience = 90_000

const standard = { width: 1440, height: 900 }

/** Opens an address in a page, and keeps a list of everything that must not happen there. */
async function watch(page: Page, url: string, close: () => Promise<void>): Promise<Visit> {
  const wrong: string[] = []
  const home = new URL(url).origin
  const running = new Set<Request>()
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
    if (counts(r.url())) running.add(r)
    if (!r.url().startsWith(home) && !r.url().startsWith('data:') && !r.url().startsWith('blob:'))
      wrong.push(`foreign request: ${r.url()}`)
  })
  page.on('requestfinished', r => running.delete(r))
  page.on('requestfailed', r => running.delete(r))
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
      .poll(async () => (calm = (await stands()) && running.size === 0 ? calm + 1 : 0), { timeout: patience })
      .toBe(2)
  }
  const story = async () =>
    [
      `at ${page.url()}`,
      `wrong: ${wrong.join('; ') || 'nothing'}`,
      `not answered: ${[...running].map(r => r.url()).join(' ') || 'nothing'}`,
      await page.evaluate(() => document.body.textContent.slice(0, 2000)).catch(err => `no text: ${err}`),
    ].join('\n')
  await page.goto(url)
  return { page, wrong, settled, story, close }
}

/** Opens an address in a page of its own. */
export async function visit(b: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await b.newContext({ viewport: standard, ...options })
  context.setDefaultTimeout(patience)
  return watch(await context.newPage(), url, () => context.close())
}

// One browser serves all files, and one page of it all tests: to go to another address in a page that is there costs
// half of what a new page does. Each double has an origin of its own, so that nothing of another test is there.
let browsing: Promise<Browser> | undefined
let spare: Promise<Page> | undefined

/** Opens an address in the page that all tests share, as it was when it was new. */
async function revisit(b: Browser, url: string, look: Look): Promise<Visit> {
  spare ??= b.newContext({ viewport: standard }).then(context => {
    context.setDefaultTimeout(patience)
    return context.newPage()
  })
  const page = await spare
  await page.setViewportSize(look.viewport ?? standard)
  await page.emulateMedia({ colorScheme: look.colorScheme ?? null, reducedMotion: look.reducedMotion ?? null })
  return watch(page, url, async () => {
    // Ports come again, and with them what a test kept in the browser.
    await page.evaluate(() => [localStorage, sessionStorage].forEach(s => void s.clear()))
    await page.goto('about:blank')
    await page.unrouteAll()
    await page.removeAllListeners()
  })
}

/** What a page can be told while it is open. */
type Look = Pick<BrowserContextOptions, 'viewport' | 'colorScheme' | 'reducedMotion'>

/** A page over a double of its own, and the double. */
export interface Start extends Visit {
  fake: Fake
  url: string
}

/** What the tests of a file open; it is closed after each test, and what it showed is told of a test that failed. */
export function stage(usual: FakeOptions = { devices: 5, signedIn: true }) {
  const opened: Visit[] = []
  const homes: (() => void)[] = []
  let taken = false
  afterEach(async ({ task }) => {
    const failed = task.result?.state === 'fail'
    for (const v of opened.splice(0)) {
      if (failed) process.stderr.write(`${task.name}: ${await v.story()}\n`)
      await v.close()
    }
    for (const close of homes.splice(0)) close()
    if (failed) {
      await (await spare)?.context().close()
      spare = undefined
    }
    taken = false
  })
  const keep = (v: Visit): Visit => {
    opened.push(v)
    return v
  }
  browsing ??= browser()
  return {
    /** Opens an address of a double that is there, in a page that shares nothing with others. */
    again: async (url: string): Promise<Visit> => keep(await visit(await (browsing as Promise<Browser>), url)),
    /** Serves a double, made as options say, until the test is over, and opens a page of it. */
    async start(path = '/', options: FakeOptions | Fake = {}, look: Look = {}): Promise<Start> {
      const fake = 'answer' in options ? options : createFake({ ...usual, ...options })
      const home = await listen(fake)
      homes.push(home.close)
      const b = await (browsing as Promise<Browser>)
      const v = keep(await (taken ? visit : revisit)(b, home.url + path, look))
      taken = true
      return { ...v, fake, url: home.url }
    },
  }
}
