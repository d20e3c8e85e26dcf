import { describe, expect, test } from 'vitest'
import { safeNext } from '../../src/pages/next.ts'
import { nameOf } from '../../src/parts/device.ts'
import { ago, bytes, count, percent, plain, share, typeName } from '../../src/parts/format.ts'
import { glyphOf, glyphs } from '../../src/parts/glyphs.ts'
import { taxonomy } from '../../src/parts/taxonomy.ts'

describe('numbers', () => {
  test('bytes are in powers of 1000', () => {
    expect([0, 999, 1000, 1549, 999_499, 999_950, 12_345_678, 4.2e12].map(bytes)).toEqual([
      '0 B',
      '999 B',
      '1.0 kB',
      '1.5 kB',
      '999 kB',
      '1.0 MB',
      '12.3 MB',
      '4.2 TB',
    ])
    expect(bytes(undefined)).toBe('–')
  })
  test('counts are whole below ten thousand', () => {
    expect([0, 9999, 10_000, 1_250_000].map(count)).toEqual(['0', '9,999', '10K', '1.3M'])
  })
  test('a share that is not zero is never shown as zero', () => {
    expect([0, 0.0000001, 0.00433, 0.5].map(percent)).toEqual(['0 %', '< 0.001 %', '0.43 %', '50 %'])
    expect(share(1, 100_000)).toBeGreaterThan(0)
    expect(share(5, 0)).toBe(0)
  })
})

describe('times', () => {
  const now = Date.parse('2026-05-04T12:00:00Z')
  test('are told as one says them', () => {
    const at = (s: string) => ago(s, now)
    expect(at('2026-05-04T11:59:55Z')).toBe('just now')
    expect(at('2026-05-04T11:59:20Z')).toBe('40 s ago')
    expect(at('2026-05-04T11:01:00Z')).toBe('59 min ago')
    expect(at('2026-05-03T13:00:00Z')).toBe('23 h ago')
    expect(at('2026-04-28T12:00:00Z')).toBe('6 d ago')
    expect(at('2019-01-02T12:00:00Z')).toBe('2 Jan 2019')
  })
  test('that are none are a dash', () => {
    expect([undefined, '', '0001-01-01T00:00:00Z', 'soon'].map(x => ago(x, now))).toEqual(['–', '–', '–', '–'])
  })
})

describe('names', () => {
  test('of types', () => {
    expect(['ip_camera', 'plc', 'not_in_the_taxonomy', ''].map(typeName)).toEqual([
      'IP camera',
      'PLC',
      'Not in the taxonomy',
      'Unknown',
    ])
  })
  test('of devices: what it calls itself, what it is, where it is', () => {
    expect(nameOf({ id: 'd1', hostname: 'plc-1', model: 'S7', ip: '10.0.0.1' })).toBe('plc-1')
    expect(nameOf({ id: 'd1', vendor: 'Axis', model: 'M3045-V' })).toBe('Axis M3045-V')
    expect(nameOf({ id: 'd1', vendor: 'HP', model: 'HP LaserJet' })).toBe('HP LaserJet')
    expect(nameOf({ id: 'd1', vendor: 'Axis', type: 'ip_camera' })).toBe('Axis IP camera')
    expect(nameOf({ id: 'd1', mac: '02:00:00:00:00:01' })).toBe('02:00:00:00:00:01')
    expect(nameOf({ id: 'd1' })).toBe('d1')
  })
  test('from the network cannot hide anything', () => {
    expect(plain('a\u202egnp.exe')).toBe('a\\u{202e}gnp.exe')
    expect(plain('a\u0000b\u200bc')).toBe('a\\u{0}b\\u{200b}c')
    expect(plain('Küche Étage 2')).toBe('Küche Étage 2')
  })
})

describe('pictures', () => {
  test('there is one for every type of the taxonomy', () => {
    const special = ['unclassified', 'transient', 'virtual_address', 'nat_segment', 'not_a_device']
    const without = Object.keys(taxonomy).filter(t => glyphOf(t) === 'unknown')
    expect(without.filter(t => !special.includes(t))).toEqual([])
  })
  test('types of each kind have one of their own', () => {
    const types = [
      'workstation',
      'laptop',
      'server',
      'switch',
      'router',
      'firewall',
      'wireless_ap',
      'ip_camera',
      'printer',
      'voip_phone',
      'plc',
      'hmi_panel',
      'historian',
      'thermostat',
      'patient_monitor',
      'infusion_pump',
      'smart_tv',
      'ups',
      'nas',
    ]
    expect(new Set(types.map(t => glyphOf(t))).size).toBe(types.length)
  })
  test('no type at all falls back to the category', () => {
    expect(glyphOf(undefined, 'ot')).toBe('plc')
    expect(glyphOf('', 'unknown')).toBe('unknown')
    expect(glyphOf('something_new', 'medical')).toBe('heart')
  })
  test('are well-formed paths', () => {
    for (const [name, d] of Object.entries(glyphs)) expect(d, name).toMatch(/^M[MmLlHhVvCcSsQqTtAaZz0-9 .,-]+$/)
  })
})

test('after signing in nobody is sent to another site', () => {
  expect(safeNext('/devices?category=ot')).toBe('/devices?category=ot')
  for (const bad of [
    null,
    '',
    'https://example.com',
    '//example.com',
    '/\\example.com',
    'javascript:alert(1)',
    '/sign-in',
    '/setup',
  ])
    expect(safeNext(bad)).toBe('/')
})
