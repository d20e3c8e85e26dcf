import { describe, expect, test } from 'vitest'
import { stage } from './open.ts'

const { start } = stage()

describe('users', () => {
  test('are added by keyboard, and the temporary password is told once', async () => {
    const { page, wrong, fake } = await start('/users')
    await page.getByText('bea.hofer').waitFor()
    await page.keyboard.press('n')
    const dialog = page.getByRole('dialog', { name: 'Add a user' })
    await dialog.waitFor()
    expect(await dialog.getByRole('button', { name: 'Add' }).isDisabled()).toBe(true)
    await dialog.getByLabel('User name').fill('bea.hofer')
    await dialog.getByLabel('Analyst').check()
    await dialog.getByLabel('Linz, hall 2').check()
    await page.keyboard.press('Enter')
    await dialog.getByText('is taken').waitFor()
    await dialog.getByLabel('User name').fill('frida')
    await page.keyboard.press('Enter')
    const told = page.getByRole('dialog', { name: 'Temporary password of frida' })
    await told.getByText('k3pqx-7mzfd-aa2cv-9twhe').waitFor()
    await page.keyboard.press('Escape')
    await page.getByText('k3pqx').waitFor({ state: 'detached' })
    await page.getByRole('row', { name: /frida Analyst Linz, hall 2/ }).waitFor()
    expect(fake.people.users.at(-1)).toMatchObject({ role: 'analyst', all_sites: false, sites: ['linz'] })
    expect(wrong).toEqual([])
  })

  test('are changed, disabled, reset and deleted, and what is refused says why', async () => {
    const { page, wrong, fake } = await start('/users')
    // A menu that closes is on the page for a moment beside the next one.
    const menu = async (name: string) => {
      await page.getByRole('button', { name: `Change ${name}` }).click()
      return page.getByRole('menu', { name: `Change ${name}` })
    }
    const pick = async (name: string, item: string) => (await menu(name)).getByRole('menuitem', { name: item }).click()
    await pick('dmitri', 'Role and sites…')
    await page.getByLabel('Viewer').check()
    await page.getByRole('checkbox', { name: 'Graz' }).uncheck()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('row', { name: /dmitri Viewer Linz, hall 2/ }).waitFor()
    await pick('dmitri', 'Disable…')
    await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click()
    await page.getByRole('row', { name: /dmitri.*Disabled/ }).waitFor()
    expect(fake.people.users.find(u => u.name === 'dmitri')?.disabled).toBe(true)
    await pick('graz-shift', 'Reset password…')
    await page.getByRole('dialog').getByRole('button', { name: 'Reset' }).click()
    await page.getByText('w8nnb-c4rre-k2ysq-h6jpa').waitFor()
    await page.keyboard.press('Escape')
    await pick('bea.hofer', 'Delete…')
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('alert').getByText('make another one first').waitFor()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await pick('eve', 'Delete…')
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await page.getByText('eve', { exact: true }).waitFor({ state: 'detached' })
    // The identity provider decides about who signs in with it.
    const vouched = await menu('c.nagy@example.org')
    await vouched.getByRole('menuitem', { name: 'Delete…' }).waitFor()
    expect(await vouched.getByRole('menuitem', { name: /Role|Reset/ }).count()).toBe(0)
    expect(wrong).toEqual([])
  })

  test.each([
    ['viewer', undefined, [] as string[]],
    ['admin', 'graz', ['Users']],
    ['admin', undefined, ['Users', 'Audit']],
  ] as const)('%s of %s is offered what they may', async (role, site, links) => {
    const { page } = await start('/', { role, ...(site ? { site } : {}) })
    await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor()
    const shown = await page.getByRole('navigation', { name: 'Pages' }).getByRole('link').allTextContents()
    expect(shown.filter(t => t === 'Users' || t === 'Audit')).toEqual(links)
    await page.goto(new URL('/audit', page.url()).href)
    await page
      .getByRole('heading', {
        name: (links as readonly string[]).includes('Audit') ? 'Audit' : 'Not for you',
        level: 1,
      })
      .waitFor()
  })
})

test('the audit log is filtered, paged, verified, and comes as CSV', async () => {
  const { page, wrong } = await start('/audit')
  await page.getByText('1–100 of 240').waitFor()
  await page.getByRole('button', { name: 'Older' }).click()
  await page.getByText('101–200 of 240').waitFor()
  await page.getByLabel('What was done').selectOption('user.')
  await page.getByText(/^1–80 of 80/).waitFor()
  expect(await page.getByRole('link', { name: 'CSV' }).getAttribute('href')).toBe('/api/v1/audit.csv?what=user.')
  await page.getByRole('button', { name: 'eve', exact: true }).first().click()
  await page.waitForURL(/who=eve/)
  await page.getByRole('searchbox').fill('no such thing')
  await page.getByText('No record fits').waitFor()
  await page.getByRole('button', { name: 'Clear search and filters' }).click()
  await page.getByText('1–100 of 240').waitFor()
  await page.getByRole('button', { name: 'Verify' }).click()
  await page.getByText('240 records, each follows from the one before it').waitFor()
  expect(wrong).toEqual([])
})

describe('the profile', () => {
  test('makes and revokes tokens, and ends sessions', async () => {
    const { page, wrong, fake } = await start('/profile', { role: 'analyst', site: 'graz' })
    await page.getByText('198.51.100.23').waitFor()
    await page.getByRole('button', { name: 'End all others' }).click()
    await page.getByText('198.51.100.23').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Make a token' }).click()
    const dialog = page.getByRole('dialog', { name: 'Make a token' })
    expect(await dialog.getByLabel('Administrator').count()).toBe(0)
    await dialog.getByLabel('Name').fill('cmdb')
    await dialog.getByLabel('Good for').selectOption('30')
    await dialog.getByRole('button', { name: 'Make' }).click()
    await page.getByText(/^tyto_/).waitFor()
    await page.keyboard.press('Escape')
    expect(fake.people.tokens[0]).toMatchObject({ name: 'cmdb', role: 'viewer', all_sites: false, sites: ['graz'] })
    await page.getByRole('button', { name: 'Revoke siem' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
    await page.getByText('siem', { exact: true }).waitFor({ state: 'detached' })
    expect(wrong).toEqual([])
  })

  test('changes the password', async () => {
    const { page, wrong, fake } = await start('/profile')
    const fill = async (old: string, now: string) => {
      await page.getByLabel('Password now').fill(old)
      await page.getByLabel('New password', { exact: true }).fill(now)
      await page.getByLabel('New password again').fill(now)
      await page.getByRole('button', { name: 'Change the password' }).click()
    }
    await fill('not this one', 'another horse battery')
    await page.getByText('that is not your password now').waitFor()
    await fill(fake.password, 'another horse battery')
    await page.getByText('Your other sessions have ended.').waitFor()
    expect(wrong).toEqual([])
  })
})

test('a temporary password leads to nothing but another one', async () => {
  const { page, wrong, fake } = await start('/devices', { temporary: true })
  await page.getByRole('heading', { name: 'Choose a password' }).waitFor()
  await page.getByLabel('Temporary password').fill(fake.password)
  await page.getByLabel('New password', { exact: true }).fill('another horse battery')
  await page.getByLabel('New password again').fill('another horse battery')
  await page.getByRole('button', { name: 'Change the password' }).click()
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor()
  expect(wrong).toEqual([])
})

test('the identity provider has a button if there is one, and words if it refuses', async () => {
  const { page, wrong } = await start('/sign-in', { signedIn: false })
  await page.getByRole('button', { name: 'Sign in' }).waitFor()
  expect(await page.getByText(/^Sign in with/).count()).toBe(0)
  const other = await start('/sign-in?refused=role&next=%2Falerts', { signedIn: false, provider: 'Contoso' })
  await other.page.getByRole('alert').getByText('Nothing gives you a role here').waitFor()
  const link = other.page.getByRole('link', { name: 'Sign in with Contoso' })
  expect(await link.getAttribute('href')).toBe('/api/v1/oidc/login?next=%2Falerts')
  expect([...wrong, ...other.wrong]).toEqual([])
})
