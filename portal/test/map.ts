import contract from '../../api/openapi.json' with { type: 'json' }
import type { MapLink, NetworkMap } from '../src/api/types.ts'
import type { World } from './world.ts'

const categories = new WeakMap<World, Map<string, string>>()

/** The category of a device. */
export function categoryOf(w: World, id: string): string {
  let of = categories.get(w)
  if (!of) {
    of = new Map(w.rows.map(r => [r.id, r.category]))
    categories.set(w, of)
  }
  return of.get(id) ?? 'unknown'
}

const usual: Record<string, string> = { it: '4', iot: '4', ot: '1', network: '3' }

/** The default of a parameter, as the contract has it. */
function standard(name: string): number {
  const of = contract.paths['/api/v1/map'].get.parameters.find(p => p.name === name)?.schema
  return (of as { default?: number } | undefined)?.default ?? 0
}

/** Sums up a world's conversations as the hub does. */
export function mapOf(w: World, p: Map<string, string[]>): NetworkMap {
  const has = (key: string, value: string | undefined) => !p.has(key) || (p.get(key) ?? []).includes(value ?? '')
  const number = (key: string) => Number(p.get(key)?.[0] ?? standard(key))
  const selected = w.rows
    .filter(r => has('category', r.category) && has('zone', r.zone) && has('type', r.type) && has('vendor', r.vendor))
    .sort((a, b) => b.bytes - a.bytes)
  const devices = selected.slice(0, number('devices'))
  const shown = new Set(devices.map(d => d.id))
  const links = new Map<string, MapLink>()
  for (const c of w.conversations) {
    const [client, server] = [c.client.id, c.server.id]
    if (!has('protocol', c.protocol) || !has('scope', c.scope)) continue
    if ((client && !shown.has(client)) || (server && !shown.has(server)) || (!client && !server)) continue
    const key = `${client}\n${server}\n${c.scope}`
    const link = links.get(key) ?? {
      ...(client ? { client } : {}),
      ...(server ? { server } : {}),
      scope: c.scope,
      protocols: [],
      conversations: 0,
      packets: 0,
      bytes: 0,
      last_seen: c.last_seen,
    }
    const bytes = (c.bytes[0] ?? 0) + (c.bytes[1] ?? 0)
    const same = link.protocols.find(x => x.protocol === c.protocol)
    if (same) same.bytes += bytes
    else link.protocols.push({ ...(c.protocol ? { protocol: c.protocol } : {}), bytes })
    link.conversations++
    link.packets += (c.packets[0] ?? 0) + (c.packets[1] ?? 0)
    link.bytes += bytes
    if (c.last_seen > link.last_seen) link.last_seen = c.last_seen
    links.set(key, link)
  }
  const all = [...links.values()].sort((a, b) => b.bytes - a.bytes)
  for (const l of all) {
    l.protocols.sort((a, b) => b.bytes - a.bytes)
    l.protocols.splice(8)
  }
  return {
    devices: devices.map(r => ({
      id: r.id,
      category: r.category,
      bytes: r.bytes,
      last_seen: r.last_seen,
      ...(r.hostname || r.model ? { name: r.hostname ?? r.model } : {}),
      ...(r.type ? { type: r.type } : {}),
      ...(r.vendor ? { vendor: r.vendor } : {}),
      ...(r.ip ? { ip: r.ip } : {}),
      ...(r.mac ? { mac: r.mac } : {}),
      ...(r.zone ? { zone: r.zone } : {}),
      ...(usual[r.category] ? { purdue_level: usual[r.category] } : {}),
    })),
    devices_total: selected.length,
    links: all.slice(0, number('links')),
    links_total: all.length,
  }
}
