import type { JoinTokenList, SiteList } from '../src/api/sensors.ts'
import type { Sensor, SensorList } from '../src/api/types.ts'

/** The part of the double that is about sensors that join, and about places. */
export interface Places {
  tokens: JoinTokenList
  sites: SiteList
  answer(method: string, url: URL, body: () => Promise<unknown>): Promise<Response | undefined>
}

type Say = {
  json: (body: unknown, status?: number) => Response
  problem: (status: number, detail: string, errors?: { location: string; message: string }[]) => Response
}

const iso = (t: number) => new Date(t).toISOString()
const day = 86_400_000

/** A sensor that joined, with a little on its way. */
export const joinedSensor = (now: number): Pick<Sensor, 'member' | 'uplink' | 'lost' | 'gaps'> => ({
  member: { state: 'joined', joined: iso(now - 40 * day), by: 'admin', expires: iso(now + 21 * day) },
  uplink: {
    told: iso(now - 4000),
    batches: 1,
    events: 2,
    bytes: 1800,
    capacity: 4_294_967_296,
    oldest: iso(now - 4100),
    refused: 0,
    failures: 3,
  },
  lost: 0,
  gaps: [],
})

/** A sensor that was cut off, lost some, and whose certificate expired. */
export const lossySensor = (now: number): Pick<Sensor, 'member' | 'uplink' | 'lost' | 'gaps'> => ({
  member: { state: 'expired', joined: iso(now - 33 * day), by: 'bea.hofer', expires: iso(now - 3 * day) },
  uplink: {
    told: iso(now - 3 * 3_600_000),
    batches: 41_230,
    events: 3_812_004,
    bytes: 3_312_004_117,
    capacity: 4_294_967_296,
    oldest: iso(now - 31 * 3_600_000),
    refused: 2,
    failures: 4110,
  },
  lost: 71_204,
  gaps: [
    {
      received: iso(now - 3 * 3_600_000),
      reason: 'full',
      class: 'B',
      events: 71_204,
      batches: 812,
      from: 4711,
      to: 5522,
      first: iso(now - 40 * 3_600_000),
      last: iso(now - 31 * 3_600_000),
    },
    {
      received: iso(now - 20 * day),
      reason: 'damaged',
      events: 0,
      detail: '1204 batches of the spool were saved; the rest lies in spool.db.damaged-20260414T031502.118',
    },
  ],
})

/** A page of the sensors as the hub answers it: by search and filters, what needs attention first if that is asked for. */
export function sensorPage(all: Sensor[], sites: SiteList, p: Map<string, string[]>): SensorList {
  const ranks = ['expired', 'offline', 'lossy', 'behind', 'mirror', 'new', 'online', 'finished', 'revoked']
  const siteOf = (zone = '') => sites.items.find(s => s.zones.some(z => z.id === zone))?.id ?? ''
  const full = all.map(s => ({ ...s, state: stateOf(s), ...(siteOf(s.zone) && { site: siteOf(s.zone) }) }))
  const text = p.get('q')?.[0]?.toLowerCase() ?? ''
  const keys = ['state', 'site', 'zone', 'version'] as const
  const fits = (s: Sensor, but = '') =>
    [s.name, s.zone, s.version, ...s.interfaces.map(i => i.name)].some(x => x?.toLowerCase().includes(text)) &&
    keys.every(k => k === but || !p.has(k) || p.get(k)?.includes(s[k] ?? ''))
  const facet = (k: (typeof keys)[number]) => {
    const seen = new Map<string, number>()
    for (const s of full) if (s[k] && fits(s, k)) seen.set(s[k], (seen.get(s[k]) ?? 0) + 1)
    return [...seen].map(([key, count]) => ({ key, count }))
  }
  const found = full.filter(s => fits(s))
  if (p.get('sort')?.[0] === 'attention') found.sort((a, b) => ranks.indexOf(a.state) - ranks.indexOf(b.state))
  const offset = Number(p.get('offset')?.[0] ?? 0)
  const limit = Number(p.get('limit')?.[0] ?? 0) || found.length
  return {
    items: found.slice(offset, offset + limit),
    total: found.length,
    facets: { state: facet('state'), site: facet('site'), zone: facet('zone'), version: facet('version') },
  }
}

function stateOf(s: Sensor): Sensor['state'] {
  if (s.member && s.member.state !== 'joined') return s.member.state
  if (!s.last_seen) return 'new'
  if (!s.online) return s.interfaces.every(i => i.capture) ? 'finished' : 'offline'
  if (s.interfaces.some(i => i.state === 'lossy')) return 'lossy'
  return s.interfaces.some(i => i.findings.length > 0) ? 'mirror' : 'online'
}

const idRule = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/

export function places(now: number, sensors: Sensor[], say: Say): Places {
  const tokens: JoinTokenList = {
    items: [{ sensor: 'hall-4', zone: 'Plant 1', site: 'graz', by: 'admin', expires: iso(now + 41 * 60_000) }],
    address: 'hub.example.org:8443',
  }
  const sites: SiteList = {
    items: [
      {
        id: 'graz',
        title: 'Graz works',
        zones: [
          { id: 'Plant 1', title: 'Hall 1, line A', site: 'graz', devices: 212 },
          { id: 'Plant 2', title: 'Hall 2', site: 'graz', devices: 87 },
        ],
      },
      { id: 'linz', title: 'Linz', zones: [] },
    ],
    nowhere: [{ id: 'Data centre', title: 'Data centre', devices: 101 }],
  }
  if (sensors.length === 0) {
    tokens.items = []
    sites.items = []
    sites.nowhere = []
  }
  const gone = () => new Response(null, { status: 204 })
  const refuse = (field: string, message: string) =>
    say.problem(422, 'validation failed', [{ location: `body.${field}`, message }])
  const rule = 'want 1 to 63 letters, digits, dots, hyphens or underscores, the first a letter or a digit'

  const make = (wish: Record<string, string>): Response => {
    for (const f of ['name', 'zone']) if (!idRule.test(wish[f] ?? '')) return refuse(f, rule)
    const token = `tyto1_${'Xk3vQ9'.repeat(20)}`
    const expires = iso(now + 3_600_000)
    tokens.items.push({ sensor: wish.name ?? '', zone: wish.zone ?? '', by: 'admin', expires })
    const address = wish.address ?? tokens.address
    return say.json({ token, command: `tyto sensor join ${token}`, address, expires })
  }
  const put = (kind: string, id: string, wish: Record<string, string>): Response => {
    if (kind === 'sites') {
      const known = sites.items.find(s => s.id === id)
      if (!known && !idRule.test(id)) return refuse('id', rule)
      if (known) known.title = wish.title ?? ''
      else sites.items.push({ id, title: wish.title ?? '', zones: [] })
      return gone()
    }
    const lists = [sites.nowhere, ...sites.items.map(s => s.zones)]
    const old = lists.flat().find(z => z.id === id)
    if (!old && !idRule.test(id)) return refuse('id', rule)
    for (const l of lists) l.splice(0, l.length, ...l.filter(z => z.id !== id))
    const to = wish.site ? sites.items.find(s => s.id === wish.site)?.zones : sites.nowhere
    if (!to) return refuse('site', `there is no site "${wish.site}"; make it first`)
    to.push({ id, title: wish.title ?? '', devices: old?.devices ?? 0, ...(wish.site ? { site: wish.site } : {}) })
    return gone()
  }

  return {
    tokens,
    sites,
    answer: async (method, url, body) => {
      if (url.pathname === '/api/v1/join-tokens') {
        if (method === 'GET') return say.json(tokens)
        return make((await body()) as Record<string, string>)
      }
      if (url.pathname === '/api/v1/sites' && method === 'GET') return say.json(sites)
      const [, kind = '', id = ''] = /^\/api\/v1\/(sites|zones)\/([^/]+)$/.exec(url.pathname) ?? []
      if (kind && method === 'PUT') return put(kind, decodeURIComponent(id), (await body()) as Record<string, string>)
      const [, name = ''] = /^\/api\/v1\/sensors\/([^/]+)\/revoke$/.exec(url.pathname) ?? []
      if (!name || method !== 'POST') return undefined
      const member = sensors.find(s => s.name === decodeURIComponent(name))?.member
      if (!member) return say.problem(404, 'no sensor of that name joined this hub')
      member.state = 'revoked'
      member.revoked = iso(now)
      member.revoked_by = 'admin'
      return gone()
    },
  }
}
