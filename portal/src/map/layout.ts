import { type PackCircle, packSiblings } from 'd3-hierarchy'
import type { MapDevice } from '../api/types.ts'
import { categoryName, plain, typeName } from '../parts/format.ts'

/** What devices are grouped by. */
export const groupings = {
  zone: 'Zone',
  site: 'Site',
  subnet: 'Subnet',
  type: 'Type',
  category: 'Category',
  purdue: 'Purdue level',
} as const
export type Grouping = keyof typeof groupings

/** A group where it is drawn: a disc, or for Purdue levels a band of a width and a height. */
export interface Group {
  key: string
  name: string
  devices: MapDevice[]
  x: number
  y: number
  r: number
  w?: number
  h?: number
}

export interface Point {
  x: number
  y: number
}

/** Where everything is, in units of the distance of neighbours; y grows upwards. */
export interface Layout {
  groups: Group[]
  at: Map<string, Point>
  /** Where hosts of the internet are drawn, groups that anybody may join, and hosts of other zones of the site. */
  internet: Point
  multicast: Point
  otherZone: Point
  /** Where the groups are. */
  frame: { x: [number, number]; y: [number, number] }
}

/** The /24 of an IPv4 address, the /64 of another; '' without an address. */
export function subnetOf(ip: string | undefined): string {
  if (!ip) return ''
  const v4 = /^(\d+\.\d+\.\d+)\.\d+$/.exec(ip)
  if (v4) return `${v4[1]}.0/24`
  const [before = [], after = []] = (ip.split('%')[0] ?? '').split('::').map(part => part.split(':').filter(Boolean))
  const words = [...before, ...Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0'), ...after]
  return `${words.slice(0, 4).join(':')}::/64`
}

const levels: Record<string, string> = {
  '5': 'Level 5, enterprise',
  '4': 'Level 4, site business',
  '3.5': 'Level 3.5, DMZ',
  '3': 'Level 3, operations',
  '2.5': 'Level 2.5, plant network',
  '2': 'Level 2, supervision',
  '1': 'Level 1, control',
  '0': 'Level 0, process',
}

/** The key and the name of a device's group. */
export function groupOf(d: MapDevice, by: Grouping): [key: string, name: string] {
  const named = (value: string | undefined, none: string): [string, string] => [value ?? '', plain(value || none)]
  switch (by) {
    case 'zone':
      return named(d.zone, 'No zone')
    case 'site':
      return named(d.site, 'No site')
    case 'subnet':
      return named(subnetOf(d.ip), 'No address')
    case 'type':
      return [d.type ?? '', d.type ? typeName(d.type) : 'Not identified']
    case 'category':
      return [d.category, categoryName(d.category)]
    case 'purdue':
      return [d.purdue_level ?? '', levels[d.purdue_level ?? ''] ?? plain(d.purdue_level || 'No level known')]
  }
}

const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** Devices of one kind lie together; the id breaks ties, so that the place does not depend on the order of the answer. */
function order(a: MapDevice, b: MapDevice): number {
  return byText(a.category, b.category) || byText(a.type ?? '', b.type ?? '') || byText(a.id, b.id)
}

function gather(devices: readonly MapDevice[], by: Grouping): Group[] {
  const found = new Map<string, Group>()
  for (const d of devices) {
    const [key, name] = groupOf(d, by)
    const group = found.get(key)
    if (group) group.devices.push(d)
    else found.set(key, { key, name, devices: [d], x: 0, y: 0, r: 0 })
  }
  const groups = [...found.values()]
  for (const g of groups) g.devices.sort(order)
  return groups.sort((a, b) => b.devices.length - a.devices.length || byText(a.key, b.key))
}

// Sunflower seeds: the golden angle, and the spread that keeps neighbours a unit apart.
const golden = Math.PI * (3 - Math.sqrt(5))
const spread = 0.62

/** The place of the i-th of n seeds around their middle. */
function seed(i: number, n: number): Point {
  const r = n === 1 ? 0 : spread * Math.sqrt(i + 0.5)
  return { x: r * Math.cos(i * golden), y: r * Math.sin(i * golden) }
}

const margin = 1.2

/** Above the devices of a band, for its name. */
const lane = 1.1

function discs(groups: Group[], at: Map<string, Point>): void {
  for (const g of groups) g.r = spread * Math.sqrt(g.devices.length) + margin
  packSiblings(groups as PackCircle[])
  for (const g of groups) {
    for (const [i, d] of g.devices.entries()) {
      const p = seed(i, g.devices.length)
      at.set(d.id, { x: g.x + p.x, y: g.y + p.y })
    }
  }
}

function bands(groups: Group[], at: Map<string, Point>): void {
  const total = groups.reduce((n, g) => n + g.devices.length, 0)
  const wide = Math.max(12, Math.ceil(Math.sqrt(total) * 1.9))
  let top = 0
  const rank = (g: Group) => (g.key === '' ? -1 : Number(g.key))
  for (const g of groups.sort((a, b) => rank(b) - rank(a) || byText(a.key, b.key))) {
    const rows = Math.ceil(g.devices.length / wide)
    const row = Math.ceil(g.devices.length / rows)
    for (const [i, d] of g.devices.entries())
      at.set(d.id, { x: (i % row) - (row - 1) / 2, y: top - lane - margin - Math.floor(i / row) })
    g.w = wide + margin
    g.h = rows - 1 + 2 * margin + lane
    g.y = top - g.h / 2
    g.r = g.w / 2
    top -= g.h + 0.8
  }
}

/** Places devices by group: the same devices are at the same place every time. */
export function layout(devices: readonly MapDevice[], by: Grouping): Layout {
  const at = new Map<string, Point>()
  const groups = gather(devices, by)
  if (by === 'purdue') bands(groups, at)
  else discs(groups, at)
  let [left, right, low, high] = [0, 0, 0, 0]
  for (const g of groups) {
    const [w, h] = [(g.w ?? 2 * g.r) / 2, (g.h ?? 2 * g.r) / 2]
    left = Math.min(left, g.x - w)
    right = Math.max(right, g.x + w)
    low = Math.min(low, g.y - h)
    high = Math.max(high, g.y + h)
  }
  const gap = 1.5 + (high - low) * 0.06
  return {
    groups,
    at,
    internet: { x: (left + right) / 2, y: high + gap },
    multicast: { x: (left + right) / 2, y: low - gap },
    otherZone: { x: right + gap, y: (low + high) / 2 },
    frame: { x: [left, right], y: [low, high] },
  }
}
