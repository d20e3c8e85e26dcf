import { useMemo, useState } from 'react'
import { Link } from 'react-router'
import type { MapDevice, MapLink } from '../api/types.ts'
import { scopes } from '../pages/conversation-table.tsx'
import { bytes, count, exact, plain } from '../parts/format.ts'
import { Icon } from '../parts/icon.tsx'
import { Empty, When } from '../parts/parts.tsx'
import { useColumns } from '../table/state.ts'
import tools from '../table/table.module.css'
import { type Column, RemoteTable } from '../table/table.tsx'
import { endName, endsOf, finds } from './model.ts'

/** A link with the names of its ends. */
interface Row {
  link: MapLink
  client: string
  server: string
}

const protocols = (l: MapLink) => l.protocols.map(p => (p.protocol ? plain(p.protocol) : 'not known')).join(', ')

function End({ id, name }: { id: string | undefined; name: string }) {
  return id ? <Link to={`/devices/${encodeURIComponent(id)}`}>{name}</Link> : <span>{name}</span>
}

const columns: Column<Row>[] = [
  { id: 'client', label: 'Client', sort: 'client', width: 220, cell: r => <End id={r.link.client} name={r.client} /> },
  { id: 'server', label: 'Server', sort: 'server', width: 220, cell: r => <End id={r.link.server} name={r.server} /> },
  { id: 'scope', label: 'Scope', sort: 'scope', width: 110, cell: r => scopes[r.link.scope] ?? r.link.scope },
  { id: 'protocols', label: 'Protocols', sort: 'protocols', width: 220, cell: r => protocols(r.link) },
  {
    id: 'conversations',
    label: 'Conversations',
    sort: 'conversations',
    width: 130,
    end: true,
    cell: r => exact(r.link.conversations),
  },
  { id: 'bytes', label: 'Bytes', sort: 'bytes', width: 100, end: true, cell: r => bytes(r.link.bytes) },
  { id: 'last_seen', label: 'Last seen', sort: 'last_seen', width: 120, cell: r => <When at={r.link.last_seen} /> },
]
const all = columns.map(c => c.id)

const keyOf = (r: Row, by: string): string | number => {
  switch (by) {
    case 'client':
    case 'server':
      return r[by].toLowerCase()
    case 'protocols':
      return protocols(r.link)
    case 'scope':
    case 'last_seen':
      return r.link[by]
    case 'conversations':
      return r.link.conversations
    default:
      return r.link.bytes
  }
}

interface Props {
  links: readonly MapLink[]
  devices: ReadonlyMap<string, MapDevice>
  q: string
}

/** The map as a table: each of its links, for who reads rather than looks. */
export function LinkTable({ links, devices, q }: Props) {
  const [sort, setSort] = useState<{ by: string; order: 'asc' | 'desc' }>({ by: 'bytes', order: 'desc' })
  const shown = useColumns('map', all, all)
  const rows = useMemo(() => {
    const fits = (id: string | undefined) => {
      const d = id ? devices.get(id) : undefined
      return d !== undefined && finds(d, q)
    }
    const found = links
      .filter(l => !q || fits(l.client) || fits(l.server))
      .map(link => {
        const [client, server] = endsOf(link)
        return { link, client: endName(client, devices), server: endName(server, devices) }
      })
    const way = sort.order === 'asc' ? 1 : -1
    return found.sort((a, b) => {
      const [x, y] = [keyOf(a, sort.by), keyOf(b, sort.by)]
      return x === y ? 0 : x < y ? -way : way
    })
  }, [links, devices, q, sort])
  const source = useMemo(() => {
    const id = `${Date.now()} ${rows.length}`
    return {
      id,
      page: (offset: number, limit: number) => ({
        queryKey: ['map-links', id, offset, limit] as const,
        queryFn: async () => ({ items: rows.slice(offset, offset + limit), total: rows.length }),
      }),
    }
  }, [rows])
  return (
    <RemoteTable<Row, { items: Row[]; total: number }>
      label="Links of the map"
      name="map-links"
      columns={columns}
      state={shown}
      source={source}
      sort={sort.by}
      order={sort.order}
      setSort={(by, order) => setSort({ by, order })}
      rowId={r => `${r.link.client}\n${r.link.server}\n${r.link.scope}`}
      compact={r => (
        <div className={tools.compact}>
          <Icon name={r.link.scope === 'internet' ? 'globe' : 'conversations'} size={22} />
          <span className="clip">
            <End id={r.link.client} name={r.client} /> → <End id={r.link.server} name={r.server} />
          </span>
          <span className="quiet">{bytes(r.link.bytes)}</span>
          <span className="clip">
            {protocols(r.link)} · {count(r.link.conversations)}
          </span>
        </div>
      )}
      changes={0}
      empty={<Empty title="No link fits">No conversation among these devices was heard. Take a filter away.</Empty>}
    />
  )
}
