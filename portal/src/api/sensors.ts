import { queryOptions } from '@tanstack/react-query'
import { GET, POST, PUT, take } from './client.ts'
import { queries } from './queries.ts'
import type { components } from './schema.ts'

/** What is asked and changed about sensors that join, and about where zones are. */

type Schemas = components['schemas']
export type SensorMember = Schemas['SensorMember']
export type SensorUplink = Schemas['SensorUplink']
export type SensorGap = Schemas['SensorGap']
export type JoinTokenMade = Schemas['JoinTokenMade']
export type JoinTokenList = Schemas['JoinTokenList']
export type SiteList = Schemas['SiteList']
export type Zone = Schemas['Zone']

export const joinTokens = queryOptions({
  queryKey: ['join-tokens'],
  refetchInterval: 10_000, // a token that was used says that the sensor came
  queryFn: ({ signal }) => take(GET('/api/v1/join-tokens', { signal })),
})

export const sites = queryOptions({
  queryKey: ['sites'],
  queryFn: ({ signal }) => take(GET('/api/v1/sites', { signal })),
})

const changed =
  (...keys: string[]) =>
  () => {
    for (const key of keys) void queries.invalidateQueries({ queryKey: [key] })
  }

export interface JoinWish {
  name: string
  zone: string
  site?: string
  address?: string
  minutes?: number
}

export const makeJoinToken = (body: JoinWish): Promise<JoinTokenMade> =>
  take(POST('/api/v1/join-tokens', { body })).finally(changed('join-tokens', 'sites'))

/** Keeps sensors out, one after the other. */
export const revokeSensors = async (names: string[]) => {
  try {
    for (const name of names) await take(POST('/api/v1/sensors/{name}/revoke', { params: { path: { name } } }))
  } finally {
    changed('sensors')()
  }
}

/** Moves zones to a site, or out of all of them, one after the other. */
export const moveZones = async (zones: Zone[], site: string) => {
  try {
    for (const { id, title } of zones)
      await take(PUT('/api/v1/zones/{id}', { params: { path: { id } }, body: { title, ...(site ? { site } : {}) } }))
  } finally {
    changed('sites', 'sensors', 'devices')()
  }
}

export const putSite = (id: string, title: string) =>
  take(PUT('/api/v1/sites/{id}', { params: { path: { id } }, body: { title } })).finally(changed('sites'))

export const putZone = (id: string, title: string, site: string) =>
  take(PUT('/api/v1/zones/{id}', { params: { path: { id } }, body: { title, ...(site ? { site } : {}) } })).finally(
    changed('sites', 'devices'),
  )
