import { expect, test } from 'vitest'
import type { FakeOptions } from '../fake.ts'
import { stage } from './open.ts'

const { start: open } = stage()
const start = (options: FakeOptions) => open('/integrations', options)

test('tells how destinations are, tests them, and tries again what they did not take', async () => {
  const { page, fake, wrong } = await start({ devices: 30 })
  const splunk = page.locator('section', { has: page.getByRole('heading', { name: /splunk/ }) })
  await splunk.getByText('It does not work').waitFor()
  await splunk.getByText('lacks a permission').waitFor()
  expect(await splunk.getByText('1,844').count()).toBe(1)
  expect(await page.locator('#page').textContent()).not.toContain('\u202e')
  await splunk.getByRole('button', { name: 'Send test' }).click()
  await splunk.getByText('The test failed').waitFor()
  await splunk.getByRole('button', { name: 'What it did not take' }).press('Enter')
  await splunk.getByText('<img src=x').waitFor()
  await splunk.getByRole('button', { name: 'Try again' }).nth(1).click()
  await expect.poll(() => fake.outside.replays).toEqual([[2]])
  await splunk.getByText('<img src=x').waitFor({ state: 'detached' })
  await splunk.getByRole('button', { name: 'Try all again' }).click()
  await splunk.getByText('2 events are tried again').waitFor()
  expect(fake.outside.replays).toEqual([[2], 'all'])
  expect(wrong).toEqual([])
})

test('lists what only one side knows', async () => {
  const { page, fake, wrong } = await start({ devices: 60 })
  await page.getByRole('button', { name: 'In Defender, never seen on the wire' }).click()
  const there = page.getByRole('table', { name: 'In Defender, never seen on the wire' })
  await there.getByText('<b>pc</b>').waitFor()
  await page.getByText('25 of 105').waitFor()
  await page.getByRole('button', { name: 'Show more' }).click()
  await page.getByText('100 of 105').waitFor()
  await page.getByRole('button', { name: 'Seen by Tyto, not in Defender' }).click()
  const here = page.getByRole('table', { name: 'Seen by Tyto, not in Defender' })
  await here.getByText('no agent may be put on it').first().waitFor()
  expect(await page.getByRole('link', { name: 'All as CSV' }).getAttribute('href')).toBe(
    '/api/v1/connectors/defender/unconnected.csv',
  )
  await here.getByRole('link').first().click()
  await page.waitForURL(`**/devices/${fake.world.rows[0]?.id}`)
  expect(wrong).toEqual([])
})

test('says what to do when nothing is configured, and to whom it is closed', async () => {
  const empty = await start({ devices: 0 })
  await empty.page.getByText('tyto config check').waitFor()
  const viewer = await start({ devices: 10, role: 'viewer' })
  await viewer.page.getByText('for those who see all sites').waitFor()
  const analyst = await start({ devices: 10, role: 'analyst' })
  await analyst.page.getByText('What it did not take').waitFor()
  expect(await analyst.page.getByRole('button', { name: /test|again/i }).count()).toBe(0)
})
