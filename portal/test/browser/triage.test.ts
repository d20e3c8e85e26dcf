import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { createFake } from '../fake.ts'
import { listen } from '../serve.ts'
import { browser, visit } from './open.ts'

vi.setConfig({ testTimeout: 120_000 }) // on a machine that has other work, too

let b: Browser
const opened: (() => unknown)[] = []

beforeAll(async () => {
  b = await browser()
})
afterAll(() => b?.close())
afterEach(async () => {
  for (const close of opened.splice(0)) await close()
})

async function start(path: string) {
  const home = await listen(createFake({ devices: 60, signedIn: true }))
  const v = await visit(b, `${home.url}${path}`)
  opened.push(v.close, home.close)
  return v
}

test('alerts are decided about by keys, many at once, and back', async () => {
  const { page } = await start('/alerts')
  const row = (title: RegExp) => page.getByRole('row', { name: title })
  await row(/Telnet is looked for/).waitFor()
  expect(await row(/Many ports of a host/).count()).toBe(0) // it came of the one before
  await page.keyboard.press('j')
  await page.keyboard.press('m')
  await page.getByRole('status').getByText('One alert is muted.').waitFor()
  await row(/Telnet is looked for.*Muted/).waitFor()
  await page.keyboard.press('x')
  await page.keyboard.press('j')
  await page.keyboard.press('x')
  await page.getByText('2 chosen').waitFor()
  await page.keyboard.press('c')
  await page.keyboard.type('planned')
  await page.keyboard.press('Escape')
  await page.keyboard.press('e')
  await page.getByText('2 alerts are closed.').waitFor()
  await row(/A controller was told to stop.*Closed/).waitFor()
  await page.getByRole('button', { name: 'Undo' }).click()
  await row(/A controller was told to stop.*Active/).waitFor()
  await row(/Telnet is looked for.*Muted/).waitFor()
})

test('an alert shows what came of it, and mutes others like it', async () => {
  const { page } = await start('/alerts/00000000000000a0')
  await page.getByRole('link', { name: 'Many ports of a host are tried' }).waitFor()
  await page.keyboard.press('l')
  await page.getByText('Learned').first().waitFor()
  await page.getByRole('button', { name: 'Mute more…' }).click()
  const form = page.getByRole('form', { name: 'Mute alerts like this one' })
  await form.getByRole('button', { name: 'Mute' }).click()
  await form.waitFor({ state: 'detached' })
  await page.keyboard.press('g')
  await page.keyboard.press('b')
  await page.getByText('telnet-scan').waitFor()
  await page
    .getByText('for ever')
    .or(page.getByText(/by admin/))
    .first()
    .waitFor()
})

test('the baseline is learnt again, and forgotten piece by piece', async () => {
  const { page } = await start('/baseline')
  const zone = page.getByRole('region', { name: 'Zone default' })
  await zone.getByText('Operational').waitFor()
  await zone.getByRole('button', { name: 'Learn for a week' }).click()
  await zone.getByText('Learning', { exact: true }).waitFor()
  await zone.getByRole('button', { name: 'Stop learning' }).waitFor()
  const table = page.getByRole('table', { name: 'Facts' })
  const before = await page.getByText(/^60 facts$/).count()
  expect(before).toBe(1)
  await table.getByRole('button', { name: 'Forget' }).first().click()
  await page.getByText(/^59 facts$/).waitFor()
})

test('rules show their thresholds, and indicators are put', async () => {
  const { page } = await start('/alerts')
  await page.getByRole('link', { name: 'Rules' }).click()
  await page.getByText('ports: 25 ports').waitFor()
  await page.getByRole('textbox', { name: 'Search rules' }).fill('baseline')
  await page.getByText('What is looked for (1)').waitFor()
  await page.getByRole('textbox', { name: 'Name of the list' }).fill('feed')
  await page.getByRole('textbox', { name: /Indicators, one a line/ }).fill('203.0.113.9\nevil.example')
  await page.getByRole('button', { name: 'Put' }).click()
  await page.getByText('2 indicators').waitFor()
  await page.getByRole('button', { name: 'Drop' }).click()
  await page.getByText('No list of indicators is put here.').waitFor()
})
