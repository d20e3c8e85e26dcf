import type { DeviceRow } from '../api/types.ts'
import { plain, typeName } from './format.ts'

/** What to call a device: its own name, else what it is, else where it is. */
export function nameOf(
  d: Pick<DeviceRow, 'hostname' | 'model' | 'vendor' | 'type' | 'type_name' | 'ip' | 'mac' | 'id' | 'nic_vendor'>,
): string {
  if (d.hostname) return plain(d.hostname)
  if (d.model)
    return plain(
      d.vendor && !d.model.toLowerCase().startsWith(d.vendor.toLowerCase()) ? `${d.vendor} ${d.model}` : d.model,
    )
  if (d.type) return plain([d.vendor, d.type_name || typeName(d.type)].filter(Boolean).join(' '))
  return plain(d.ip || d.mac || d.id)
}
