import { queryOptions } from '@tanstack/react-query'
import { DELETE, GET, POST, PUT, take } from './client.ts'
import type { components } from './schema.ts'

type Schemas = components['schemas']
export type ZoneBaseline = Schemas['ZoneBaseline']
export type Fact = Schemas['Fact']
export type FactList = Schemas['FactList']
export type Mute = Schemas['Mute']
export type MuteWish = Schemas['MuteWish']
export type Detection = Schemas['Detection']
export type IndicatorList = Schemas['IndicatorList']

/** What a decision about several alerts makes of them. */
export type Status = Schemas['AlertsDecision']['status']

export const baselines = queryOptions({
  queryKey: ['baselines'],
  queryFn: ({ signal }) => take(GET('/api/v1/baseline', { signal })),
})

export const mutes = queryOptions({
  queryKey: ['mutes'],
  queryFn: ({ signal }) => take(GET('/api/v1/mutes', { signal })),
})

export type FactSort = 'last_seen' | 'first_seen' | 'kind' | 'what'

export interface FactFilter {
  q?: string
  kind?: string[]
  status?: string[]
  zone?: string[]
  device?: string
  sort?: FactSort
  order?: 'asc' | 'desc'
}

export const factsPage = (filter: FactFilter, offset: number, limit: number) => ({
  queryKey: ['facts', filter, offset, limit] as const,
  queryFn: ({ signal }: { signal: AbortSignal }): Promise<FactList> =>
    take(GET('/api/v1/facts', { params: { query: { ...filter, offset, limit } }, signal })),
})

/** What alerts are a consequence of one. */
export const consequences = (id: string) =>
  queryOptions({
    queryKey: ['alerts', 'of', id],
    queryFn: ({ signal }) => take(GET('/api/v1/alerts', { params: { query: { parent: id, limit: 100 } }, signal })),
  })

export const decideAll = (ids: string[], status: Status, comment = '') =>
  take(POST('/api/v1/alerts/decide', { body: { ids, status, ...(comment ? { comment } : {}) } }))

export const remark = (id: string, comment: string) =>
  take(POST('/api/v1/alerts/{id}/comment', { params: { path: { id } }, body: { comment } }))

export const muteMore = (wish: MuteWish) => take(POST('/api/v1/mutes', { body: wish }))

export const unmute = (id: string) => take(DELETE('/api/v1/mutes/{id}', { params: { path: { id } } }))

export const learnZone = (zone: string, hours: number) =>
  take(POST('/api/v1/baseline/{zone}/learn', { params: { path: { zone } }, body: { hours } }))

export const operateZone = (zone: string) =>
  take(POST('/api/v1/baseline/{zone}/operate', { params: { path: { zone } } }))

export const forgetFact = (zone: string, id: string) =>
  take(DELETE('/api/v1/baseline/{zone}/facts/{id}', { params: { path: { zone, id } } }))

export const rules = queryOptions({
  queryKey: ['rules'],
  queryFn: ({ signal }) => take(GET('/api/v1/detections', { signal })),
})

export const indicators = queryOptions({
  queryKey: ['indicators'],
  queryFn: ({ signal }) => take(GET('/api/v1/indicators', { signal })),
})

export const putIndicators = (name: string, text: string) =>
  take(PUT('/api/v1/indicators/{name}', { params: { path: { name } }, body: { text } }))

export const dropIndicators = (name: string) =>
  take(DELETE('/api/v1/indicators/{name}', { params: { path: { name } } }))
