import { queryOptions } from '@tanstack/react-query'
import { DELETE, GET, PUT, take } from './client.ts'
import { queries } from './queries.ts'
import type { components } from './schema.ts'

/** The filters of lists that have names: one's own, and those that others share. */

export type SavedFilter = components['schemas']['SavedFilter']

export const savedFilters = queryOptions({
  queryKey: ['filters'],
  staleTime: 60_000,
  queryFn: ({ signal }) => take(GET('/api/v1/filters', { signal })),
})

/** Asks anew, and not for what is on its way since before the change. */
const again = async () => {
  await queries.cancelQueries({ queryKey: ['filters'] })
  await queries.invalidateQueries({ queryKey: ['filters'] })
}

export const saveFilter = (list: string, name: string, search: string, shared: boolean) =>
  take(PUT('/api/v1/filters/{list}/{name}', { params: { path: { list, name } }, body: { search, shared } })).finally(
    again,
  )

export const forgetFilter = (list: string, name: string) =>
  take(DELETE('/api/v1/filters/{list}/{name}', { params: { path: { list, name } } })).finally(again)
