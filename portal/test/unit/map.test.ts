import { describe, expect, test } from 'vitest'
import type { MapDevice, MapLink } from '../../src/api/types.ts'
import { type Grouping, groupings, layout, subnetOf } from '../../src/map/layout.ts'
import {
  endName,
  finds,
  internet,
  linesOf,
  multicast,
  nameOn,
  neighbours,
  otherZone,
  protocolsOf,
} from '../../src/map/model.ts'
import { type Named, place } from '../../src/map/names.ts'
import { mapOf } from '../map.ts'
import { world } from '../world.ts'

const map = (n: number) => mapOf(world(n, 1e12), new Map())
const device = (id: string, more: Partial<MapDevice> = {}): MapDevice => ({
  id,
  category: 'ot',
  bytes: 1,
  last_seen: '2026-01-01T00:00:00Z',
  ...more,
})
const link = (client: string, server: string, more: Partial<MapLink> = {}): MapLink => ({
  ...(client ? { client } : {}),
  ...(server ? { server } : {}),
  scope: 'lan',
  protocols: [{ protocol: 'modbus', bytes: 10 }],
  conversations: 1,
  packets: 2,
  bytes: 10,
  last_seen: '2026-01-01T00:00:00Z',
  ...more,
})

describe('layout', () => {
  const devices = map(700).devices
  const all = Object.keys(groupings) as Grouping[]
  test.each(all)('by %s places every device once, in its group, apart from others', by => {
    const { at, groups, frame } = layout(devices, by)
    expect(at.size).toBe(devices.length)
    expect(groups.reduce((n, g) => n + g.devices.length, 0)).toBe(devices.length)
    for (const g of groups)
      for (const d of g.devices) {
        const p = at.get(d.id)
        if (!p) throw new Error(d.id)
        if (g.w !== undefined && g.h !== undefined) {
          expect(Math.abs(p.x - g.x)).toBeLessThan(g.w / 2)
          expect(Math.abs(p.y - g.y)).toBeLessThan(g.h / 2)
        } else expect(Math.hypot(p.x - g.x, p.y - g.y)).toBeLessThan(g.r)
        expect(p.x >= frame.x[0] && p.x <= frame.x[1] && p.y >= frame.y[0] && p.y <= frame.y[1]).toBe(true)
      }
    const points = [...at.values()]
    let nearest = Number.POSITIVE_INFINITY
    for (const [i, a] of points.entries())
      for (const b of points.slice(i + 1)) nearest = Math.min(nearest, Math.hypot(a.x - b.x, a.y - b.y))
    expect(nearest).toBeGreaterThan(0.8)
    for (const [i, a] of groups.entries())
      for (const b of groups.slice(i + 1))
        if (a.w === undefined) expect(Math.hypot(a.x - b.x, a.y - b.y)).toBeGreaterThan(a.r + b.r - 1e-3)
        else expect(Math.abs(a.y - b.y)).toBeGreaterThanOrEqual(((a.h ?? 0) + (b.h ?? 0)) / 2)
  })
  test('does not depend on the order of the answer', () => {
    for (const by of all) {
      const [a, b] = [layout(devices, by), layout([...devices].reverse(), by)]
      for (const [id, p] of a.at) expect(b.at.get(id)).toEqual(p)
    }
  })
  test('puts higher levels higher, and devices without a level last', () => {
    const { groups } = layout(
      [
        device('a', { purdue_level: '1' }),
        device('b'),
        device('c', { purdue_level: '3.5' }),
        device('d', { purdue_level: '4' }),
      ],
      'purdue',
    )
    expect(groups.map(g => g.key)).toEqual(['4', '3.5', '1', ''])
    expect(groups.map(g => g.y)).toEqual([...groups.map(g => g.y)].sort((x, y) => y - x))
  })
  test('of nothing is empty', () => {
    expect(layout([], 'zone').groups).toEqual([])
    expect(layout([], 'purdue').frame).toEqual({ x: [0, 0], y: [0, 0] })
  })
})

test.each([
  ['10.1.2.3', '10.1.2.0/24'],
  ['fe80::1:2', 'fe80:0:0:0::/64'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::', '2001:db8:0:0::/64'],
  ['2001:db8::1:2:3:4:5', '2001:db8:0:1::/64'],
  ['::1', '0:0:0:0::/64'],
  ['', ''],
])('the subnet of %s is %s', (ip, want) => expect(subnetOf(ip)).toBe(want))

describe('lines', () => {
  test('join both directions, and take the colour of the heaviest protocol', () => {
    const lines = linesOf([
      link('a', 'b', { protocols: [{ protocol: 'http', bytes: 50 }, { bytes: 5 }], bytes: 55 }),
      link('b', 'a', { protocols: [{ protocol: 'ssh', bytes: 60 }], bytes: 60 }),
      link('a', '', { scope: 'internet' }),
      link('', 'a', { scope: 'internet' }),
      link('a', '', { scope: 'multicast' }),
      link('a', '', { scope: 'other_zone' }),
      link('a', 'a'),
    ])
    expect(lines.map(l => [l.ends, l.protocol, l.bytes, l.conversations])).toEqual([
      [['a', 'b'], 'ssh', 115, 2],
      [[internet, 'a'], 'modbus', 20, 2],
      [[multicast, 'a'], 'modbus', 10, 1],
      [[otherZone, 'a'], 'modbus', 10, 1],
    ])
    expect(neighbours(lines).get('a')).toHaveLength(4)
    expect(protocolsOf(lines)).toEqual(['modbus', 'ssh'])
  })
  test('of a whole world lose no bytes', () => {
    const m = map(400)
    const between = m.links.filter(l => l.client !== l.server)
    expect(linesOf(m.links).reduce((n, l) => n + l.bytes, 0)).toBe(between.reduce((n, l) => n + l.bytes, 0))
  })
})

test('names from the network are shown, not believed', () => {
  const evil = device('x', { name: 'a\u202eb\n<img>' })
  expect(nameOn(evil)).toBe('a\\u{202e}b\\u{a}<img>')
  expect(endName('x', new Map([['x', evil]]))).toBe(nameOn(evil))
  expect(endName(internet, new Map())).toBe('Internet')
  expect(layout([device('y', { zone: 'a\u0000b' })], 'zone').groups[0]?.name).toBe('a\\u{0}b')
})

test('a text finds devices by all of its words', () => {
  const d = device('x', { name: 'plc-1', vendor: 'Siemens', ip: '10.0.0.9', type: 'plc' })
  expect([finds(d, 'SIEMENS 10.0'), finds(d, 'siemens axis'), finds(d, '')]).toEqual([true, false, true])
})

describe('names', () => {
  const picture = { width: 400, height: 300 }
  const touch = (a: { x: number; y: number; w: number; h: number }, b: typeof a) =>
    a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
  const named = (x: number, y: number): Named => ({ x, y, r: 4, w: 60, h: 14 })
  const disc = (n: Named) => ({ x: n.x - n.r, y: n.y - n.r, w: 2 * n.r, h: 2 * n.r })

  test('stand on no device, on no other name, and in the picture', () => {
    const all = Array.from({ length: 200 }, (_, i) => named(10 + (i % 20) * 20, 10 + Math.floor(i / 20) * 30))
    const placed = place(all, all.map(disc), picture, 90)
    expect(placed.length).toBeGreaterThan(10)
    for (const [i, { at }] of placed.entries()) {
      expect(all.some(n => touch(disc(n), at))).toBe(false)
      expect(placed.slice(0, i).some(p => touch(p.at, at))).toBe(false)
      expect(at.x >= 0 && at.y >= 0 && at.x + at.w <= picture.width && at.y + at.h <= picture.height).toBe(true)
    }
  })

  test('are those of the first, on whatever side there is room, and not more than wanted', () => {
    const edge = named(395, 150)
    expect(place([edge], [], picture, 9)[0]?.at.x).toBe(395 - 4 - 3 - 60)
    const [first, second] = [named(100, 100), named(100, 104)]
    expect(place([first, second], [], picture, 1).map(p => p.name)).toEqual([first])
  })
})
