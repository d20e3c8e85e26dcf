import { queryOptions } from '@tanstack/react-query'
import { GET, POST, take } from './client.ts'
import { queries } from './queries.ts'
import type { components } from './schema.ts'

/** What is asked and done about destinations and connectors. */

type Schemas = components['schemas']
export type Integration = Schemas['Integration']
export type IntegrationList = Schemas['IntegrationList']
export type UndeliveredList = Schemas['UndeliveredList']
export type Machine = Schemas['Machine']
export type MachineList = Schemas['MachineList']
export type UnconnectedList = Schemas['UnconnectedList']
export type Tested = Schemas['Tested']

export const integrations = queryOptions({
  queryKey: ['integrations'],
  refetchInterval: 5000, // a backlog moves, and no event tells of it
  queryFn: ({ signal }) => take(GET('/api/v1/integrations', { signal })),
})

export const undelivered = (name: string) =>
  queryOptions({
    queryKey: ['undelivered', name],
    queryFn: ({ signal }) =>
      take(
        GET('/api/v1/integrations/{name}/undelivered', { params: { path: { name }, query: { limit: 100 } }, signal }),
      ),
  })

export const machines = (name: string, limit: number) =>
  queryOptions({
    queryKey: ['machines', name, limit],
    queryFn: ({ signal }) =>
      take(
        GET('/api/v1/connectors/{name}/machines', {
          params: { path: { name }, query: { unheard: true, limit } },
          signal,
        }),
      ),
  })

export const unconnected = (name: string, limit: number) =>
  queryOptions({
    queryKey: ['unconnected', name, limit],
    queryFn: ({ signal }) =>
      take(GET('/api/v1/connectors/{name}/unconnected', { params: { path: { name }, query: { limit } }, signal })),
  })

/** Sends a sample event, or asks for something that changes nothing. */
export const test = (name: string): Promise<Tested> =>
  take(POST('/api/v1/integrations/{name}/test', { params: { path: { name } } }))

/** Has a destination try again what it did not take; all of it without ids. */
export async function replay(name: string, ids?: number[]): Promise<number> {
  const done = await take(
    POST('/api/v1/integrations/{name}/replay', { params: { path: { name } }, body: ids ? { ids } : {} }),
  )
  void queries.invalidateQueries({ queryKey: ['integrations'] })
  void queries.invalidateQueries({ queryKey: ['undelivered', name] })
  return done.events
}
