import { expect, test } from 'vitest'
import { stage } from './open.ts'

const { start } = stage({ devices: 200, signedIn: true })

test('a controller shows its modules, its state, its programs and what was done to it', async () => {
  const { page, fake, url, wrong } = await start()
  const plc = fake.world.rows.find(r => r.type === 'plc' && r.hostname)
  await page.goto(`${url}/devices/${plc?.id}`)

  // How it stands, and what says otherwise.
  await page.locator('dt', { hasText: 'Operating mode' }).waitFor()
  await page.getByRole('button', { name: /^Operating mode/ }).click()
  await page.getByText('What says otherwise, and is believed less').waitFor()

  // The rack, with the slots of which nothing was heard, and why.
  const rack = page.getByRole('region', { name: 'Modules (6)' })
  await rack.getByText('2 slots of which nothing was heard').waitFor()
  await rack.getByRole('button', { name: 'Why slot 1' }).press('Enter')
  await rack.getByText('s7comm.szl.xy11.0001.anz').waitFor()

  // What was moved: who, when, name, size, hash, changed or not.
  const history = page.getByRole('region', { name: 'Programming history (6)' })
  await history.getByRole('row', { name: /s7comm download OB 1 2\.8 kB Changed 5e7b3dfa.*ok frame/ }).waitFor()
  await history.getByRole('row', { name: /DB 10 512 B not taken.*error: protected/ }).waitFor()
  await history.getByRole('row', { name: /s7comm upload FC 10 940 B Same/ }).waitFor()
  const by = history.getByRole('link').first()
  const who = (await by.textContent()) ?? ''

  // What was done, by verb; the tabs by keys.
  await page.getByRole('tab', { name: 'Conversations' }).focus()
  await page.keyboard.press('ArrowRight')
  const verbs = page.getByRole('group', { name: 'Acts by verb' })
  await verbs.getByRole('button', { name: 'Read 51,233' }).waitFor()
  await verbs.getByRole('button', { name: 'Stop 1' }).press('Enter')
  const panel = page.getByRole('tabpanel')
  await panel
    .getByRole('row', { name: /s7comm download/ })
    .first()
    .waitFor({ state: 'detached' })
  await panel.getByRole('row', { name: /Stop.*s7comm plc stop/ }).waitFor()
  expect(await panel.getByRole('row').count()).toBe(2)

  await by.click()
  await page.getByRole('heading', { level: 1, name: who }).waitFor()
  expect(wrong).toEqual([])
})

test('a device to which nothing was done says so', async () => {
  const { page, fake, url } = await start()
  await page.goto(`${url}/devices/${fake.world.rows.find(r => r.category === 'it')?.id}`)
  await page.getByRole('tab', { name: 'Acts' }).click()
  await page.getByText('Nothing that it did, or that was done to it, is kept').waitFor()
  expect(await page.getByText('Programming history').count()).toBe(0)
})
