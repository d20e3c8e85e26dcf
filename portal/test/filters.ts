import type { SavedFilter } from '../src/api/filters.ts'

/** The part of the double that is about saved filters. */
export interface Filters {
  items: SavedFilter[]
  /** Answers a request, undefined if it is about something else. */
  answer(method: string, url: URL, body: () => Promise<unknown>): Promise<Response | undefined>
}

type Say = {
  json: (body: unknown, status?: number) => Response
  problem: (status: number, detail: string) => Response
}

export function filters(now: number, say: Say): Filters {
  const changed = new Date(now - 3_600_000).toISOString()
  const items: SavedFilter[] = [
    {
      list: 'devices',
      name: 'Cameras of the plant',
      search: 'type=ip_camera',
      shared: true,
      owner: 'bea.hofer',
      own: false,
      changed,
    },
  ]
  return {
    items,
    answer: async (method, url, body) => {
      const [, list = '', name = ''] = /^\/api\/v1\/filters(?:\/([^/]+)\/([^/]+))?$/.exec(url.pathname) ?? []
      if (!url.pathname.startsWith('/api/v1/filters')) return undefined
      if (!list) return say.json({ items })
      const called = decodeURIComponent(name)
      const at = items.findIndex(f => f.own && f.list === list && f.name === called)
      if (method === 'PUT') {
        const { search, shared } = (await body()) as Pick<SavedFilter, 'search' | 'shared'>
        items.splice(at < 0 ? items.length : at, 1, {
          list,
          name: called,
          search,
          shared,
          owner: 'admin',
          own: true,
          changed,
        })
        return new Response(null, { status: 204 })
      }
      if (method !== 'DELETE' || at < 0) return say.problem(404, 'you have no filter of that name')
      items.splice(at, 1)
      return new Response(null, { status: 204 })
    },
  }
}
