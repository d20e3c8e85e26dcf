import type { Claim, Conversation, Device, DeviceRow, Sensor } from '../src/api/types.ts'
import { typeName } from '../src/parts/format.ts'
import { type Kind, kinds } from './people.ts'
import { joinedSensor, lossySensor } from './sensors.ts'

/** A sequence of numbers in [0, 1) that is the same for the same seed. */
export function sequence(seed: number): () => number {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

export interface World {
  now: number
  rows: DeviceRow[]
  kinds: Kind[]
  conversations: Conversation[]
  sensors: Sensor[]
}

const zones = ['Plant 1', 'Plant 2', 'Offices', 'Data centre']
const hex = (n: number) => n.toString(16).padStart(2, '0')
const iso = (ms: number) => new Date(Math.floor(ms / 1000) * 1000).toISOString().replace('.000', '')

function pick<T>(random: () => number, from: readonly T[]): T {
  return from[Math.floor(random() * from.length)] as T
}

const weights = kinds.reduce((sum, k) => sum + k.weight, 0)

function kindAt(random: () => number): Kind {
  let at = random() * weights
  for (const k of kinds) {
    at -= k.weight
    if (at < 0) return k
  }
  return kinds[0] as Kind
}

function row(i: number, k: Kind, random: () => number, now: number): DeviceRow {
  const id = `d${(0x1a2b3c + i * 7919).toString(16)}`
  const zone =
    k.category === 'ot' ? (zones[i % 2] as string) : k.type === 'server' ? 'Data centre' : pick(random, zones)
  const ip = `10.${zones.indexOf(zone) + 20}.${(i >> 8) & 255}.${i & 255}`
  const first = now - random() ** 3 * 90 * 86_400_000
  const packets = Math.floor(random() ** 4 * 4_000_000) + 12
  const out: DeviceRow = {
    id,
    category: k.category,
    first_seen: iso(first),
    last_seen: iso(Math.max(first, now - random() ** 6 * 6 * 86_400_000)),
    ip,
    ips: random() < 0.15 ? [ip, `fe80::${hex(i >> 8)}:${hex(i & 255)}`] : [ip],
    mac: `${k.oui}:${hex((i >> 16) & 255)}:${hex((i >> 8) & 255)}:${hex(i & 255)}`,
    protocols: k.protocols,
    packets,
    bytes: Math.floor(packets * (90 + random() * 700)),
    zone,
    sensor: zone.startsWith('Plant') ? `sensor-${zone.slice(-1)}` : 'sensor-core',
    confidence: k.sure,
  }
  if (k.type) Object.assign(out, { type: k.type, type_name: typeName(k.type) })
  if (k.vendor) out.vendor = k.vendor
  const model = pick(random, k.models)
  if (model) out.model = model
  if (k.os) out.os = k.os
  if (k.firmware) out.firmware = pick(random, k.firmware)
  if (k.host && random() < 0.92)
    out.hostname = `${k.host}-${String(i).padStart(4, '0')}${k.category === 'it' ? '.corp.example' : ''}`
  if (k.nic) out.nic_vendor = k.nic
  if (k.role) out.role = k.role
  return out
}

const internet: [string, string][] = [
  ['www.example.com', '203.0.113.10'],
  ['update.example.net', '198.51.100.23'],
  ['time.example.org', '203.0.113.123'],
  ['telemetry.example.com', '198.51.100.77'],
]

const speech: [string, string, number, Record<string, number>][] = [
  ['modbus', 'tcp', 502, { 'read holding registers': 8123, 'write single register': 14 }],
  ['s7comm', 'tcp', 102, { 'read var': 51_200, 'write var': 320 }],
  ['tls', 'tcp', 443, {}],
  ['dns', 'udp', 53, { A: 212, AAAA: 190, PTR: 4 }],
  ['http', 'tcp', 80, { GET: 44, POST: 3 }],
  ['smb2', 'tcp', 445, { read: 900, write: 210 }],
  ['ssh', 'tcp', 22, {}],
  ['ntp', 'udp', 123, {}],
  ['rtsp', 'tcp', 554, { DESCRIBE: 2, PLAY: 2 }],
]

function party(r: DeviceRow) {
  return { id: r.id, name: r.hostname ?? r.model ?? r.ip, ip: r.ip, mac: r.mac }
}

function conversation(i: number, rows: DeviceRow[], random: () => number, now: number): Conversation {
  const client = pick(random, rows)
  const [protocol, transport, port, operations] = pick(random, speech)
  const last = now - random() ** 4 * 3 * 86_400_000
  const n = Math.floor(random() ** 4 * 200_000) + 2
  const out: Conversation = {
    client: party(client),
    server: party(pick(random, rows)),
    transport,
    port,
    protocol,
    scope: 'lan',
    first_seen: iso(last - random() * 20 * 86_400_000),
    last_seen: iso(last),
    packets: [n, Math.floor(n * (0.4 + random()))],
    bytes: [n * 120, Math.floor(n * (100 + random() * 900))],
    operations,
    sessions: Math.floor(random() * 40) + 1,
  }
  if (protocol === 'tls' || protocol === 'ntp' || random() < 0.08) {
    const [name, ip] = pick(random, internet)
    out.server = { ip }
    out.server_name = name
    out.scope = 'internet'
  } else if (i % 11 === 0) {
    Object.assign(out, {
      server: { ip: '224.0.0.251', mac: '01:00:5e:00:00:fb' },
      scope: 'multicast',
      protocol: 'mdns',
      transport: 'udp',
      port: 5353,
      operations: {},
    })
  }
  return out
}

function sensors(now: number): Sensor[] {
  const counters = (packets: number, drops: number) => ({
    packets,
    parsed: packets - 40,
    kernel_drops: drops,
    malformed: 40,
    shed: 0,
    flow_evictions: 12,
  })
  return [
    {
      name: 'sensor-1',
      version: '0.1.0',
      zone: 'Plant 1',
      online: true,
      state: 'online',
      last_seen: iso(now - 4000),
      ...joinedSensor(now),
      interfaces: [
        {
          name: 'eno2',
          state: 'listening',
          counters: counters(812_345_210, 0),
          packets: 812_345_210,
          bytes: 402_345_210_112,
          dropped: 0,
          loss_ratio: 0,
          findings: [],
          first: iso(now - 40 * 86_400_000),
          last: iso(now - 4000),
          capture: false,
        },
        {
          name: 'eno3',
          state: 'lossy',
          counters: counters(92_345_210, 402_113),
          packets: 92_345_210,
          bytes: 61_345_210_112,
          dropped: 402_113,
          loss_ratio: 0.00433,
          findings: [
            {
              level: 'warning',
              text: 'Of 62 % of the TCP conversations only one side is heard.',
              remedy: 'Mirror both directions (rx and tx, "both"); of a TAP connect both outputs.',
            },
          ],
          first: iso(now - 40 * 86_400_000),
          last: iso(now - 4000),
          capture: false,
        },
      ],
    },
    {
      name: 'sensor-2',
      version: '0.1.0',
      zone: 'Plant 2',
      online: false,
      state: 'offline',
      last_seen: iso(now - 3 * 3_600_000),
      ...lossySensor(now),
      interfaces: [
        {
          name: 'span0',
          state: 'silent',
          counters: counters(5_112_004, 0),
          packets: 5_112_004,
          bytes: 2_801_001_204,
          dropped: 0,
          loss_ratio: 0,
          findings: [],
          first: iso(now - 9 * 86_400_000),
          last: iso(now - 3 * 3_600_000),
          capture: false,
        },
      ],
    },
    {
      name: 'sensor-core',
      version: '0.1.0',
      zone: 'Data centre',
      online: true,
      state: 'online',
      last_seen: iso(now - 2000),
      lost: 0,
      gaps: [],
      interfaces: [
        {
          name: 'lab-network.pcap',
          state: 'listening',
          counters: counters(48_210, 0),
          packets: 48_210,
          bytes: 21_400_113,
          dropped: 0,
          loss_ratio: 0,
          findings: [],
          first: iso(now - 900_000),
          last: iso(now - 2000),
          capture: true,
        },
      ],
    },
  ]
}

/** A network of n devices, the same for the same n and the same time. */
export function world(n: number, now: number): World {
  const random = sequence(n + 7)
  const chosen = Array.from({ length: n }, () => kindAt(random))
  const rows = chosen.map((k, i) => row(i, k, random, now))
  const conversations =
    n === 0 ? [] : Array.from({ length: Math.min(n * 3, 20_000) }, (_, i) => conversation(i, rows, random, now))
  return { now, rows, kinds: chosen, conversations, sensors: n === 0 ? [] : sensors(now) }
}

/** A device, whole, from its row and its kind. */
export function whole(r: DeviceRow, k: Kind): Device {
  let packet = 17
  const next = () => {
    packet += 61
    return packet
  }
  const claim = (attribute: string, value: string, confidence: string, protocol: string, field: string): Claim => ({
    attribute,
    value,
    confidence,
    evidence: { sensor: r.sensor ?? '', capture: 'lab-network.pcap', packet: next(), protocol, field },
    first: r.first_seen,
    last: r.last_seen,
  })
  const evidence: Claim[] = []
  const add = (attribute: string, value: string | undefined, confidence: string, protocol: string, field: string) => {
    if (value) evidence.push(claim(attribute, value, confidence, protocol, field))
  }
  add('category', r.category, k.sure, 'fingerprint', `type.${k.type || 'none'}`)
  add('type', r.type, k.sure, 'fingerprint', `${k.vendor.toLowerCase().replaceAll(/\W+/g, '-')}.${k.gave[0]}.${k.type}`)
  add('type', r.type && 'server', 'guessed', 'fingerprint', 'port.any')
  add('vendor', r.vendor, k.sure, k.gave[0], k.gave[1])
  add('vendor', r.nic_vendor, 'guessed', 'eth', 'eth.src.oui')
  add('nic_vendor', r.nic_vendor, 'stated', 'eth', 'eth.src.oui')
  add('model', r.model, k.sure, k.gave[0], k.gave[1])
  add('os', r.os, 'shown', 'fingerprint', 'p0f.syn')
  add('firmware', r.firmware, 'stated', k.gave[0], k.gave[1])
  add('hostname', r.hostname, 'stated', 'dhcp', 'dhcp.option.hostname')
  add('hostname', r.hostname && `${r.hostname.split('.')[0]}.local`, 'stated', 'mdns', 'dns.resp.name')
  if (k.modules) {
    add('mode', 'run', 'stated', 's7comm', 's7comm.szl.0424.0000.bzu_id')
    add('mode', 'stop', 'shown', 's7comm', 's7comm.param.func')
    add('key', 'remote', 'stated', 's7comm', 's7comm.szl.0232.0004.sch_schal')
    add('protection', 'write', 'stated', 's7comm', 's7comm.szl.0232.0004.sch_par')
    add('part_model', '6ES7 522-1BL00', 'stated', 's7comm', 's7comm.szl.xy11.0001.anz')
  }
  add('role', r.role?.split(', ')[0], 'shown', 'arp', 'arp.opcode')
  add('address', r.ip, 'shown', 'arp', 'arp.src.proto_ipv4')
  add('clue', k.gave[2], 'stated', k.gave[0], k.gave[1])
  for (const p of r.protocols) add('protocol', p, 'shown', p, `${p}`)
  const beliefs: Device['beliefs'] = {}
  for (const c of evidence) {
    if (['clue', 'address', 'protocol', 'part_model'].includes(c.attribute)) continue
    const known = beliefs[c.attribute]
    if (!known) beliefs[c.attribute] = { ...c }
    else if (known.value !== c.value) known.others = [...(known.others ?? []), c]
  }
  return {
    id: r.id,
    zone: r.zone ?? '',
    interfaces: [
      {
        mac: r.mac ?? '',
        vlans: [120],
        vendor: r.nic_vendor ?? '',
        ips: r.ips.map(ip => ({ ip, from: r.first_seen, to: r.last_seen, confidence: 'shown' })),
      },
    ],
    beliefs,
    evidence,
    protocols: r.protocols,
    services: k.services.map(([transport, port, protocol, product]) => ({
      transport,
      port,
      protocol,
      ...(product ? { product } : {}),
    })),
    modules: Array.from({ length: k.modules ?? 0 }, (_, slot) => ({
      slot: slot < 4 ? slot : slot + 2,
      model: slot === 0 ? (r.model ?? '') : `6ES7 5${21 + slot}-1BL00`,
      firmware: 'V2.1.0',
      serial: `S C-K4${slot}U9${r.id}`,
    })),
    roles: r.role ? r.role.split(', ') : [],
    first: r.first_seen,
    last: r.last_seen,
    packets: r.packets,
    bytes: r.bytes,
  }
}
