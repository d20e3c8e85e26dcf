import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createFake } from '../fake.ts'
import { hostile, names } from '../hostile.ts'
import { stage } from './open.ts'

// What something on the network calls itself is text on every page: nothing of
// it runs, becomes a part of the page, or runs out of its frame.

const { start } = stage()
const fake = createFake({ devices: 60, signedIn: true, provider: 'x' })
/** Every page that the router knows, so that a new one cannot be missed. */
const paths = [
  ...readFileSync(join(import.meta.dirname, '..', '..', 'src', 'app.tsx'), 'utf8').matchAll(/path: '([^']+)'/g),
]
  .map(m => m[1] ?? '')
  .filter(p => !['*', '/sign-in', '/setup', '/password', '/second-factor'].includes(p))
  .map(p =>
    p
      .replace('/devices/:id', `/devices/${fake.world.rows.find(r => r.type === 'plc')?.id}`)
      .replace('/alerts/:id', '/alerts/00000000000000a1'),
  )

/** What of the names became more than text, or runs out of what holds it. */
function broken(): string[] {
  const wrong: string[] = []
  if ('ran' in window) wrong.push('a name ran')
  for (const e of document.querySelectorAll('[data-evil],iframe,base,object,embed'))
    wrong.push(`a name is an element: ${e.outerHTML.slice(0, 80)}`)
  for (const a of document.querySelectorAll<HTMLAnchorElement>('a[href]'))
    if (!['http:', 'https:'].includes(a.protocol) || a.host !== window.location.host)
      wrong.push(`a name is an address: ${a.href}`)
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node; node = walker.nextNode())
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    if (/[\u202a-\u202e\u2066-\u2069\u200e\u200f\u0000-\u0008\u001b]/.test(node.textContent ?? ''))
      wrong.push(`a mark that turns text around: ${JSON.stringify(node.textContent?.slice(0, 40))}`)
  for (const e of document.querySelectorAll('[title],[aria-label]'))
    if (/[\u202a-\u202e\u2066-\u2069]/.test(`${e.getAttribute('title')}${e.getAttribute('aria-label')}`))
      wrong.push(`a mark in a title: ${e.outerHTML.slice(0, 80)}`)
  const wide = [document.documentElement, document.querySelector('main')].map(e => e?.scrollWidth ?? 0)
  if (Math.max(...wide) > window.innerWidth) wrong.push(`page and main are ${wide} wide in ${window.innerWidth}`)
  return [...new Set(wrong)]
}

test.each(paths)('%s shows hostile names as text, wide and narrow', async path => {
  const v = await start(path, hostile(fake), { reducedMotion: 'reduce' })
  await v.settled()
  // Everything that opens, opens.
  for (const name of [/Why$/, /^Counters$/, /^Verify$/]) {
    const more = v.page.getByRole('button', { name })
    if ((await more.count()) > 0) await more.first().click()
  }
  for (const tab of await v.page.getByRole('tab').all()) await tab.click()
  await v.settled()
  expect(await v.page.evaluate(broken)).toEqual([])
  await v.page.setViewportSize({ width: 360, height: 740 })
  await v.settled()
  expect(await v.page.evaluate(broken)).toEqual([])
  expect(v.wrong).toEqual([])
})

test('the door shows hostile names as text', async () => {
  const v = await start(
    `/sign-in?refused=${encodeURIComponent(names[1] ?? '')}&next=javascript:window.ran=1`,
    hostile(createFake({ devices: 1, provider: 'x' })),
  )
  await v.settled()
  expect(await v.page.evaluate(broken)).toEqual([])
  expect(v.wrong).toEqual([])
})

test('there is something hostile on every list', async () => {
  const v = await start('/devices', hostile(fake))
  await v.settled()
  expect(await v.page.locator('tbody').first().textContent()).toMatch(/<script>|onerror|HYPERLINK|WWWW/)
})
