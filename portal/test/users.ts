import type { Factor } from '../src/api/factor.ts'
import type { AuditRecord, OwnSession, Token, User } from '../src/api/types.ts'

/** The part of the double that is about people: users, tokens, sessions, the audit log. */
export interface People {
  users: User[]
  tokens: Token[]
  sessions: OwnSession[]
  audit: AuditRecord[]
  sites: { id: string; title?: string }[]
  /** The second factor of who is signed in; on from its confirmation on. */
  factor: Factor
  /** Answers a request, undefined if it is about something else. */
  answer(method: string, url: URL, body: () => Promise<unknown>): Promise<Response | undefined>
}

type Say = {
  json: (body: unknown, status?: number) => Response
  problem: (status: number, detail: string, errors?: { location: string; message: string }[]) => Response
}

/** The code that is right, and what else a second factor has. */
export const goodCode = '492039'
const secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
const recovery = Array.from({ length: 10 }, (_, i) => `k3pqx-${i}mzfd-aa2cv`)
const picture =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAIAAAACAQAAAABazTCJAAAADElEQVR4nGNgYHAAAADEAGFAkpZ7AAAAAElFTkSuQmCC'

const names = ['admin', 'bea.hofer', 'c.nagy@example.org', 'dmitri', 'eve', 'graz-shift']

export function people(now: number, say: Say, password: () => string, chosen: (p: string) => void): People {
  const at = (minutes: number) => new Date(now - minutes * 60_000).toISOString()
  const hash = (n: number) => n.toString(16).padStart(64, '5f3c9ab0')
  const users: User[] = names.map((name, i) => ({
    name,
    role: (['admin', 'admin', 'analyst', 'analyst', 'viewer', 'viewer'] as const)[i] ?? 'viewer',
    all_sites: i < 3,
    sites: i < 3 ? [] : i === 3 ? ['graz', 'linz'] : ['graz'],
    disabled: i === 4,
    vouched: i === 2,
    second_factor: i === 1,
    created: at(90_000 + i * 1440),
    ...(i === 5 ? { temporary: at(-4000) } : { seen: at(i * 700 + 3) }),
  }))
  const tokens: Token[] = [
    {
      id: 't1',
      name: 'siem',
      role: 'viewer',
      all_sites: true,
      sites: [],
      created: at(40_000),
      used: at(2),
      expires: at(-90_000),
      expired: false,
    },
    {
      id: 't2',
      name: 'nightly-report',
      role: 'analyst',
      all_sites: false,
      sites: ['graz'],
      created: at(300_000),
      expires: at(100),
      expired: true,
    },
  ]
  const agent = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36'
  const sessions: OwnSession[] = [
    { id: 's1', created: at(50), used: at(0), expires: at(-600), from: '192.0.2.7', agent, current: true },
    { id: 's2', created: at(300), used: at(20), expires: at(-200), from: '198.51.100.23', agent, current: false },
  ]
  const what = ['session.create', 'user.change', 'alert.close', 'token.create', 'session.create', 'user.create']
  const audit: AuditRecord[] = Array.from({ length: 240 }, (_, i) => {
    const n = 240 - i
    const w = what[n % 6] ?? ''
    return {
      number: n,
      time: at(i * 17),
      who: n % 7 === 0 ? 'admin token:t1' : (names[n % 5] ?? ''),
      from: `192.0.2.${n % 20}`,
      what: w,
      object: w.startsWith('user')
        ? 'eve: viewer, sites graz → eve: analyst, sites graz linz'
        : w.startsWith('alert')
          ? 'a1'
          : '',
      outcome: n % 9 === 0 ? 'refused: your role does not allow this' : 'ok',
      hash: hash(n),
    }
  })
  const sites = [
    { id: 'graz', title: 'Graz' },
    { id: 'linz', title: 'Linz, hall 2' },
    { id: 'wien', title: 'Wien' },
  ]
  const refuse = (field: string, message: string, status = 422) =>
    say.problem(status, 'validation failed', [{ location: `body.${field}`, message }])
  const p: People = {
    users,
    tokens,
    sessions,
    audit,
    sites,
    factor: { policy: 'optional', on: false, required: false, recovery_left: 0 },
    answer: async (method, url, body) => {
      const path = url.pathname.replace('/api/v1/', '')
      const [kind = '', id = '', more = ''] = path.split('/').map(decodeURIComponent)
      const user = p.users.find(u => u.name === id)
      switch (`${method} ${kind}${id ? '/x' : ''}${more ? `/${more}` : ''}`) {
        case 'GET users':
          return say.json({ items: p.users, sites: p.sites })
        case 'POST users': {
          const b = (await body()) as User
          if (p.users.some(u => u.name === b.name))
            return say.problem(409, 'the name is taken; choose another one', [
              { location: 'body.name', message: 'is taken' },
            ])
          const made: User = {
            name: b.name,
            role: b.role,
            all_sites: b.all_sites,
            sites: b.sites ?? [],
            disabled: false,
            vouched: false,
            second_factor: false,
            created: at(0),
            temporary: at(-4320),
          }
          p.users.push(made)
          return say.json({ user: made, password: 'k3pqx-7mzfd-aa2cv-9twhe' })
        }
        case 'PATCH users/x':
          if (!user) return say.problem(404, 'there is no user of that name')
          if (id === 'admin') return say.problem(409, 'that is your own account; ask another administrator')
          Object.assign(user, await body())
          return say.json(user)
        case 'DELETE users/x':
          if (id === 'bea.hofer')
            return say.problem(
              409,
              'no administrator of all sites with a password would be left; make another one first',
            )
          p.users = p.users.filter(u => u.name !== id)
          return new Response(null, { status: 204 })
        case 'POST users/x/password':
          return user
            ? say.json({ user, password: 'w8nnb-c4rre-k2ysq-h6jpa' })
            : say.problem(404, 'there is no user of that name')
        case 'GET tokens':
          return say.json({ items: p.tokens })
        case 'POST tokens': {
          const b = (await body()) as Token & { days: number }
          const { days, ...rest } = b
          const made: Token = {
            ...rest,
            sites: b.sites ?? [],
            id: `t${p.tokens.length + 1}`,
            created: at(0),
            expires: at(-1440 * days),
            expired: false,
          }
          p.tokens.unshift(made)
          return say.json({ token: made, text: 'tyto_Zm9yLXRlc3RzLWFuZC1ub3RoaW5nLWVsc2UtYXQtYWxs' })
        }
        case 'DELETE tokens/x':
          p.tokens = p.tokens.filter(t => t.id !== id)
          return new Response(null, { status: 204 })
        case 'GET sessions':
          return say.json({ items: p.sessions })
        case 'DELETE sessions':
          p.sessions = p.sessions.filter(s => s.current)
          return new Response(null, { status: 204 })
        case 'DELETE sessions/x':
          p.sessions = p.sessions.filter(s => s.id !== id)
          return new Response(null, { status: 204 })
        case 'PUT session/x': {
          const b = (await body()) as { old: string; password: string }
          if (b.old !== password())
            return say.problem(422, 'validation failed', [
              { location: 'body.old', message: 'that is not your password now' },
            ])
          chosen(b.password)
          return new Response(null, { status: 204 })
        }
        case 'GET me/x':
          return say.json(p.factor)
        case 'POST me/x': {
          const b = (await body()) as { password: string }
          if (b.password !== password()) return refuse('password', 'that is not your password')
          return say.json({ secret, uri: `otpauth://totp/Tyto:admin?secret=${secret}&issuer=Tyto`, qr: picture })
        }
        case 'POST me/x/confirm': {
          const b = (await body()) as { code: string }
          if (b.code !== goodCode) return refuse('code', 'is wrong, or was used before', 401)
          p.factor = { ...p.factor, on: true, confirmed: at(0), recovery_left: recovery.length }
          return say.json({ recovery_codes: recovery })
        }
        case 'POST me/x/recovery':
        case 'POST me/x/end': {
          const b = (await body()) as { password: string; code: string }
          if (b.password !== password()) return refuse('password', 'that is not your password')
          if (b.code !== goodCode) return refuse('code', 'is wrong, or was used before', 401)
          if (more === 'recovery') return say.json({ recovery_codes: recovery })
          p.factor = { policy: p.factor.policy, on: false, required: p.factor.required, recovery_left: 0 }
          return new Response(null, { status: 204 })
        }
        case 'DELETE users/x/totp':
          if (user) user.second_factor = false
          return new Response(null, { status: 204 })
        case 'GET audit': {
          const has = (k: string) => url.searchParams.get(k) ?? ''
          const found = p.audit.filter(
            r =>
              (!has('who') || r.who === has('who')) &&
              (!has('what') || (has('what').endsWith('.') ? r.what.startsWith(has('what')) : r.what === has('what'))) &&
              (!has('q') || JSON.stringify(r).toLowerCase().includes(has('q').toLowerCase())) &&
              (!has('since') || r.time >= has('since')) &&
              (!has('before') || r.time < has('before')),
          )
          const offset = Number(has('offset') || 0)
          return say.json({ items: found.slice(offset, offset + Number(has('limit') || 100)), total: found.length })
        }
        case 'GET audit/x':
          return say.json({ whole: true, records: p.audit.length, head: hash(240), time: at(0), noted: true })
      }
      return undefined
    },
  }
  return p
}
