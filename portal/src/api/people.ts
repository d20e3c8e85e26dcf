import { queryOptions } from '@tanstack/react-query'
import { DELETE, GET, PATCH, POST, PUT, take } from './client.ts'
import { queries } from './queries.ts'
import type { AuditList, User } from './types.ts'

/** What is asked and changed about people: users, tokens, sessions, the audit log. */

export const signIn = queryOptions({
  queryKey: ['sign-in'],
  staleTime: 60_000,
  queryFn: ({ signal }) => take(GET('/api/v1/sign-in', { signal })),
})

export const users = queryOptions({
  queryKey: ['users'],
  queryFn: ({ signal }) => take(GET('/api/v1/users', { signal })),
})

export const tokens = queryOptions({
  queryKey: ['tokens'],
  queryFn: ({ signal }) => take(GET('/api/v1/tokens', { signal })),
})

export const sessions = queryOptions({
  queryKey: ['sessions'],
  queryFn: ({ signal }) => take(GET('/api/v1/sessions', { signal })),
})

/** Which sites are seen: all, or some by their ids. */
export interface SiteChoice {
  all_sites: boolean
  sites: string[]
}

export type Role = User['role']

const done = (key: string) => () => queries.invalidateQueries({ queryKey: [key] })

export const makeUser = (body: { name: string; role: Role } & SiteChoice) =>
  take(POST('/api/v1/users', { body })).finally(done('users'))

export const changeUser = (name: string, body: Partial<{ role: Role; disabled: boolean } & SiteChoice>) =>
  take(PATCH('/api/v1/users/{name}', { params: { path: { name } }, body })).finally(done('users'))

export const deleteUser = (name: string) =>
  take(DELETE('/api/v1/users/{name}', { params: { path: { name } } })).finally(done('users'))

export const resetPassword = (name: string) =>
  take(POST('/api/v1/users/{name}/password', { params: { path: { name } } })).finally(done('users'))

export const makeToken = (body: { name: string; role: Role; days: number } & SiteChoice) =>
  take(POST('/api/v1/tokens', { body })).finally(done('tokens'))

export const revokeToken = (id: string) =>
  take(DELETE('/api/v1/tokens/{id}', { params: { path: { id } } })).finally(done('tokens'))

export const endSession = (id: string) =>
  take(id ? DELETE('/api/v1/sessions/{id}', { params: { path: { id } } }) : DELETE('/api/v1/sessions', {})).finally(
    done('sessions'),
  )

export const choosePassword = (old: string, password: string) =>
  take(PUT('/api/v1/session/password', { body: { old, password } }))

export interface AuditFilter {
  q?: string
  who?: string
  what?: string
  since?: string
  before?: string
}

export const auditPage = (filter: AuditFilter, offset: number, limit: number) =>
  queryOptions({
    queryKey: ['audit', filter, offset, limit],
    queryFn: ({ signal }): Promise<AuditList> =>
      take(GET('/api/v1/audit', { params: { query: { ...filter, offset, limit } }, signal })),
  })

export const verifyAudit = (head: string) =>
  take(GET('/api/v1/audit/verify', { params: { query: head ? { head } : {} } }))
