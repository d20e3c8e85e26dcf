import { describe, expect, test } from 'vitest'
import { alerts } from '../alerts.ts'
import { createFake } from '../fake.ts'
import { stage } from './open.ts'

const { start, again: open } = stage({})

describe('the door', () => {
  test('sets up with the token of the address, which is removed from it', async () => {
    const { page, wrong, fake } = await start('/#token=demo-token-0001', { needsSetup: true, devices: 5 })
    await page.getByRole('heading', { name: 'Create the first administrator' }).waitFor()
    expect(new URL(page.url()).hash).toBe('')
    expect(await page.getByLabel('One-time token').inputValue()).toBe(fake.token)
    await page.getByLabel('User name').fill('admin')
    await page.getByLabel('Password', { exact: true }).fill('short')
    await page.getByLabel('Password again').fill('short')
    expect(await page.getByRole('button', { name: 'Create and sign in' }).isDisabled()).toBe(true)
    await page.getByLabel('Password', { exact: true }).fill(fake.password)
    await page.getByLabel('Password again').fill(fake.password)
    await page.getByRole('button', { name: 'Create and sign in' }).click()
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    expect(wrong).toEqual([])
  })

  test('says which field was refused', async () => {
    const { page } = await start('/setup', { needsSetup: true })
    await page.getByLabel('One-time token').fill('wrong')
    await page.getByLabel('User name').fill('admin')
    await page.getByLabel('Password', { exact: true }).fill('correct horse battery')
    await page.getByLabel('Password again').fill('correct horse battery')
    await page.getByRole('button', { name: 'Create and sign in' }).click()
    await page.getByText(/not the token that Tyto printed last/).waitFor()
  })

  test('signs in, and leads to where one wanted to go', async () => {
    const { page, wrong, fake, url } = await start('/devices?category=ot', { devices: 40 })
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await page.getByLabel('User name').fill('admin')
    await page.getByLabel('Password', { exact: true }).fill('not this one')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('alert').getByText('wrong').waitFor()
    await page.getByLabel('Password', { exact: true }).fill(fake.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'Devices' }).waitFor()
    expect(page.url()).toBe(`${url}/devices?category=ot`)
    await page.getByRole('button', { name: /^Account/ }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    expect(wrong).toEqual([])
  })

  test('a session that ends leads back to signing in', async () => {
    const { page, fake } = await start('/', { devices: 5, signedIn: true })
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    fake.fail(401)
    // Whatever is asked next ends the session: the click, or a refresh that comes before it.
    const devices = page.getByRole('link', { name: 'Devices', exact: true }).first()
    await devices.click({ timeout: 2000 }).catch(() => undefined)
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  })
})

test('an alert leads from the list to its evidence, and is closed', async () => {
  const { page, wrong } = await start('/alerts', { devices: 50, signedIn: true })
  await page.getByText('4 alerts').waitFor() // the fifth is a consequence, and stands under another
  await page.getByRole('link', { name: 'A controller was told to stop' }).click()
  await page.getByText('frame 4,711').waitFor()
  const between = page.getByRole('link', { name: 'What they said to each other' })
  expect(await between.getAttribute('href')).toMatch(/^\/conversations\?device=d[0-9a-f]+&q=10\.[0-9.]+&chart=1$/)
  await page.getByText('Ask who is working on the controller.').waitFor()
  await page.getByRole('textbox', { name: 'Comment' }).fill('planned')
  await page.getByRole('button', { name: 'Close', exact: true }).click()
  await page.getByRole('heading', { name: 'History' }).waitFor()
  expect(await page.getByRole('button', { name: 'Close', exact: true }).isDisabled()).toBe(true)
  expect(wrong).toEqual([])
})

describe('the list of 10,000 devices', () => {
  const many = createFake({ devices: 10_000, signedIn: true })
  const rows = 'tbody tr[data-index]'

  test('is asked for in pages, drawn in part, and scrolls to its end', async () => {
    const { page, wrong } = await start('/devices', many)
    const asked: string[] = []
    page.on('request', r => r.url().includes('/api/v1/devices?') && asked.push(new URL(r.url()).search))
    await page.getByText('10,000 devices').waitFor()
    expect(await page.locator(rows).count()).toBeLessThan(60)
    await page.locator('table').evaluate(t => t.parentElement?.scrollTo(0, 1e9))
    await page.locator('tr[data-index="9999"] a').waitFor()
    expect(await page.locator(rows).count()).toBeLessThan(60)
    expect(new Set(asked).size).toBeLessThan(4)
    expect(asked.at(-1)).toContain('offset=9900&limit=100')
    expect(await page.getByRole('table').getAttribute('aria-rowcount')).toBe('10001')
    expect(wrong).toEqual([])
  })

  test('sorts by its heads, and the address says how', async () => {
    const { page } = await start('/devices', many)
    await page.getByRole('button', { name: 'IP address' }).click()
    await page.waitForURL(/sort=ip&order=asc/)
    await page.locator('tr[data-index="0"]').getByText('10.20.0.').first().waitFor()
    expect(await page.locator('th[aria-sort]').textContent()).toBe('IP address')
    await page.getByRole('button', { name: 'IP address' }).click()
    await page.waitForURL(/order=desc/)
    await page.locator('tr[data-index="0"]').getByText('10.23.').first().waitFor()
    await page.goBack()
    await page.waitForURL(/order=asc/)
  })

  test('is searched and filtered, all of it in the address', async () => {
    const { page, url } = await start('/devices', many)
    await page.getByText('10,000 devices').waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('s7-1516')
    await page.waitForURL(/q=s7-1516/)
    await page.getByRole('button', { name: 'Category' }).click()
    await page.getByRole('checkbox', { name: /^OT/ }).check()
    await page.keyboard.press('Escape')
    await page.waitForURL(/category=ot/)
    await page.getByRole('button', { name: 'Remove filter OT' }).waitFor()
    const csv = await page.getByRole('link', { name: 'CSV' }).getAttribute('href')
    expect(csv).toContain('category=ot')
    expect(csv).toContain('q=s7-1516')
    const shown = await page.getByRole('status').filter({ hasText: 'devices' }).textContent()
    const again = await open(page.url())
    await again.page.getByText(shown ?? '').waitFor()
    await page.getByRole('button', { name: 'Clear all' }).click()
    await page.getByText('10,000 devices').waitFor()
    expect(page.url()).toBe(`${url}/devices`)
  })

  test('goes by the keyboard: j, k, Enter, and back to the same place', async () => {
    const { page } = await start('/devices', many)
    await page.locator('tr[data-index="0"] a').waitFor()
    const at = () => page.evaluate(() => document.activeElement?.closest('tr')?.getAttribute('data-index'))
    for (let i = 0; i < 40; i++) await page.keyboard.press('j')
    await expect.poll(at).toBe('39')
    await page.keyboard.press('k')
    await expect.poll(at).toBe('38')
    const name = await page.locator('tr[data-index="38"] a').textContent()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: name ?? '' }).waitFor()
    await page.goBack()
    await page.locator('tr[data-index="38"] a').waitFor()
    await expect.poll(() => page.locator('table').evaluate(t => t.parentElement?.scrollTop)).toBeGreaterThan(0)
  })

  test('remembers its columns here, and tells them in the address', async () => {
    const { page, url } = await start('/devices', many)
    await page.getByRole('button', { name: 'Columns' }).click()
    await page.getByRole('checkbox', { name: 'MAC address' }).check()
    await page.getByRole('checkbox', { name: 'Vendor', exact: true }).uncheck()
    await page.getByRole('button', { name: 'Move MAC address forward' }).click()
    await page.waitForURL(/cols=/)
    await page.goto(`${url}/devices`)
    const heads = page.getByRole('columnheader')
    await heads.filter({ hasText: 'MAC address' }).waitFor()
    const names = await heads.allTextContents()
    expect(names).not.toContain('Vendor')
    // It stood after the OS, its place in the standard order, and went one forward.
    expect(names.indexOf('OS') - names.indexOf('MAC address')).toBe(1)
  })

  test('follows the hub at its top, and waits to be asked elsewhere', async () => {
    const { page, fake } = await start('/devices?sort=hostname&order=asc', many)
    await page.locator('tr[data-index="0"] a').waitFor()
    await page.getByText('Live', { exact: true }).waitFor()
    const first = fake.world.rows.find(r => r.hostname === 'ap-0009') ?? fake.world.rows[0]
    if (!first) throw new Error('no rows')
    first.hostname = 'aaa-renamed'
    fake.tell('devices', { changed: [first.id], total: 10_000 })
    await page.locator('tr[data-index="0"]').getByText('aaa-renamed').waitFor()
    await page.locator('table').evaluate(t => t.parentElement?.scrollTo(0, 4000))
    await page.locator('tr[data-index="100"] a').waitFor()
    first.hostname = 'aaaa-again'
    fake.tell('devices', { changed: [first.id], total: 10_000 })
    await page.getByRole('button', { name: /Something changed/ }).click()
    await page.locator('tr[data-index="0"]').getByText('aaaa-again').waitFor()
  })
})

describe('one device', () => {
  const some = { devices: 200, signedIn: true }

  test('says why each value is believed, to the frame', async () => {
    const { page, fake, wrong, url } = await start('/', some)
    const plc = fake.world.rows.find(r => r.type === 'plc' && r.hostname)
    await page.goto(`${url}/devices/${plc?.id}`)
    await page.getByRole('heading', { level: 1, name: plc?.hostname ?? '' }).waitFor()
    const vendor = page.getByRole('button', { name: /^Vendor/ })
    expect(await vendor.getAttribute('aria-expanded')).toBe('false')
    await vendor.click()
    await page.getByText('What says so').waitFor()
    await page.getByText('What says otherwise, and is believed less').waitFor()
    await page
      .getByText(/frame \d+ of lab-network.pcap/)
      .first()
      .waitFor()
    await page.getByText('Slot 0').waitFor()
    await page.getByRole('tab', { name: /All evidence/ }).click()
    await page.getByLabel('Filter evidence').fill('hostname')
    await page.getByText(/^\d of \d+$/).waitFor()
    expect(wrong).toEqual([])
  })

  test('that is gone says what may have happened', async () => {
    const { page } = await start('/devices/nobody', some)
    await page.getByText('There is no device of that id').waitFor()
  })

  test('leads from a conversation to the other side', async () => {
    const { page, fake, url } = await start('/', some)
    const c = fake.world.conversations.find(x => x.client.id && x.server.id && x.client.id !== x.server.id)
    await page.goto(`${url}/conversations?device=${c?.client.id}`)
    await page
      .getByRole('link', { name: c?.server.name ?? '' })
      .first()
      .click()
    await page.waitForURL(/\/devices\/d/)
  })

  test('leads from a host of the internet to all who talk to it', async () => {
    const { page, fake } = await start('/conversations?scope=internet', some)
    const name = fake.world.conversations.find(x => x.scope === 'internet' && x.server_name)?.server_name ?? ''
    await page.getByRole('link', { name, exact: true }).first().click()
    await page.waitForURL(u => u.pathname === '/conversations' && u.search === `?q=${encodeURIComponent(name)}`)
    const all = fake.world.conversations.filter(x => x.server_name?.includes(name)).length
    await page.getByText(new RegExp(`^${all} conversations?$`)).waitFor()
  })
})

describe('everywhere', () => {
  test('sensors say what is wrong with their mirror, alerts have their packets', async () => {
    const { page, fake, url } = await start('/sensors', { devices: 20, signedIn: true })
    await page.getByText('only one side is heard').waitFor()
    await page.getByText('Mirror both directions').waitFor()
    const id = alerts(fake.world)[0]?.id ?? ''
    await page.goto(`${url}/alerts/${id}`)
    const link = page.getByRole('link', { name: /Download them as a capture/ })
    expect(await link.getAttribute('href')).toBe(`/api/v1/alerts/${id}/packets`)
  })

  test('a failed request says so, and can be tried again', async () => {
    const { page, fake } = await start('/sensors', { devices: 20, signedIn: true })
    await page.getByText('sensor-1').waitFor()
    fake.fail(500)
    await page.getByRole('link', { name: 'Overview' }).first().click()
    await page.getByText('the hub could not answer').waitFor()
    fake.fail(0)
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('heading', { name: 'Categories' }).waitFor()
  })

  test('the palette finds a device, the question mark tells the keys', async () => {
    const { page, fake } = await start('/', { devices: 200, signedIn: true })
    const d = fake.world.rows.find(r => r.hostname)
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keys' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog', { name: 'Keys' }).waitFor({ state: 'detached' })
    await page.keyboard.press('Control+k')
    await page.keyboard.type(d?.hostname ?? '')
    await page.getByRole('option', { name: d?.hostname ?? '' }).waitFor()
    await page.keyboard.press('Enter')
    await page.waitForURL(`**/devices/${d?.id}`)
    await page.keyboard.press('g')
    await page.keyboard.press('s')
    await page.waitForURL('**/sensors')
  })

  test('a sensor with hundreds of recordings is shown', async () => {
    const { page, fake, wrong, url } = await start('/', { devices: 5, signedIn: true })
    const [one] = fake.world.sensors[2]?.interfaces ?? []
    if (!one) throw new Error('no recording')
    const many = Array.from({ length: 300 }, (_, i) => ({ ...one, name: `/captures/day-${i}.pcap` }))
    fake.world.sensors[2]?.interfaces.splice(0, 1, ...many)
    await page.goto(`${url}/sensors`)
    await page.getByText('day-0.pcap').waitFor()
    await page.getByRole('button', { name: 'Show all 300' }).click()
    await page.getByText('day-299.pcap').waitFor()
    expect(wrong).toEqual([])
  })

  test('light and dark are kept', async () => {
    const { page } = await start('/', { devices: 5, signedIn: true }, { colorScheme: 'light' })
    await page.getByRole('button', { name: 'Light or dark' }).click()
    await page.getByRole('menuitem', { name: 'Dark' }).click()
    await page.reload()
    expect(await page.locator('html').getAttribute('data-mantine-color-scheme')).toBe('dark')
  })

  test('the dot tells when the hub is gone', async () => {
    const { page, url, fake } = await start('/', { devices: 5, signedIn: true })
    await page.getByText('Live', { exact: true }).waitFor()
    fake.fail(503)
    fake.hangUp()
    await page.getByText('Reconnecting').waitFor()
    fake.fail(0)
    await page.getByText('Live', { exact: true }).waitFor()
    expect(page.url()).toBe(`${url}/`)
  })
})
