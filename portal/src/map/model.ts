import type { MapDevice, MapLink } from '../api/types.ts'
import { plain, typeName } from '../parts/format.ts'

// Ends of links that are no device. A device's id has no blank.
export const internet = ' internet'
export const multicast = ' multicast'
export const otherZone = ' zone'

/** A line of the map: all that two ends say to each other, both ways. */
export interface Line {
  id: string
  ends: [string, string]
  protocol: string
  protocols: Map<string, number>
  conversations: number
  bytes: number
  links: MapLink[]
}

/** What stands for an end of a link that is no device. */
const beyond = (scope: string) => (scope === 'multicast' ? multicast : scope === 'other_zone' ? otherZone : internet)

export const endsOf = (l: MapLink): [client: string, server: string] => [
  l.client || beyond(l.scope),
  l.server || beyond(l.scope),
]

/** Joins both directions of links. The protocol with the most bytes gives a line its colour. */
export function linesOf(links: readonly MapLink[]): Line[] {
  const found = new Map<string, Line>()
  for (const l of links) {
    const [a, b] = endsOf(l)
    if (a === b) continue // what a device says to itself, or a stranger to a stranger, is no line
    const ends: [string, string] = a < b ? [a, b] : [b, a]
    const id = ends.join('\n')
    let line = found.get(id)
    if (!line) {
      line = { id, ends, protocol: '', protocols: new Map(), conversations: 0, bytes: 0, links: [] }
      found.set(id, line)
    }
    for (const p of l.protocols)
      line.protocols.set(p.protocol ?? '', (line.protocols.get(p.protocol ?? '') ?? 0) + p.bytes)
    line.conversations += l.conversations
    line.bytes += l.bytes
    line.links.push(l)
  }
  for (const line of found.values()) {
    const [first] = [...line.protocols].sort((x, y) => y[1] - x[1] || (x[0] < y[0] ? -1 : 1))
    line.protocol = first?.[0] ?? ''
  }
  return [...found.values()]
}

/** The protocols by bytes, those with the most first; the first few have a colour of their own. */
export function protocolsOf(lines: readonly Line[]): string[] {
  const sum = new Map<string, number>()
  for (const l of lines) if (l.protocol) sum.set(l.protocol, (sum.get(l.protocol) ?? 0) + 1)
  return [...sum].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([p]) => p)
}

/** What to call a device on the map. */
export function nameOn(d: MapDevice): string {
  if (d.name) return plain(d.name)
  if (d.type) return plain([d.vendor, typeName(d.type)].filter(Boolean).join(' '))
  return plain(d.ip || d.mac || d.id)
}

/** What to call an end of a link. */
export function endName(id: string, devices: ReadonlyMap<string, MapDevice>): string {
  if (id === internet) return 'Internet'
  if (id === multicast) return 'Multicast groups'
  if (id === otherZone) return 'Other zones'
  const d = devices.get(id)
  return d ? nameOn(d) : id
}

/** The devices that a text fits, as the list of devices would find them. */
export function finds(d: MapDevice, text: string): boolean {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  const said = [d.name, d.ip, d.mac, d.vendor, d.type, d.type && typeName(d.type), d.zone, d.site, d.id]
    .filter(Boolean)
    .join('\n')
    .toLowerCase()
  return words.every(w => said.includes(w))
}

/** The lines of each end. */
export function neighbours(lines: readonly Line[]): Map<string, Line[]> {
  const of = new Map<string, Line[]>()
  for (const l of lines)
    for (const end of l.ends) {
      const had = of.get(end)
      if (had) had.push(l)
      else of.set(end, [l])
    }
  return of
}
