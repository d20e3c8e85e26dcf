import { expect, test } from 'vitest'
import { goodCode } from '../users.ts'
import { stage } from './open.ts'

const { start } = stage()

test('a second factor is set up, asked for at the door, renewed and taken away', async () => {
  const { page, fake, wrong } = await start('/profile')
  const card = page.getByRole('region', { name: 'Second factor' })
  await card.getByRole('button', { name: 'Set it up' }).click()
  await card.getByLabel('Your password').fill('not this one')
  await page.keyboard.press('Enter')
  await card.getByText('that is not your password').waitFor()
  await card.getByLabel('Your password').fill(fake.password)
  await page.keyboard.press('Enter')
  const picture = card.getByRole('img', { name: 'The secret as a QR code' })
  await picture.waitFor()
  await expect.poll(() => picture.evaluate(i => (i as HTMLImageElement).naturalWidth)).toBeGreaterThan(0)
  await card.getByLabel('Code', { exact: true }).fill('000000')
  await page.keyboard.press('Enter')
  await card.getByText('is wrong, or was used before').waitFor()
  await card.getByLabel('Code', { exact: true }).fill(goodCode)
  await page.keyboard.press('Enter')
  await card.getByText('k3pqx-9mzfd-aa2cv').waitFor()
  expect(await card.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem').count()).toBe(10)
  await card.getByRole('button', { name: 'I have them' }).click()
  await card.getByText('10 recovery codes are left.').waitFor()

  await page.getByRole('button', { name: /^Account/ }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.getByLabel('User name').fill('admin')
  await page.getByLabel('Password', { exact: true }).fill(fake.password)
  await page.keyboard.press('Enter')
  const code = page.getByLabel('Code', { exact: true })
  await code.waitFor()
  expect(await page.getByText('is wrong').count()).toBe(0) // none was given yet
  await code.fill('111111')
  await page.keyboard.press('Enter')
  await page.getByText('is wrong, or was used before').waitFor()
  await code.fill(goodCode)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Profile', level: 1 }).waitFor() // where one wanted to go

  await card.getByRole('button', { name: 'Take it away…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Take the second factor away?' })
  await dialog.getByLabel('Your password').fill(fake.password)
  await dialog.getByLabel('Code', { exact: true }).fill(goodCode)
  await dialog.getByRole('button', { name: 'Take it away' }).click()
  await card.getByRole('button', { name: 'Set it up' }).waitFor()
  expect(wrong).toEqual([])
})

test('who may not do without one reaches nothing before it is set up', async () => {
  const { page, fake, wrong } = await start('/devices', { factored: true })
  await page.getByRole('heading', { name: 'Set up a second factor' }).waitFor()
  await page.getByLabel('Your password').fill(fake.password)
  await page.keyboard.press('Enter')
  await page.getByLabel('Code', { exact: true }).fill(goodCode)
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'I have them' }).click()
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor()
  expect(wrong).toEqual([])
})

test('an administrator takes away that of who lost their phone', async () => {
  const { page, fake, wrong } = await start('/users')
  await page.getByRole('row', { name: /bea\.hofer.*2 factors/ }).waitFor()
  await page.getByRole('button', { name: 'Change bea.hofer' }).click()
  await page.getByRole('menuitem', { name: 'Take second factor away…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Take away' }).click()
  await page.getByText('2 factors').waitFor({ state: 'detached' })
  expect(fake.people.users.find(u => u.name === 'bea.hofer')?.second_factor).toBe(false)
  expect(wrong).toEqual([])
})
