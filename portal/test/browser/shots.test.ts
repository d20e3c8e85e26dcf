import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'vitest'
import { createFake } from '../fake.ts'
import { listen } from '../serve.ts'
import { browser, visit } from './open.ts'

// TYTO_SHOTS=FOLDER npm run shots: a picture of every page, to be looked at.
const folder = process.env.TYTO_SHOTS

const sizes = { wide: [1440, 900], middle: [800, 1000], phone: [360, 740] } as const

test.runIf(folder)('pictures of every page', { timeout: 300_000 }, async () => {
  mkdirSync(folder ?? '', { recursive: true })
  const b = await browser()
  const full = createFake({ devices: 412, signedIn: true })
  const empty = createFake({ devices: 0, signedIn: true })
  const fresh = createFake({ devices: 0, needsSetup: true })
  const closed = createFake({ devices: 10 })
  const homes = await Promise.all([full, empty, fresh, closed].map(f => listen(f)))
  const [home, nothing, first, out] = homes.map(h => h.url)
  const plc = full.world.rows.find(r => r.type === 'plc')?.id
  const views: [string, string][] = [
    ['overview', `${home}/`],
    ['devices', `${home}/devices`],
    ['devices-filtered', `${home}/devices?category=ot&vendor=Siemens&sort=bytes&order=desc`],
    ['devices-none', `${home}/devices?q=zebra`],
    ['device', `${home}/devices/${plc}`],
    ['conversations', `${home}/conversations`],
    ['conversations-chart', `${home}/conversations?chart=1`],
    ['conversations-iot', `${home}/conversations?category=iot&scope=internet`],
    ['map', `${home}/map`],
    ['map-purdue', `${home}/map?group=purdue`],
    ['map-iot', `${home}/map?category=iot&scope=lan&group=subnet`],
    ['map-found', `${home}/map?q=plc`],
    ['map-table', `${home}/map?as=table`],
    ['alerts', `${home}/alerts`],
    ['alert', `${home}/alerts/00000000000000a1`],
    ['baseline', `${home}/baseline`],
    ['rules', `${home}/rules`],
    ['baseline-empty', `${nothing}/baseline`],
    ['sensors', `${home}/sensors`],
    ['integrations', `${home}/integrations`],
    ['users', `${home}/users`],
    ['audit', `${home}/audit`],
    ['profile', `${home}/profile`],
    ['overview-empty', `${nothing}/`],
    ['devices-empty', `${nothing}/devices`],
    ['sensors-empty', `${nothing}/sensors`],
    ['integrations-empty', `${nothing}/integrations`],
    ['map-empty', `${nothing}/map`],
    ['setup', `${first}/#token=demo-token-0001`],
    ['sign-in', `${out}/`],
  ]
  const only = process.env.TYTO_ONLY?.split(',')
  for (const [size, [width, height]] of Object.entries(sizes)) {
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const [name, url] of views) {
        if (only && !only.includes(name)) continue
        const v = await visit(b, url, { viewport: { width, height }, colorScheme, reducedMotion: 'reduce' })
        if (/^map(?!-table|-empty)/.test(name)) await v.page.waitForSelector('[data-drawn]')
        await v.settled()
        if (name === 'device') {
          await v.page.getByRole('button', { name: /^Model/ }).click()
          await v.page.getByRole('button', { name: /^Vendor/ }).click()
        }
        await v.page.screenshot({ path: join(folder ?? '', `${name}-${size}-${colorScheme}.png`) })
        if (['overview', 'device'].includes(name)) {
          await v.page.evaluate(() => document.querySelector('#page')?.scrollTo(0, 1e6))
          await v.settled()
          await v.page.screenshot({ path: join(folder ?? '', `${name}-end-${size}-${colorScheme}.png`) })
        }
        if (v.wrong.length > 0) throw new Error(`${url}: ${v.wrong.join('\n')}`)
        await v.close()
      }
    }
  }
  await b.close()
  for (const h of homes) h.close()
})
