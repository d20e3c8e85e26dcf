import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { GET, take } from './client.ts'
import type { components } from './schema.ts'

export type DeviceAct = components['schemas']['DeviceAct']
export type Moved = components['schemas']['Moved']

/** What was done to a device and by it, the newest first; of some verbs, or of all. */
export const acts = (id: string, verb: readonly string[], limit: number) =>
  queryOptions({
    // It is asked for again when the device is: both follow the hub.
    queryKey: ['device', id, 'acts', verb, limit],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      take(GET('/api/v1/devices/{id}/acts', { params: { path: { id }, query: { verb: [...verb], limit } }, signal })),
  })
