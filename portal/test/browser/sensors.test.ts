import { describe, expect, test } from 'vitest'
import { createFake, type FakeOptions } from '../fake.ts'
import { stage } from './open.ts'

const { start: open } = stage()
const start = (options: FakeOptions = {}) => open('/sensors', options)

describe('sensors', () => {
  test('join with a token that is told once, by keyboard', async () => {
    const { page, wrong, fake } = await start()
    await page.getByText('sensor-1').waitFor()
    await page.keyboard.press('n')
    const dialog = page.getByRole('dialog', { name: 'Join a sensor' })
    await dialog.getByLabel('Name of the sensor').fill('hall 9')
    await dialog.getByLabel('Zone').fill('hall-9')
    await page.keyboard.press('Enter')
    await dialog.getByText('want 1 to 63 letters').waitFor()
    await dialog.getByLabel('Name of the sensor').fill('hall-9')
    await page.keyboard.press('Enter')
    const told = page.getByRole('dialog', { name: "Run this on the sensor's machine" })
    await told.getByText(/^tyto sensor join tyto1_/).waitFor()
    await told.getByText('hub.example.org:8443').waitFor()
    await page.keyboard.press('Escape')
    await page.getByText('tyto1_').waitFor({ state: 'detached' })
    await page.getByRole('row', { name: /hall-9 hall-9 admin/ }).waitFor()
    expect(fake.places.tokens.items).toHaveLength(2)
    expect(wrong).toEqual([])
  })

  test('a hub that does not listen says how to make it', async () => {
    const { page, fake } = await start()
    fake.places.tokens.address = ''
    await page.reload()
    await page.getByRole('button', { name: 'Join a sensor' }).click()
    await page.getByText('--sensors 0.0.0.0:8443').waitFor()
  })

  test('say what waits, what was lost and why, and what their certificate does', async () => {
    const { page, wrong } = await start()
    await page.getByText('Nothing waits: the hub has everything').waitFor()
    await page.getByText('3,812,004 events wait at the sensor (3.3 GB, 77 % of the room for it)').waitFor()
    await page.getByText('Certificate expired').waitFor()
    await page.getByText('2 batches, which are tried again').waitFor()
    await page.getByRole('button', { name: 'Say what' }).click()
    await page.getByText(/71,204 events \(conversations, acts.*the oldest went/).waitFor()
    await page.getByText(/An unknown number of events.*spool.db.damaged-/).waitFor()
    await page.getByText('Zone Hall 1, line A, Graz works').waitFor()
    expect(wrong).toEqual([])
  })

  test('are revoked once that was confirmed', async () => {
    const { page, fake, wrong } = await start()
    await page.getByRole('button', { name: 'Revoke sensor-1' }).click()
    const dialog = page.getByRole('dialog', { name: 'Revoke sensor-1?' })
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    expect(fake.world.sensors[0]?.member?.state).toBe('joined')
    await page.getByRole('button', { name: 'Revoke sensor-1' }).click()
    await dialog.getByRole('button', { name: 'Revoke' }).click()
    await page.getByText('Revoked', { exact: true }).waitFor()
    expect(fake.world.sensors[0]?.member?.state).toBe('revoked')
    expect(await page.getByRole('button', { name: 'Revoke sensor-1' }).count()).toBe(0)
    expect(wrong).toEqual([])
  })

  test('are searched, filtered and paged at the hub, what needs attention first; many are acted on at once', async () => {
    const fake = createFake({ devices: 5, signedIn: true })
    const [one] = fake.world.sensors
    if (!one?.member) throw new Error('no sensor')
    for (let i = 10; i < 70; i++)
      fake.world.sensors.push({ ...one, name: `plain-${i}`, zone: 'Data centre', member: { ...one.member } })
    const { page, wrong, url } = await open('/sensors', fake)
    await page.getByText('63 sensors').waitFor()
    expect(await page.getByRole('checkbox').first().getAttribute('aria-label')).toBe('Choose sensor-2') // expired
    await page.getByText('1–25 of 63, what needs attention first').waitFor()
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByText('26–50 of 63').waitFor()
    await page.waitForURL(/page=1/)
    await page
      .getByRole('textbox', { name: 'Search name, zone' })
      .or(page.getByLabel('Search name, zone'))
      .fill('plain-1')
    await page.getByText('10 sensors').waitFor()
    await page.getByRole('button', { name: 'Zone', exact: true }).click()
    await page.getByRole('checkbox', { name: /^Data centre/ }).check()
    await page.keyboard.press('Escape')
    await page.waitForURL(`${url}/sensors?q=plain-1&zone=Data+centre`)
    for (const n of [10, 11]) await page.getByRole('checkbox', { name: `Choose plain-${n}` }).check()
    const bar = page.getByRole('region', { name: 'The chosen sensors' })
    await bar.getByRole('button', { name: 'Move to a site…' }).click()
    await page.getByRole('dialog').getByLabel('Site').selectOption('linz')
    await page.getByRole('dialog').getByRole('button', { name: 'Move' }).click()
    await page.getByRole('link', { name: 'Zone Data centre, Linz' }).first().waitFor()
    for (const n of [12, 13]) await page.getByRole('checkbox', { name: `Choose plain-${n}` }).check()
    await bar.getByRole('button', { name: 'Revoke…' }).click()
    await page.getByRole('dialog', { name: 'Revoke 2 sensors?' }).getByRole('button', { name: 'Revoke' }).click()
    await bar.waitFor({ state: 'detached' })
    expect(fake.world.sensors.filter(s => s.member?.state === 'revoked').map(s => s.name)).toEqual([
      'plain-12',
      'plain-13',
    ])
    await page.getByRole('button', { name: 'Clear all' }).click()
    await page.getByText('63 sensors').waitFor()
    expect(wrong).toEqual([])
  })

  test('viewers, and administrators of some sites, are offered nothing that they may not', async () => {
    for (const options of [{ role: 'viewer' as const }, { site: 'graz' }]) {
      const { page } = await start(options)
      await page.getByText('sensor-1').waitFor()
      await page.getByText('Graz works').first().waitFor()
      for (const name of ['Join a sensor', 'Revoke sensor-1', 'Add a site', 'Rename Graz works'])
        expect(await page.getByRole('button', { name }).count(), name).toBe(0)
    }
  })
})

test('sites and zones are made, renamed and moved', async () => {
  const { page, fake, wrong } = await start()
  await page.getByRole('button', { name: 'Add a site' }).click()
  await page.getByLabel('Id').fill('wien')
  await page.getByLabel('Title').fill('Wien, Werk 2')
  await page.keyboard.press('Enter')
  await page.getByText('Wien, Werk 2').first().waitFor()
  await page.getByRole('button', { name: 'Rename Linz' }).click()
  await page.getByLabel('Title').fill('Linz harbour')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText('Linz harbour').waitFor()
  await page.getByRole('button', { name: 'Change zone Data centre' }).click()
  await page.getByLabel('Site', { exact: true }).selectOption('wien')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByRole('row', { name: /Wien, Werk 2.*Data centre/ }).waitFor()
  await page.getByRole('button', { name: 'Add a zone' }).click()
  await page.getByLabel('Id').fill('../x')
  await page.getByLabel('Title').fill('x')
  await page.keyboard.press('Enter')
  await page.getByText('want 1 to 63 letters').waitFor()
  expect(fake.places.sites.items.find(s => s.id === 'wien')?.zones[0]?.id).toBe('Data centre')
  expect(wrong).toEqual([])
})
