import { POST, take } from './client.ts'
import type { paths } from './schema.ts'

type Attribute =
  paths['/api/v1/devices/{id}/decisions']['post']['requestBody']['content']['application/json']['attribute']

/** Says what an attribute of a device is; an empty value takes back what was said. */
export const decideDevice = (id: string, attribute: Attribute, value: string) =>
  take(
    POST('/api/v1/devices/{id}/decisions', {
      params: { path: { id } },
      body: value ? { attribute, value } : { attribute },
    }),
  )

/** Says that two devices are one. */
export const mergeDevice = (id: string, other: string) =>
  take(POST('/api/v1/devices/{id}/merge', { params: { path: { id } }, body: { device: other } }))

/** Says that an interface is a device of its own, or takes that back. */
export const splitDevice = (id: string, address: string, undo = false) =>
  take(POST('/api/v1/devices/{id}/split', { params: { path: { id } }, body: undo ? { address, undo } : { address } }))
