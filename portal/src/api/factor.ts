import { queryOptions } from '@tanstack/react-query'
import { DELETE, GET, POST, take } from './client.ts'
import { queries } from './queries.ts'
import type { components } from './schema.ts'

export type Factor = components['schemas']['Factor']
export type NewFactor = components['schemas']['NewFactor']

/** How it is with one's own second factor. */
export const factor = queryOptions({
  queryKey: ['factor'],
  queryFn: ({ signal }) => take(GET('/api/v1/me/totp', { signal })),
})

const done = (...keys: string[]) =>
  Promise.all(keys.map(key => queries.invalidateQueries({ queryKey: [key] }))).then(() => undefined)

export const beginFactor = (password: string) => take(POST('/api/v1/me/totp', { body: { password } }))

/** Switches it on. The session is looked at later: the recovery codes have to be seen first. */
export const confirmFactor = (code: string) =>
  take(POST('/api/v1/me/totp/confirm', { body: { code } })).finally(() => done('factor', 'sessions'))

export const renewRecovery = (password: string, code: string) =>
  take(POST('/api/v1/me/totp/recovery', { body: { password, code } })).finally(() => done('factor'))

export const endFactor = (password: string, code: string) =>
  take(POST('/api/v1/me/totp/end', { body: { password, code } })).finally(() => done('factor', 'session'))

export const removeFactor = (name: string) =>
  take(DELETE('/api/v1/users/{name}/totp', { params: { path: { name } } })).finally(() => done('users'))
