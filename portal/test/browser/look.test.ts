import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { createFake } from '../fake.ts'
import { stage, type Visit } from './open.ts'

// What can be measured of how the pages look: contrast (WCAG 2.2, 1.4.3), names
// of controls (4.1.2), and that nothing runs out of a narrow screen (1.4.10).

const { start } = stage()
const fake = createFake({ devices: 300, signedIn: true })
const paths = [
  '/',
  '/devices?category=ot',
  `/devices/${fake.world.rows.find(r => r.type === 'plc')?.id}`,
  '/conversations?scope=internet&chart=1',
  '/alerts',
  '/alerts/00000000000000a1',
  '/map?category=iot',
  '/map?as=table',
  '/sensors',
  '/integrations',
  '/users',
  '/audit',
  '/profile',
  '/baseline',
  '/rules',
]

/** Texts whose colour is too near to what is behind them. */
function faint(): string[] {
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = 1
  const pen = canvas.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D
  const paint = (colours: string[]) => {
    pen.clearRect(0, 0, 1, 1)
    for (const c of colours) {
      pen.fillStyle = c
      pen.fillRect(0, 0, 1, 1)
    }
    return [...pen.getImageData(0, 0, 1, 1).data.slice(0, 3)]
  }
  const light = (rgb: number[]) => {
    const [r = 0, g = 0, bl = 0] = rgb.map(v =>
      v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4,
    )
    return 0.2126 * r + 0.7152 * g + 0.0722 * bl
  }
  const found = new Set<string>()
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const at = node.parentElement
    const text = node.textContent?.trim()
    if (
      !at ||
      !text ||
      at.closest('noscript,script,[disabled],[aria-hidden="true"]') ||
      !at.checkVisibility({ opacityProperty: true, visibilityProperty: true })
    )
      continue
    const grounds: string[] = []
    for (let e: Element | null = at; e; e = e.parentElement) grounds.unshift(getComputedStyle(e).backgroundColor)
    const style = getComputedStyle(at)
    const [front, back] = [light(paint([...grounds, style.color])), light(paint(grounds))]
    const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05)
    const large = Number.parseFloat(style.fontSize) >= 24
    if (ratio < (large ? 3 : 4.5)) found.add(`${text.slice(0, 30)}: ${ratio.toFixed(2)}`)
  }
  return [...found]
}

/** Controls that say nothing to who cannot see them, and lists of headings with holes. */
function nameless(): string[] {
  const wrong: string[] = []
  for (const e of document.querySelectorAll<HTMLElement>('a[href],button,input,select,textarea,[role="img"]')) {
    const label =
      e.getAttribute('aria-label') ||
      e.textContent?.trim() ||
      (e as HTMLInputElement).labels?.[0]?.textContent ||
      e.getAttribute('aria-labelledby')
    if (!label) wrong.push(e.outerHTML.slice(0, 120))
  }
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id)
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) wrong.push(`id twice: ${id}`)
  if (document.querySelectorAll('h1').length !== 1) wrong.push('not one h1')
  if (!document.querySelector('main')) wrong.push('no main')
  for (const t of document.querySelectorAll('table'))
    if (!t.querySelector('th[scope]')) wrong.push('a table without heads')
  return wrong
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe-core finds against WCAG 2.2 A and AA, and its best practices. */
async function axed(page: Page): Promise<string[]> {
  await page.evaluate(axe) // as the debugger does it: the policy would not let the page
  return page.evaluate(async () => {
    const { axe } = window as unknown as { axe: typeof import('axe-core') }
    const { violations, passes } = await axe.run(document, { resultTypes: ['violations'] })
    if (passes.length === 0) return ['nothing was checked']
    return violations.flatMap(v => v.nodes.map(n => `${v.id}: ${n.html.slice(0, 120)}`))
  })
}

test.each(paths)('%s has contrast, names, and no errors, in light and dark, and fits in 360 pixels', async path => {
  const v = await start(path, fake, { colorScheme: 'light', reducedMotion: 'reduce' })
  await v.settled()
  const why = v.page.getByRole('button', { name: /Why$/ })
  if ((await why.count()) > 1) await why.nth(1).click()
  expect(await v.page.evaluate(faint)).toEqual([])
  expect(await v.page.evaluate(nameless)).toEqual([])
  expect(await axed(v.page)).toEqual([])
  await dark(v)
  expect(await v.page.evaluate(faint)).toEqual([])
  await v.page.setViewportSize({ width: 360, height: 740 })
  await v.settled()
  const wide = await v.page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.querySelector('main')?.scrollWidth ?? 0,
  ])
  expect(Math.max(...wide)).toBeLessThanOrEqual(360)
  expect(v.wrong).toEqual([])
})

test('so has the door', async () => {
  const v = await start('/setup', { needsSetup: true, signedIn: false }, { colorScheme: 'light' })
  await v.settled()
  expect(await v.page.evaluate(faint)).toEqual([])
  expect(await v.page.evaluate(nameless)).toEqual([])
  await dark(v)
  expect(await v.page.evaluate(faint)).toEqual([])
  expect(v.wrong).toEqual([])
})

/** The system turns dark, and the page with it. */
async function dark(v: Visit): Promise<void> {
  await v.page.emulateMedia({ colorScheme: 'dark' })
  await v.page.locator('html[data-mantine-color-scheme="dark"]').waitFor()
  await v.settled()
}
