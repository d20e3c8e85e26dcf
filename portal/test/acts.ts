import type { DeviceAct } from '../src/api/acts.ts'
import type { Count, Party } from '../src/api/types.ts'
import type { World } from './world.ts'

const party = (w: World, at: number): Party => {
  const r = w.rows[at]
  return { ...(r ? { id: r.id } : {}), name: r?.hostname ?? r?.model ?? '', ip: r?.ip ?? '', mac: r?.mac ?? '' }
}

/** What was done to a device: to a controller its programs, with those that changed; to others what people do. */
export function actsOf(w: World, at: number): DeviceAct[] {
  const kind = w.kinds[at]
  if (kind?.category !== 'ot') return []
  const by = party(
    w,
    Math.max(
      0,
      w.kinds.findIndex(k => k.type === 'engineering_workstation'),
    ),
  )
  const hmi = party(
    w,
    Math.max(
      0,
      w.kinds.findIndex(k => k.type === 'hmi_panel'),
    ),
  )
  const self = party(w, at)
  let packet = 900
  const act = (hours: number, verb: string, operation: string, more: Partial<DeviceAct> = {}): DeviceAct => {
    const time = new Date(w.now - hours * 3_600_000).toISOString()
    packet += 37
    return {
      client: by,
      server: self,
      verb,
      protocol: 's7comm',
      operation,
      outcome: 'ok',
      count: 1,
      first_seen: time,
      last_seen: time,
      evidence: {
        sensor: 'sensor-1',
        capture: 'lab-network.pcap',
        packet,
        protocol: 's7comm',
        field: 's7comm.param.func',
      },
      ...more,
    }
  }
  const moved = (
    name: string,
    size: number,
    hash: string,
    change: 'first' | 'same' | 'changed' | '',
  ): Partial<DeviceAct> => ({
    object: `${name}, ${size} bytes, fnv1a ${hash}`,
    moved: { name, size, hash, ...(change ? { change } : {}) },
  })
  return [
    act(1, 'read', 's7comm read', { client: hmi, count: 51_233, object: 'DB 10' }),
    act(2, 'write', 's7comm write', { client: hmi, count: 320, object: 'DB 10 byte 4' }),
    act(30, 'start', 's7comm plc start'),
    act(30.1, 'program', 's7comm download', moved('OB 1', 2810, '5e7b3dfa8a0bce13', 'changed')),
    act(30.2, 'program', 's7comm download', moved('FC 10', 940, '10ef9f1792d74f92', 'same')),
    act(30.3, 'program', 's7comm download', {
      ...moved('DB 10', 512, '94b70f47d37dfc7e', ''),
      outcome: 'error: protected',
    }),
    act(30.4, 'stop', 's7comm plc stop'),
    act(400, 'transfer', 's7comm upload', moved('FC 10', 940, '10ef9f1792d74f92', 'same')),
    act(500, 'program', 's7comm download', moved('FC 10', 940, '10ef9f1792d74f92', 'first')),
    act(500.1, 'program', 's7comm download', moved('OB 1', 2794, '08d55807b5757fad', 'first')),
    act(501, 'login-failed', 's7comm password', { outcome: 'wrong password' }),
  ]
}

/** A page of acts as the hub tells it. */
export function actsPage(all: DeviceAct[], p: Map<string, string[]>) {
  const often = new Map<string, number>()
  for (const a of all) often.set(a.verb, (often.get(a.verb) ?? 0) + a.count)
  const verbs: Count[] = [...often].map(([key, count]) => ({ key, count })).sort((a, b) => b.count - a.count)
  const found = all.filter(a => !p.has('verb') || p.get('verb')?.includes(a.verb))
  const offset = Number(p.get('offset')?.[0] ?? 0)
  return { items: found.slice(offset, offset + Number(p.get('limit')?.[0] ?? 100)), total: found.length, verbs }
}
