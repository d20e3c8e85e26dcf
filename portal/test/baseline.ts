import type { Detection, Fact, IndicatorList, Mute, ZoneBaseline } from '../src/api/baseline.ts'
import { become } from './alerts.ts'
import type { World } from './world.ts'

const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } })

const nothing = (status: number) => new Response(null, { status })

const counts = <T>(rows: T[], key: (row: T) => string) => {
  const all = new Map<string, number>()
  for (const r of rows) all.set(key(r), (all.get(key(r)) ?? 0) + 1)
  return [...all].map(([k, count]) => ({ key: k, count })).sort((a, b) => b.count - a.count)
}

/** The baseline of a made-up network: its zone, what is usual, and mutes. */
export function usual(w: World) {
  const zone: ZoneBaseline = {
    zone: 'default',
    learning: false,
    since: new Date(w.now - 3 * 86_400_000).toISOString(),
    facts: [],
    statuses: [],
  }
  const kinds: Fact['kind'][] = ['conversation', 'operation', 'destination', 'device', 'identity']
  let facts: Fact[] = w.rows.slice(0, 120).map((r, i) => {
    const peer = w.rows[(i * 7 + 1) % w.rows.length]
    const kind = kinds[i % kinds.length] ?? 'device'
    const what = {
      conversation: 'tcp/502',
      operation: 'modbus 6',
      destination: 'tcp/443',
      device: r.category,
      identity: 'firmware 1.2',
    }
    return {
      id: i.toString(16).padStart(16, '0'),
      zone: 'default',
      kind,
      status: i % 17 === 3 ? 'deviates' : 'usual',
      device: { id: r.id, ...(r.hostname ? { name: r.hostname } : {}), ...(r.ip ? { ip: r.ip } : {}) },
      peer:
        kind === 'destination'
          ? { name: 'example.com', ip: '198.51.100.7' }
          : kind === 'device' || kind === 'identity' || !peer
            ? {}
            : { id: peer.id, ...(peer.ip ? { ip: peer.ip } : {}) },
      what: what[kind] ?? '',
      ...(kind === 'operation' ? { verb: 'write' } : {}),
      protocol: 'modbus',
      ...(i % 17 === 3 ? { alert: '00000000000000a1' } : {}),
      first_seen: new Date(w.now - (i + 9) * 3_600_000).toISOString(),
      last_seen: new Date(w.now - i * 60_000).toISOString(),
      count: i + 1,
    }
  })
  let mutes: Mute[] = w.rows.length
    ? [
        {
          id: 'm1',
          zone: 'default',
          rule: 'ftp',
          subnet: '10.1.0.0/16',
          over: false,
          created: new Date(w.now - 86_400_000).toISOString(),
          expires: new Date(w.now + 86_400_000).toISOString(),
          by: 'ada',
          comment: 'old cameras',
        },
      ]
    : []
  let lists: IndicatorList[] = []
  const looked: Detection[] = (
    [
      ['port-scan', 'Many ports of a host are tried', 'major', 'anomaly'],
      ['plc-stop', 'A controller was told to stop', 'major', 'operational'],
      ['new-device', 'A device is new on the network', 'minor', 'baseline'],
    ] as const
  ).map(([id, title, severity, engine]) => ({
    id,
    title,
    severity,
    engine,
    techniques: ['T0846'],
    description: 'As who explores does.',
    action: 'Look at the host.',
    thresholds:
      id === 'port-scan' ? [{ name: 'ports', value: 25, unit: 'ports', text: 'Ports that are too many' }] : [],
    under: [],
    off: false,
  }))
  return async (method: string, url: URL, body: () => Promise<unknown>): Promise<Response | undefined> => {
    const path = url.pathname
    if (method === 'POST' && path === '/api/v1/alerts/decide') {
      const wish = (await body()) as { ids: string[]; status: 'active' | 'closed' | 'muted' | 'learned' }
      return json({ alerts: wish.ids.filter(id => become(w, id, wish.status)).length })
    }
    if (method === 'GET' && path === '/api/v1/baseline') {
      const items = w.rows.length
        ? [{ ...zone, facts: counts(facts, f => f.kind), statuses: counts(facts, f => f.status) }]
        : []
      return json({ items })
    }
    if (method === 'GET' && path === '/api/v1/facts') {
      const has = (key: string, value: string) =>
        !url.searchParams.has(key) || url.searchParams.getAll(key).includes(value)
      const found = facts.filter(f => has('kind', f.kind) && has('status', f.status) && has('zone', f.zone))
      const offset = Number(url.searchParams.get('offset') ?? 0)
      const limit = Number(url.searchParams.get('limit') ?? 100)
      return json({
        items: found.slice(offset, offset + limit),
        total: found.length,
        facets: { kind: counts(found, f => f.kind), status: counts(found, f => f.status) },
      })
    }
    if (method === 'GET' && path === '/api/v1/detections') return json({ items: looked })
    if (method === 'GET' && path === '/api/v1/indicators') return json({ items: lists })
    const [, list] = /^\/api\/v1\/indicators\/([^/]+)$/.exec(path) ?? []
    if (list && method === 'PUT') {
      const { text } = (await body()) as { text: string }
      const entries = text.split('\n').filter(l => l.trim() && !l.startsWith('#')).length
      const made = { name: list, entries, put: new Date(w.now).toISOString(), by: 'admin' }
      lists = [...lists.filter(l => l.name !== list), made]
      return json(made)
    }
    if (list && method === 'DELETE') {
      lists = lists.filter(l => l.name !== list)
      return nothing(204)
    }
    if (method === 'GET' && path === '/api/v1/mutes') return json({ items: mutes })
    if (method === 'POST' && path === '/api/v1/mutes') {
      const wish = (await body()) as Partial<Mute>
      const made: Mute = {
        ...wish,
        id: `m${mutes.length + 1}`,
        over: false,
        by: 'admin',
        created: new Date(w.now).toISOString(),
      }
      mutes = [made, ...mutes]
      return json(made)
    }
    const [, mute] = /^\/api\/v1\/mutes\/([^/]+)$/.exec(path) ?? []
    if (method === 'DELETE' && mute) {
      mutes = mutes.filter(m => m.id !== mute)
      return nothing(204)
    }
    const [, fact] = /^\/api\/v1\/baseline\/[^/]+\/facts\/([^/]+)$/.exec(path) ?? []
    if (method === 'DELETE' && fact) {
      facts = facts.filter(f => f.id !== fact)
      return nothing(204)
    }
    const [, order] = /^\/api\/v1\/baseline\/[^/]+\/(learn|operate)$/.exec(path) ?? []
    if (method === 'POST' && order) {
      zone.learning = order === 'learn'
      zone.by = 'admin'
      return nothing(204)
    }
    return undefined
  }
}
