import type { Integration, MachineList, UnconnectedList, UndeliveredList } from '../src/api/integrations.ts'
import type { DeviceRow } from '../src/api/types.ts'

/** The part of the double that is about destinations and connectors. */
export interface Outside {
  items: Integration[]
  left: UndeliveredList
  replays: (number[] | 'all')[]
  answer(method: string, url: URL, body: () => Promise<unknown>): Promise<Response | undefined>
}

type Say = {
  json: (body: unknown, status?: number) => Response
  problem: (status: number, detail: string, errors?: { location: string; message: string }[]) => Response
}

const iso = (t: number) => new Date(t).toISOString()
const minute = 60_000

export function outside(now: number, rows: DeviceRow[], { json, problem }: Say): Outside {
  const items: Integration[] = rows.length
    ? [
        {
          name: 'soc',
          direction: 'out',
          product: 'syslog',
          state: 'working',
          last: iso(now - 4000),
          delivered: 48_210,
          undelivered: 0,
          backlog: 0,
          failures: 3,
          error: 'syslog: dial tcp 10.0.0.9:6514: connection refused',
          remedy: 'Nothing listens there: check port and service, and firewalls on the way.',
          wants: ['alert, device', 'minor and above'],
        },
        {
          name: 'splunk',
          direction: 'out',
          product: 'splunk',
          state: 'failing',
          error: 'splunk: HTTP 403 Forbidden {"text":"Invalid token","code":4}\u202e',
          remedy: 'The application or user lacks a permission: grant the one that the how-to names, and consent to it.',
          last: iso(now - 95 * minute),
          delivered: 11_002,
          undelivered: 3,
          backlog: 1844,
          failures: 71,
          wants: ['alert', 'sites Graz, Linz', 'not rules plc-start'],
          counts: { refused: 3, expired: 0 },
        },
        {
          name: 'defender',
          direction: 'both',
          product: 'defender',
          state: 'working',
          last: iso(now - 6 * minute),
          next: iso(now + 9 * minute),
          delivered: 20_912,
          undelivered: 0,
          backlog: 0,
          failures: 0,
          wants: ['machines'],
          counts: { machines: 1312, heard: 1207, alerts: 14, alerts_unplaced: 2, decided: 5, pushed: 0 },
        },
      ]
    : []
  const left: UndeliveredList = {
    items: [3, 2, 1].map(id => ({
      id,
      time: iso(now - id * 7 * minute),
      reason: 'splunk: HTTP 400 Bad Request {"text":"Incorrect index","code":7}',
      kind: 'alert',
      zone: 'plant',
      title: id === 2 ? '<img src=x onerror=alert(1)>\u202egpj' : 'A controller was told to stop',
    })),
  }
  const replays: (number[] | 'all')[] = []
  const machines = (limit: number): MachineList => ({
    total: 105,
    items: Array.from({ length: Math.min(limit, 105) }, (_, i) => ({
      id: `m${i}`,
      heard: false,
      zone: i % 3 ? 'default' : 'plant',
      name: i === 1 ? '<b>pc</b>' : `NB-${1000 + i}`,
      os: 'Windows 11 24H2',
      onboarding: i % 4 ? 'onboarded' : 'can_be_onboarded',
      ips: [`192.168.${i % 20}.${i}`],
      macs: ['02:00:00:00:00:0a'],
      last_seen: iso(now - i * 60 * minute),
    })),
  })
  const unconnected = (limit: number): UnconnectedList => ({
    total: rows.length,
    items: rows.slice(0, limit).map((device, i) => ({
      device,
      can: i % 3 === 0,
      why:
        i % 3 === 0 ? `runs ${device.os || 'Windows 10'}` : 'industrial or medical device: no agent may be put on it',
    })),
  })
  return {
    items,
    left,
    replays,
    answer: async (method, url, body) => {
      if (method === 'GET' && url.pathname === '/api/v1/integrations') return json({ items })
      const [, list, name, what] = /^\/api\/v1\/(integrations|connectors)\/([^/]+)\/([a-z]+)$/.exec(url.pathname) ?? []
      if (!list) return undefined
      const one = items.find(i => i.name === name)
      const limit = Number(url.searchParams.get('limit') ?? 100)
      if (!one) return problem(404, 'there is no integration of that name')
      switch (`${method} ${list} ${what}`) {
        case 'GET integrations undelivered':
          return json(left)
        case 'POST integrations replay': {
          const { ids } = (await body()) as { ids?: number[] }
          replays.push(ids ?? 'all')
          const gone = ids ? left.items.filter(u => ids.includes(u.id)) : [...left.items]
          left.items = left.items.filter(u => !gone.includes(u))
          one.undelivered = left.items.length
          return json({ events: gone.length })
        }
        case 'POST integrations test':
          return json(
            one.state === 'failing'
              ? { ok: false, error: one.error, remedy: one.remedy }
              : { ok: true, answer: 'the far end took 412 bytes over TLS' },
          )
        case 'GET connectors machines':
          return json(machines(limit))
        case 'GET connectors unconnected':
          return json(unconnected(limit))
      }
      return undefined
    },
  }
}
