import { expect, test } from 'vitest'
import type { DeviceList, Setup } from '../../src/api/types.ts'
import { browser, visit } from './open.ts'

// Against a running hub: TYTO_URL is its address. TYTO_TOKEN is the one-time token
// if it has no administrator yet; TYTO_USER and TYTO_PASSWORD are one otherwise,
// and are made with the token if there is one.
const url = process.env.TYTO_URL?.replace(/\/$/, '')
const user = process.env.TYTO_USER ?? 'admin'
const password = process.env.TYTO_PASSWORD ?? 'correct horse battery'

test.runIf(url)('every page of a running hub', { timeout: 180_000 }, async () => {
  const home = url ?? ''
  const b = await browser()
  const needed = ((await (await fetch(`${home}/api/v1/setup`)).json()) as Setup).needed
  const { page, wrong, settled } = await visit(
    b,
    needed ? `${home}/setup#token=${process.env.TYTO_TOKEN ?? ''}` : `${home}/`,
  )
  await page.getByLabel('User name').fill(user)
  await page.getByLabel('Password', { exact: true }).fill(password)
  if (needed) {
    expect(new URL(page.url()).hash).toBe('')
    await page.getByLabel('Password again').fill(password)
    await page.getByRole('button', { name: 'Create and sign in' }).click()
  } else {
    await page.getByRole('button', { name: 'Sign in' }).click()
  }
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor()
  await page.getByText('Live', { exact: true }).waitFor()

  // A hub that has just started may still be listening to its first packets.
  const list = async () => (await (await page.request.get(`${home}/api/v1/devices?limit=500`)).json()) as DeviceList
  await expect.poll(async () => (await list()).total, { timeout: 60_000, interval: 500 }).toBeGreaterThan(0)
  await page.getByRole('heading', { name: 'Categories' }).waitFor({ timeout: 30_000 })

  const { items } = await list()
  const known = items.find(d => d.type && d.hostname) ?? items.find(d => d.hostname) ?? items[0]
  await page.goto(`${home}/devices?q=${encodeURIComponent(known?.ip ?? known?.mac ?? '')}`)
  await page.locator('tbody tr[data-index="0"] a').waitFor()
  const took = await page.evaluate(async () => {
    const times: number[] = []
    for (let i = 0; i < 15; i++) {
      const at = performance.now()
      await (await fetch('/api/v1/devices?limit=100')).arrayBuffer()
      times.push(performance.now() - at)
    }
    return times.sort((x, y) => x - y)[7]
  })
  process.stdout.write(`device list of ${items.length}: median ${took?.toFixed(1)} ms\n`)

  await page.goto(`${home}/devices/${known?.id}`)
  await page.getByRole('heading', { name: 'Identity, and why' }).waitFor()
  const why = page.getByRole('button', { name: /Why$/ })
  if ((await why.count()) > 0) {
    await why.first().click()
    await page.getByText('What says so').waitFor()
  }
  await page.getByRole('tab', { name: /All evidence/ }).click()

  await page.goto(`${home}/conversations`)
  await page.locator('tbody tr[data-index="0"]').waitFor()
  await page.goto(`${home}/sensors`)
  await page.getByRole('button', { name: 'Counters' }).first().click()
  const csv = await page.request.get(`${home}/api/v1/devices.csv`)
  // A value may hold line breaks of its own, between quotation marks.
  const lines = (await csv.text())
    .trim()
    .replaceAll(/"[^"]*"/g, '')
    .split('\n')
  expect(lines.length).toBe((await list()).total + 1)

  if (process.env.TYTO_SHOTS) {
    for (const p of ['', 'devices', `devices/${known?.id}`, 'conversations', 'sensors']) {
      await page.goto(`${home}/${p}`)
      await settled()
      await page.screenshot({ path: `${process.env.TYTO_SHOTS}/real-${p.replace(/\/.*/, '-one') || 'overview'}.png` })
    }
  }
  expect(wrong).toEqual([])
  await b.close()
})
