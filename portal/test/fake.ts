import contract from '../../api/openapi.json' with { type: 'json' }
import type { Alert, Conversation, Count, DeviceRow, Traffic } from '../src/api/types.ts'
import { actsOf, actsPage } from './acts.ts'
import { alertDetail, alerts, decided } from './alerts.ts'
import { usual } from './baseline.ts'
import { type Filters, filters } from './filters.ts'
import { historyOf } from './history.ts'
import { type Outside, outside } from './integrations.ts'
import { categoryOf, mapOf } from './map.ts'
import { type Places, places, sensorPage } from './sensors.ts'
import { goodCode, type People, people } from './users.ts'
import { type World, whole, world } from './world.ts'

/** A strict double of the hub's API: it refuses what the contract does not allow. */
export interface Fake {
  answer(request: Request): Promise<Response>
  world: World
  /** Sends an event to all streams. */
  tell(event: 'devices' | 'sensors' | 'alerts' | 'overview', data: unknown): void
  /** Ends all streams, as a hub that stops does. */
  hangUp(): void
  /** Makes every request fail with a status until it is called with 0. */
  fail(status: number): void
  token: string
  password: string
  people: People
  places: Places
  outside: Outside
  filters: Filters
}

export interface FakeOptions {
  /** The role of who is signed in, and the only site that they see. */
  role?: 'admin' | 'analyst' | 'viewer'
  site?: string
  /** Who signs in has to choose another password first. */
  temporary?: boolean
  /** Nobody may do without a second factor. */
  factored?: boolean
  /** The name of an identity provider. */
  provider?: string
  devices?: number
  now?: number
  signedIn?: boolean
  needsSetup?: boolean
}

interface Parameter {
  name: string
  in: string
  schema: { type?: string; enum?: unknown[]; minimum?: number; maximum?: number; maxLength?: number; maxItems?: number }
}

type Params = Map<string, string[]>

const json = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), {
    status,
    headers: {
      'Content-Type': status < 400 ? 'application/json' : 'application/problem+json',
      'Cache-Control': 'no-store',
      ...headers,
    },
  })

const titles: Record<number, string> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  422: 'Unprocessable Entity',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

const problem = (status: number, detail: string, errors: { location: string; message: string }[] = []) =>
  json(
    { type: 'about:blank', title: titles[status] ?? 'Error', status, detail, ...(errors.length ? { errors } : {}) },
    status,
  )

/** What is wrong with a query, by the contract; empty if nothing is. */
export function refused(
  path: keyof typeof contract.paths,
  query: URLSearchParams,
): { location: string; message: string }[] {
  const operation = (contract.paths[path] as { get?: { parameters?: Parameter[] } }).get
  const known = new Map((operation?.parameters ?? []).filter(p => p.in === 'query').map(p => [p.name, p.schema]))
  const wrong: { location: string; message: string }[] = []
  for (const name of new Set(query.keys())) {
    const schema = known.get(name)
    const values = query.getAll(name)
    const say = (message: string) => wrong.push({ location: `query.${name}`, message })
    if (!schema) say('unknown query parameter')
    else if (schema.type === 'array' ? values.length > (schema.maxItems ?? 1e9) : values.length > 1)
      say('too many values')
    else if (schema.enum && !schema.enum.includes(values[0])) say(`expected one of ${schema.enum.join(', ')}`)
    else if (schema.maxLength !== undefined && (values[0] ?? '').length > schema.maxLength) say('too long')
    else if (
      schema.type === 'integer' &&
      !(
        Number.isInteger(Number(values[0])) &&
        Number(values[0]) >= (schema.minimum ?? -1e15) &&
        Number(values[0]) <= (schema.maximum ?? 1e15)
      )
    )
      say('no such number')
  }
  return wrong
}

function counts<T>(rows: T[], key: (row: T) => string | undefined): Count[] {
  const seen = new Map<string, number>()
  for (const r of rows) {
    const k = key(r)
    if (k) seen.set(k, (seen.get(k) ?? 0) + 1)
  }
  return [...seen]
    .map(([k, n]) => ({ key: k, count: n }))
    .sort((a, b) => b.count - a.count || a.key.localeCompare(b.key))
}

const deviceKeys = ['category', 'type', 'vendor', 'os', 'role', 'zone'] as const

function deviceMatches(r: DeviceRow, p: Params, except = ''): boolean {
  const q = p.get('q')?.[0]?.toLowerCase()
  if (
    q &&
    ![r.hostname, r.ip, r.mac, r.vendor, r.model, r.type, r.type_name, r.os, ...r.ips].some(x =>
      x?.toLowerCase().includes(q),
    )
  )
    return false
  return deviceKeys.every(
    k =>
      k === except ||
      !p.has(k) ||
      (p.get(k) as string[]).some(v => (k === 'role' ? r.role?.split(', ').includes(v) : r[k] === v)),
  )
}

function conversationMatches(w: World, c: Conversation, p: Params, except = ''): boolean {
  const q = p.get('q')?.[0]?.toLowerCase()
  if (
    q &&
    ![c.client.name, c.client.ip, c.server.name, c.server.ip, c.server_name, c.protocol].some(x =>
      x?.toLowerCase().includes(q),
    )
  )
    return false
  const device = p.get('device')?.[0]
  if (device && c.client.id !== device && c.server.id !== device) return false
  const among = p.get('category')
  if (among && ![c.client.id, c.server.id].every(id => !id || among.includes(categoryOf(w, id)))) return false
  return (['protocol', 'scope'] as const).every(
    k => k === except || !p.has(k) || (p.get(k) as string[]).includes(c[k] ?? ''),
  )
}

const addressKey = (ip = '') =>
  ip
    .split('.')
    .map(x => x.padStart(3, '0'))
    .join('.')

function sortDevices(rows: DeviceRow[], key: string): void {
  const of = (r: DeviceRow) =>
    key === 'ip' ? addressKey(r.ip) : (r[key as keyof DeviceRow] as string | number | undefined)
  order(rows, of)
}

function order<T>(rows: T[], of: (row: T) => string | number | undefined): void {
  rows.sort((a, b) => {
    const [x, y] = [of(a), of(b)]
    return x === y ? 0 : x === undefined ? 1 : y === undefined ? -1 : x < y ? -1 : 1
  })
}

function conversationKey(key: string): (c: Conversation) => string | number | undefined {
  switch (key) {
    case 'client':
    case 'server':
      return c => c[key].name ?? c[key].ip
    case 'bytes':
    case 'packets':
      return c => (c[key][0] ?? 0) + (c[key][1] ?? 0)
    default:
      return c => c[key as keyof Conversation] as string | number | undefined
  }
}

/** Unknown values come last in either order, as the contract has it. */
function page<T>(rows: T[], p: Params): T[] {
  const offset = Number(p.get('offset')?.[0] ?? 0)
  return rows.slice(offset, offset + Number(p.get('limit')?.[0] ?? 100))
}

function traffic(now: number): Traffic[] {
  const step = 600_000
  const start = Math.floor(now / step) * step - 143 * step
  return Array.from({ length: 144 }, (_, i) => {
    const day = Math.sin((i / 144) * Math.PI * 2 - 2) * 0.5 + 0.6
    const burst = (i * 7919) % 31 === 0 ? 1.2 : 1
    const bytes = Math.floor((day + ((i * 37) % 17) / 90) * burst * 9e8)
    return { time: new Date(start + i * step).toISOString(), packets: Math.floor(bytes / 480), bytes }
  })
}

export function createFake(options: FakeOptions = {}): Fake {
  const w = world(options.devices ?? 400, options.now ?? Date.now())
  const encoder = new TextEncoder()
  const streams = new Set<ReadableStreamDefaultController<Uint8Array>>()
  const token = 'demo-token-0001'
  let password = 'correct horse battery'
  let temporary = options.temporary ?? false
  let signedIn = options.signedIn ?? false
  let needsSetup = options.needsSetup ?? false
  let failing = 0
  const who = () => ({
    username: 'admin',
    role: options.role ?? 'admin',
    all_sites: !options.site,
    sites: options.site ? [options.site] : [],
    expires: new Date(w.now + 43_200_000).toISOString(),
    temporary,
    unfactored: crowd.factor.required && !crowd.factor.on,
    vouched: false,
  })
  const ground = places(w.now, w.sensors, { json, problem })
  const kept = filters(w.now, { json, problem })
  const beyond = outside(w.now, w.rows, { json, problem })
  const crowd = people(
    w.now,
    { json, problem },
    () => password,
    chosen => {
      password = chosen
      temporary = false
    },
  )

  crowd.factor.required = options.factored ?? false

  const devices = (p: Params) => {
    const rows = w.rows.filter(r => deviceMatches(r, p))
    const key = p.get('sort')?.[0] ?? 'last_seen'
    sortDevices(rows, key)
    if ((p.get('order')?.[0] ?? 'desc') === 'desc') {
      rows.reverse()
      const known = rows.filter(r => r[key as keyof DeviceRow] !== undefined)
      return [...known, ...rows.filter(r => r[key as keyof DeviceRow] === undefined)]
    }
    return rows
  }
  const facet = (p: Params, k: (typeof deviceKeys)[number]) =>
    counts(
      w.rows.filter(r => deviceMatches(r, p, k)),
      r => r[k],
    )
  const conversations = (p: Params) => {
    const rows = w.conversations.filter(c => conversationMatches(w, c, p))
    order(rows, conversationKey(p.get('sort')?.[0] ?? 'last_seen'))
    if ((p.get('order')?.[0] ?? 'desc') === 'desc') rows.reverse()
    return json({
      items: page(rows, p),
      total: rows.length,
      facets: {
        protocol: counts(
          w.conversations.filter(c => conversationMatches(w, c, p, 'protocol')),
          c => c.protocol,
        ),
        scope: counts(
          w.conversations.filter(c => conversationMatches(w, c, p, 'scope')),
          c => c.scope,
        ),
      },
    })
  }

  const open: Record<string, (request: Request) => Promise<Response>> = {
    'GET /api/v1/setup': async () => json({ needed: needsSetup }),
    'GET /api/v1/sign-in': async () => json(options.provider ? { provider: options.provider } : {}),
    'POST /api/v1/setup': async request => {
      const body = (await request.json()) as Record<string, string>
      if (!needsSetup) return problem(409, 'the first administrator exists')
      if (body.token !== token)
        return problem(403, 'the token is wrong or was used', [{ location: 'body.token', message: 'refused' }])
      if ((body.password ?? '').length < 12)
        return problem(422, 'validation failed', [
          { location: 'body.password', message: 'expected at least 12 characters' },
        ])
      needsSetup = false
      signedIn = true
      return json(who())
    },
    'POST /api/v1/session': async request => {
      const body = (await request.json()) as Record<string, string>
      if (body.username !== 'admin' || body.password !== password)
        return problem(401, 'the name or the password is wrong')
      if (crowd.factor.on && body.code !== goodCode)
        return problem(401, 'a code is wanted', [
          { location: 'body.code', message: body.code ? 'is wrong, or was used before' : 'is needed' },
        ])
      signedIn = true
      return json(who())
    },
  }

  const closed: Record<string, (p: Params, query: string) => Response> = {
    'GET /api/v1/session': () => json(who()),
    'DELETE /api/v1/session': () => {
      signedIn = false
      return new Response(null, { status: 204 })
    },
    'GET /api/v1/version': () =>
      json({ version: '0.1.0', commit: '0123abc', go: 'go1.26', started: new Date(w.now - 3_600_000).toISOString() }),
    'GET /api/v1/overview': () => {
      const first = (key: string) => devices(new Map([['sort', [key]]])).slice(0, 8)
      const all: Params = new Map()
      const day = w.now - 86_400_000
      return json({
        devices: {
          total: w.rows.length,
          by_category: facet(all, 'category').slice(0, 12),
          by_type: facet(all, 'type').slice(0, 12),
          by_vendor: facet(all, 'vendor').slice(0, 12),
          by_os: facet(all, 'os').slice(0, 12),
          new_24h: w.rows.filter(r => Date.parse(r.first_seen) > day).length,
        },
        conversations: {
          total: w.conversations.length,
          internet: w.conversations.filter(c => c.scope === 'internet').length,
        },
        sensors: {
          total: w.sensors.length,
          online: w.sensors.filter(s => s.online).length,
          lossy: w.sensors.filter(s => s.interfaces.some(i => i.state === 'lossy')).length,
        },
        alerts: {
          open: w.rows.length ? alerts(w).length : 0,
          by_severity: w.rows.length ? counts(alerts(w), a => a.severity) : [],
        },
        recent: first('first_seen'),
        top_talkers: first('bytes'),
        protocols: counts(w.conversations, c => c.protocol).slice(0, 12),
        traffic: w.rows.length ? traffic(w.now) : [],
      })
    },
    'GET /api/v1/devices': p =>
      json({
        items: page(devices(p), p),
        total: devices(p).length,
        facets: {
          category: facet(p, 'category'),
          type: facet(p, 'type'),
          vendor: facet(p, 'vendor'),
          os: facet(p, 'os'),
        },
      }),
    'GET /api/v1/devices.csv': p =>
      new Response(
        ['id,hostname,ip', ...devices(p).map(r => [r.id, r.hostname ?? '', r.ip ?? ''].join(','))].join('\r\n'),
        {
          headers: {
            'Content-Type': 'text/csv; charset=utf-8',
            'Content-Disposition': 'attachment; filename="devices.csv"',
          },
        },
      ),
    'GET /api/v1/conversations': conversations,
    'GET /api/v1/conversations/history': p =>
      json(
        historyOf(
          w.conversations.filter(c => conversationMatches(w, c, p)),
          w.now,
          p,
        ),
      ),
    'GET /api/v1/map': p => json(mapOf(w, p)),
    'GET /api/v1/alerts': p => {
      const about = p.get('device')?.[0]
      const rows = w.rows.length ? alerts(w).filter(a => !about || a.parties.some(x => x.id === about)) : []
      const has = (key: string, value: string) => !p.has(key) || (p.get(key) ?? []).includes(value)
      const found = rows.filter(
        a =>
          has('status', a.status) &&
          has('severity', a.severity) &&
          has('rule', a.rule) &&
          (!p.has('parent') || p.get('parent')?.[0] === a.parent) &&
          (p.get('top')?.[0] !== 'true' || !a.parent),
      )
      return json({
        items: page(found, p),
        total: found.length,
        facets: {
          status: counts(rows, a => a.status),
          severity: counts(rows, a => a.severity),
          rule: counts(rows, a => a.rule),
        },
      })
    },
    'GET /api/v1/sensors': p => json(sensorPage(w.sensors, ground.sites, p)),
    'GET /api/v1/stream': () => {
      let mine: ReadableStreamDefaultController<Uint8Array>
      const body = new ReadableStream<Uint8Array>({
        start(c) {
          mine = c
          streams.add(c)
          c.enqueue(encoder.encode(': tyto\nretry: 300\n\n'))
        },
        cancel: () => void streams.delete(mine),
      })
      return new Response(body, { headers: { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' } })
    },
  }

  const normal = usual(w)

  const alertById = (id: string, status?: Alert['status']): Response => {
    const found = alerts(w).find(a => a.id === id)
    if (!found) return problem(404, 'there is nothing of that id; a device may have been merged into another')
    return json(alertDetail({ ...found, ...(status ? { status } : {}) }))
  }

  const byId = (path: string, p: Params): Response => {
    const [, alertId] = /^\/api\/v1\/alerts\/([^/]+)$/.exec(path) ?? []
    if (alertId) return alertById(alertId)
    const [, id = '', rest = ''] = /^\/api\/v1\/devices\/([^/]+)(\/conversations|\/acts)?$/.exec(path) ?? []
    const at = w.rows.findIndex(r => r.id === decodeURIComponent(id))
    const row = w.rows[at]
    const kind = w.kinds[at]
    if (!row || !kind) return problem(404, 'there is no device of that id; it may have been merged into another')
    if (rest === '/acts') return json(actsPage(actsOf(w, at), p))
    return rest ? conversations(new Map([...p, ['device', [row.id]]])) : json({ device: whole(row, kind), row })
  }

  return {
    world: w,
    token,
    password,
    people: crowd,
    places: ground,
    outside: beyond,
    filters: kept,
    fail: status => {
      failing = status
    },
    hangUp: () => {
      for (const c of streams) c.close()
      streams.clear()
    },
    tell: (event, data) => {
      for (const c of streams) c.enqueue(encoder.encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`))
    },
    answer: async request => {
      const url = new URL(request.url)
      if (failing) return problem(failing, 'the hub could not answer; its log says why')
      const free = open[`${request.method} ${url.pathname}`]
      if (free) return free(request)
      if (!signedIn) return problem(401, 'sign in first')
      if (temporary && !url.pathname.startsWith('/api/v1/session'))
        return problem(403, 'choose a password of your own first')
      if (who().unfactored && !/^\/api\/v1\/(session|me)/.test(url.pathname))
        return problem(403, 'set up a second factor first')
      if (url.pathname in contract.paths) {
        const wrong = refused(url.pathname as keyof typeof contract.paths, url.searchParams)
        if (request.method === 'GET' && wrong.length) return problem(422, 'validation failed', wrong)
      }
      const ofPeople = await crowd.answer(request.method, url, () => request.json())
      if (ofPeople) return ofPeople
      const ofPlaces = await ground.answer(request.method, url, () => request.json())
      if (ofPlaces) return ofPlaces
      const ofUsual = await normal(request.method, url, () => request.json())
      if (ofUsual) return ofUsual
      const ofKept = await kept.answer(request.method, url, () => request.json())
      if (ofKept) return ofKept
      const ofOutside = await beyond.answer(request.method, url, () => request.json())
      if (ofOutside) return ofOutside
      const template = url.pathname.replace(
        /^(\/api\/v1\/(?:devices|alerts))\/[^/]+/,
        '$1/{id}',
      ) as keyof typeof contract.paths
      if (!(template in contract.paths)) return problem(404, 'there is nothing here')
      const [, id = '', decision = ''] =
        /^\/api\/v1\/alerts\/([^/]+)\/(close|mute|learn|reopen)$/.exec(url.pathname) ?? []
      if (decision && request.method === 'POST') return alertById(id, decided[decision])
      const wrong = refused(template, url.searchParams)
      if (wrong.length) return problem(422, 'validation failed', wrong)
      const p: Params = new Map([...new Set(url.searchParams.keys())].map(k => [k, url.searchParams.getAll(k)]))
      const route = closed[`${request.method} ${url.pathname}`]
      return route ? route(p, url.search) : byId(url.pathname, p)
    },
  }
}
