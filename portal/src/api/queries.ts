import { keepPreviousData, QueryCache, QueryClient, queryOptions, useQuery } from '@tanstack/react-query'
import { GET, POST, Problem, take } from './client.ts'
import type { AlertList, ConversationList, DeviceList, Session } from './types.ts'

/** The cache of everything asked. A 401 anywhere ends the session here too. */
export const queries: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: err => {
      if (err instanceof Problem && err.status === 401) forget()
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      retry: (failures, err) => failures < 2 && err instanceof Problem && (err.status === 0 || err.status >= 500),
      retryDelay: failures => 400 * 2 ** failures,
    },
  },
})

/** Ends the session here: nobody is signed in, and what was learnt for who was is gone. */
export function forget(): void {
  // The session is set, not removed: who watches it must hear of its end.
  queries.setQueryData(['session'], null)
  queries.removeQueries({ predicate: q => q.queryKey[0] !== 'session' && q.queryKey[0] !== 'setup' })
}

/** Who is signed in; null if nobody is. */
export const session = queryOptions<Session | null>({
  queryKey: ['session'],
  staleTime: 5 * 60_000,
  queryFn: async ({ signal }) => {
    try {
      return await take(GET('/api/v1/session', { signal }))
    } catch (err) {
      if (err instanceof Problem && err.status === 401) return null
      throw err
    }
  },
})

export const setup = queryOptions({
  queryKey: ['setup'],
  staleTime: 0,
  queryFn: ({ signal }) => take(GET('/api/v1/setup', { signal })),
})

export const version = queryOptions({
  queryKey: ['version'],
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: ({ signal }) => take(GET('/api/v1/version', { signal })),
})

export const overview = queryOptions({
  queryKey: ['overview'],
  queryFn: ({ signal }) => take(GET('/api/v1/overview', { signal })),
})

export type SensorSort = 'attention' | 'name' | 'last_seen'

/** What selects and orders sensors; the same words as in the address bar. */
export interface SensorFilter {
  q?: string
  state?: string[]
  site?: string[]
  zone?: string[]
  version?: string[]
  sort?: SensorSort
}

/** The sensors of a filter from the one at offset on; what needs attention stands first. */
export const sensors = (filter: SensorFilter, offset: number, limit: number) =>
  queryOptions({
    queryKey: ['sensors', filter, offset, limit],
    refetchInterval: 30_000, // silence is no event: a sensor that goes quiet is seen by asking
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      take(GET('/api/v1/sensors', { params: { query: { sort: 'attention', ...filter, offset, limit } }, signal })),
  })

export const device = (id: string) =>
  queryOptions({
    queryKey: ['device', id],
    queryFn: ({ signal }) => take(GET('/api/v1/devices/{id}', { params: { path: { id } }, signal })),
  })

export type DeviceSort =
  | 'last_seen'
  | 'first_seen'
  | 'hostname'
  | 'ip'
  | 'type'
  | 'vendor'
  | 'model'
  | 'os'
  | 'packets'
  | 'bytes'
export type ConversationSort =
  | 'last_seen'
  | 'first_seen'
  | 'bytes'
  | 'packets'
  | 'protocol'
  | 'port'
  | 'server_name'
  | 'client'
  | 'server'

/** What selects and orders devices; the same words as in the address bar. */
export interface DeviceFilter {
  q?: string
  category?: string[]
  type?: string[]
  vendor?: string[]
  os?: string[]
  role?: string[]
  site?: string[]
  zone?: string[]
  sort?: DeviceSort
  order?: 'asc' | 'desc'
}

export interface ConversationFilter {
  q?: string
  device?: string
  protocol?: string[]
  scope?: string[]
  category?: string[]
  sort?: ConversationSort
  order?: 'asc' | 'desc'
}

export const devicesPage = (filter: DeviceFilter, offset: number, limit: number) => ({
  queryKey: ['devices', filter, offset, limit] as const,
  queryFn: ({ signal }: { signal: AbortSignal }): Promise<DeviceList> =>
    take(GET('/api/v1/devices', { params: { query: { ...filter, offset, limit } }, signal })),
})

export const conversationsPage = (filter: ConversationFilter, offset: number, limit: number) => ({
  queryKey: ['conversations', filter, offset, limit] as const,
  queryFn: ({ signal }: { signal: AbortSignal }): Promise<ConversationList> =>
    take(GET('/api/v1/conversations', { params: { query: { ...filter, offset, limit } }, signal })),
})

/** What a map shows; the same words as in the address bar. */
export interface MapFilter {
  category?: string[]
  zone?: string[]
  protocol?: string[]
  scope?: string[]
}

export const networkMap = (filter: MapFilter) =>
  queryOptions({
    queryKey: ['map', filter] as const,
    staleTime: 5 * 60_000, // a map that moves while it is looked at helps nobody
    queryFn: ({ signal }) => take(GET('/api/v1/map', { params: { query: filter }, signal })),
  })

export type AlertSort = 'last_seen' | 'first_seen' | 'severity' | 'count' | 'title' | 'status'

export interface AlertFilter {
  q?: string
  status?: string[]
  severity?: string[]
  rule?: string[]
  device?: string
  top?: boolean
  sort?: AlertSort
  order?: 'asc' | 'desc'
}

export const alertsPage = (filter: AlertFilter, offset: number, limit: number) => ({
  queryKey: ['alerts', filter, offset, limit] as const,
  queryFn: ({ signal }: { signal: AbortSignal }): Promise<AlertList> =>
    take(GET('/api/v1/alerts', { params: { query: { ...filter, offset, limit } }, signal })),
})

export const alert = (id: string) =>
  queryOptions({
    queryKey: ['alert', id],
    queryFn: ({ signal }) => take(GET('/api/v1/alerts/{id}', { params: { path: { id } }, signal })),
  })

/** What can be decided about an alert. */
export type Decision = 'close' | 'mute' | 'learn' | 'reopen'

/** Decides about an alert, and gives it as it is then. */
export const decide = (id: string, decision: Decision, comment: string) => {
  const what = { params: { path: { id } }, body: comment ? { comment } : {} }
  switch (decision) {
    case 'close':
      return take(POST('/api/v1/alerts/{id}/close', what))
    case 'mute':
      return take(POST('/api/v1/alerts/{id}/mute', what))
    case 'learn':
      return take(POST('/api/v1/alerts/{id}/learn', what))
    case 'reopen':
      return take(POST('/api/v1/alerts/{id}/reopen', what))
  }
}

/** Who is signed in, in a part of the portal where somebody is. */
export function useSession(): Session | null | undefined {
  return useQuery(session).data
}
