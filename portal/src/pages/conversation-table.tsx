import { Link } from 'react-router'
import type { Conversation, Party } from '../api/types.ts'
import { bytes, count, exact, known, plain } from '../parts/format.ts'
import { Icon } from '../parts/icon.tsx'
import { Chip, Said, When } from '../parts/parts.tsx'
import tools from '../table/table.module.css'
import type { Column } from '../table/table.tsx'

export const scopes: Record<string, string> = {
  lan: 'Local',
  other_zone: 'Other zone',
  internet: 'Internet',
  multicast: 'Multicast',
}

const partyName = (p: Party, other?: string) => plain(p.name || other || p.ip || p.mac || '–')

/** Where a host of the internet is, as far as the hub's databases say. */
function Where({ of: p }: { of: Party }) {
  const text = [p.country, p.network ?? (p.asn ? `AS${p.asn}` : undefined)].filter(Boolean).join(' · ')
  return <span title={p.asn ? `AS${p.asn} ${plain(p.network ?? '')}` : undefined}>{plain(text)}</span>
}

function Side({ party, name }: { party: Party; name?: string }) {
  const text = partyName(party, name)
  const title = [party.name, party.ip, party.mac]
    .filter(Boolean)
    .map(x => plain(x ?? ''))
    .join('\n')
  const other = name ?? party.name ?? party.ip ?? party.mac ?? ''
  // What is no device here has no page: who talks to it is what there is to ask.
  const to = party.id
    ? `/devices/${encodeURIComponent(party.id)}`
    : other.length > 0 && other.length <= longestSearch && `/conversations?q=${encodeURIComponent(other)}`
  return to ? (
    <Link to={to} title={party.id ? title : `${title}\nWho talks to it`}>
      {text}
    </Link>
  ) : (
    <span title={title}>{text}</span>
  )
}

/** What the hub takes as a search. */
const longestSearch = 200

const sum = (pair: number[]) => (pair[0] ?? 0) + (pair[1] ?? 0)

function port(c: Conversation): string {
  if (c.port === undefined) return c.transport
  return c.transport === 'ethernet' ? `0x${c.port.toString(16).padStart(4, '0')}` : `${c.transport}/${c.port}`
}

/** The commonest of a conversation's operations first. */
function operations(c: Conversation): [string, number][] {
  return Object.entries(c.operations).sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]))
}

const columns: Column<Conversation>[] = [
  { id: 'client', label: 'Client', sort: 'client', width: 190, cell: c => <Side party={c.client} /> },
  { id: 'client_ip', label: 'Client address', width: 140, cell: c => <Said text={c.client.ip ?? c.client.mac} /> },
  {
    id: 'server',
    label: 'Server',
    sort: 'server',
    width: 190,
    cell: c => <Side party={c.server} name={c.server_name} />,
  },
  {
    id: 'place',
    label: 'Where',
    width: 170,
    cell: c => <Where of={c.server.country || c.server.network ? c.server : c.client} />,
  },
  { id: 'server_ip', label: 'Server address', width: 140, cell: c => <Said text={c.server.ip ?? c.server.mac} /> },
  {
    id: 'protocol',
    label: 'Protocol',
    sort: 'protocol',
    width: 110,
    cell: c => (c.protocol ? <Chip>{c.protocol}</Chip> : <span className="quiet">not known</span>),
  },
  { id: 'port', label: 'Port', sort: 'port', width: 100, cell: c => port(c) },
  {
    id: 'server_name',
    label: 'Server name',
    sort: 'server_name',
    width: 180,
    cell: c => <Said text={c.server_name} />,
  },
  { id: 'scope', label: 'Scope', width: 100, cell: c => <Scope scope={c.scope} /> },
  {
    id: 'operations',
    label: 'Operations',
    width: 220,
    cell: c => {
      const all = operations(c)
      if (all.length === 0) return <span className="quiet">–</span>
      return (
        <span title={all.map(([name, n]) => `${plain(name)}: ${exact(n)}`).join('\n')}>
          {all
            .slice(0, 2)
            .map(([name, n]) => `${plain(name)} × ${count(n)}`)
            .join(', ')}
          {all.length > 2 && <span className="quiet"> +{all.length - 2}</span>}
        </span>
      )
    },
  },
  { id: 'sessions', label: 'Sessions', width: 90, end: true, cell: c => exact(c.sessions) },
  {
    id: 'packets',
    label: 'Packets',
    sort: 'packets',
    width: 100,
    end: true,
    cell: c => (
      <span title={`${exact(c.packets[0])} from client, ${exact(c.packets[1])} from server`}>
        {count(sum(c.packets))}
      </span>
    ),
  },
  {
    id: 'bytes',
    label: 'Bytes',
    sort: 'bytes',
    width: 100,
    end: true,
    cell: c => (
      <span title={`${bytes(c.bytes[0])} from client, ${bytes(c.bytes[1])} from server`}>{bytes(sum(c.bytes))}</span>
    ),
  },
  { id: 'first_seen', label: 'First seen', sort: 'first_seen', width: 110, cell: c => <When at={c.first_seen} /> },
  { id: 'last_seen', label: 'Last seen', sort: 'last_seen', width: 110, cell: c => <When at={c.last_seen} /> },
]

export function Scope({ scope }: { scope: string }) {
  return scope === 'internet' ? (
    <Chip tone="warn">
      <Icon name="globe" size={12} />
      Internet
    </Chip>
  ) : (
    <Chip>{known(scopes, scope) ?? scope}</Chip>
  )
}

function Compact({ c }: { c: Conversation }) {
  return (
    <div className={tools.compact}>
      <Icon name={c.scope === 'internet' ? 'globe' : 'conversations'} size={22} />
      <span className="clip">
        <Side party={c.client} /> → <Side party={c.server} name={c.server_name} />
      </span>
      <span className="quiet">
        <When at={c.last_seen} />
      </span>
      <span className="clip">
        {[plain(c.protocol ?? ''), port(c), bytes(sum(c.bytes))].filter(Boolean).join(' · ')}
      </span>
    </div>
  )
}

const idOf = (c: Conversation, i: number) =>
  `${i} ${c.client.id ?? c.client.ip ?? c.client.mac} ${c.server.id ?? c.server.ip ?? c.server.mac} ${c.transport} ${c.port} ${c.protocol} ${c.server_name}`

/** Conversations as rows of a list. */
export const conversationRows = {
  label: 'Conversations',
  name: 'conversations',
  columns,
  rowId: idOf,
  compact: (c: Conversation) => <Compact c={c} />,
}
