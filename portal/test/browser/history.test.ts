import { expect, test } from 'vitest'
import { stage } from './open.ts'

const { start } = stage({ devices: 120, signedIn: true })

test('a range of the history is chosen by pointer and by keys, and left again', async () => {
  const { page, fake, settled, wrong, url } = await start()
  await page.goto(`${url}/devices/${fake.world.conversations.find(c => c.client.id)?.client.id}`)
  const chart = page.getByRole('img', { name: /^Bytes over time/ })
  await chart.waitFor()
  await settled()
  const said = page.getByRole('status').filter({ hasText: 'each bar' })
  const whole = await said.textContent()
  const asked: string[] = []
  page.on('request', r => r.url().includes('/history?') && asked.push(new URL(r.url()).search))

  await chart.scrollIntoViewIfNeeded()
  const box = await chart.boundingBox()
  if (!box) throw new Error('no chart')
  await page.mouse.move(box.x + box.width * 0.25, box.y + 50)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * 0.75, box.y + 60, { steps: 4 })
  await page.mouse.up()
  await expect.poll(() => asked.length).toBe(1)
  expect(asked[0]).toMatch(/device=.*from=.*to=/)
  await settled()
  expect(await said.textContent()).not.toBe(whole)

  await page.getByRole('button', { name: 'All', exact: true }).click()
  await expect.poll(() => said.textContent()).toBe(whole)

  await chart.focus()
  for (const key of ['Home', 'ArrowRight', 'Shift+ArrowRight', 'Shift+ArrowRight']) await page.keyboard.press(key)
  await page.keyboard.press('Enter')
  await expect.poll(() => asked.length).toBe(2)
  const range = new URLSearchParams(asked[1])
  const step =
    1000 *
    (
      (await (await page.request.get(`${url}/api/v1/conversations/history?device=${range.get('device')}`)).json()) as {
        step: number
      }
    ).step
  expect(Date.parse(range.get('to') ?? '') - Date.parse(range.get('from') ?? '')).toBe(3 * step)
  await settled()
  await page.getByRole('img', { name: /^Bytes over time/ }).focus()
  await page.keyboard.press('Escape')
  await expect.poll(() => said.textContent()).toBe(whole)
  expect(wrong).toEqual([])
})

test('the history of conversations follows the filter of the list, and is a table too', async () => {
  const { page, wrong } = await start('/conversations?scope=internet')
  await page.getByText(/^[1-9][\d,]* conversations$/).waitFor()
  await page.getByRole('button', { name: 'Over time' }).click()
  await page.waitForURL(/chart=1/)
  await page.getByRole('button', { name: 'Sessions', exact: true }).click()
  await page.getByRole('img', { name: /^Sessions over time/ }).waitFor()
  const asked: string[] = []
  page.on('request', r => r.url().includes('/history?') && asked.push(new URL(r.url()).search))
  await page.getByRole('button', { name: 'Protocol' }).first().click() // of the filters; the next one sorts
  await page.getByRole('checkbox', { name: /^tls/ }).check()
  await expect.poll(() => asked.at(-1)).toMatch(/protocol=tls.*scope=internet|scope=internet.*protocol=tls/)
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'As a table' }).click()
  const table = page.getByRole('region', { name: 'The history as a table' })
  await table.getByRole('columnheader', { name: 'Bytes of clients' }).waitFor()
  expect(await table.getByRole('row').count()).toBeGreaterThan(1)
  expect(wrong).toEqual([])
})

test('what was never heard says that no history is kept', async () => {
  const { page } = await start('/conversations?q=nobody-has-this-name&chart=1')
  await page.getByText('No history is kept of this').waitFor()
})
