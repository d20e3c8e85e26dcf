import type { Route } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import type { Claim, DeviceDetail } from '../../src/api/types.ts'
import { stage } from './open.ts'

const stand = stage({ devices: 60, signedIn: true })

/** The page of the first device, of a hub that takes decisions, and what it was told. */
async function start() {
  const { fake, url, ...v } = await stand.start('/devices')
  const id = fake.world.rows[0]?.id ?? ''
  const told: { path: string; body: Record<string, unknown> }[] = []
  const held = new Map<string, Claim>()
  const conflict: Claim = {
    attribute: 'clue',
    value: 'two serial numbers: A1 and B2',
    confidence: 'shown',
    evidence: { protocol: 'inventory', field: 'serial_conflict' },
    first: '2026-01-01T00:00:00Z',
    last: '2026-01-01T00:00:00Z',
  }
  await v.page.route(/\/api\/v1\/devices\/[^/]+\/(decisions|merge|split)$/, async (route: Route) => {
    const body = route.request().postDataJSON()
    told.push({ path: new URL(route.request().url()).pathname.split('/').pop() ?? '', body })
    if (body.value)
      held.set(body.attribute, {
        ...conflict,
        attribute: body.attribute,
        value: body.value,
        confidence: 'confirmed',
        evidence: { protocol: 'person', field: 'ada' },
      })
    else held.delete(body.attribute)
    await route.fulfill({ status: 202 })
  })
  await v.page.route(new RegExp(`/api/v1/devices/${id}$`), async (route: Route) => {
    const answer = await route.fetch()
    const detail: DeviceDetail = await answer.json()
    for (const [attribute, claim] of held) detail.device.beliefs[attribute] = { ...claim, others: [] }
    const related: Claim = {
      ...conflict,
      value: 'its management controller is 00:11:22:00:00:01 (d-0123456789ab): serial:7xk2q53',
      evidence: { protocol: 'inventory', field: 'management_controller' },
    }
    detail.device.evidence.push(conflict, related)
    await route.fulfill({ response: answer, json: detail })
  })
  await v.page.goto(`${url}/devices/${id}`)
  return { ...v, told, id, other: fake.world.rows.find(r => r.id !== id && r.zone === fake.world.rows[0]?.zone) }
}

describe('decisions about a device', () => {
  test('are made by keyboard, shown as a person’s, and taken back', async () => {
    const { page, told, wrong } = await start()
    await page.getByText('two serial numbers: A1 and B2').first().waitFor()
    await page.getByText('Nothing: all that is said of this device').waitFor()
    await page.getByRole('button', { name: 'Correct…' }).focus()
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Correct what is known' })
    await dialog.getByLabel('Type').selectOption({ label: 'Video recorder' })
    await dialog.getByRole('button', { name: 'Decide' }).click()
    await page.getByText('by ada').waitFor()
    expect(told).toEqual([{ path: 'decisions', body: { attribute: 'type', value: 'nvr' } }])
    await page.getByRole('button', { name: 'Undo' }).click()
    await page.getByText('Nothing: all that is said of this device').waitFor()
    expect(told[1]).toEqual({ path: 'decisions', body: { attribute: 'type' } })
    expect(wrong).toEqual([])
  })

  test('what is found of related devices leads to them', async () => {
    const { page, wrong } = await start()
    const finding = page.getByRole('listitem').filter({ hasText: 'its management controller is' }).first()
    const link = finding.getByRole('link', { name: 'd-0123456789ab' })
    await link.waitFor()
    expect(await link.getAttribute('href')).toBe('/devices/d-0123456789ab')
    expect(wrong).toEqual([])
  })

  test('merge with another that is looked for by name', async () => {
    const { page, told, other, wrong } = await start()
    await page.getByRole('button', { name: 'Merge with another…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Merge with another device' })
    await dialog.getByLabel('Name or address of the other').fill(other?.ip ?? '')
    await dialog.getByRole('radio').first().check()
    await dialog.getByRole('button', { name: 'Merge', exact: true }).click()
    await dialog.waitFor({ state: 'hidden' })
    expect(told).toEqual([{ path: 'merge', body: { device: other?.id } }])
    expect(wrong).toEqual([])
  })
})
