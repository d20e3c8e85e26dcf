import { TextInput } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { lazy, type ReactNode, Suspense, useMemo, useState } from 'react'
import { Link, useParams } from 'react-router'
import { Problem } from '../api/client.ts'
import { useChanges } from '../api/live.ts'
import { type ConversationSort, conversationsPage, device } from '../api/queries.ts'
import type { Claim, Conversation, ConversationList, DeviceDetail, DeviceRow, Device as Whole } from '../api/types.ts'
import { nameOf } from '../parts/device.ts'
import { attributeName, bytes, count, date, exact, known, moment, plain, typeName } from '../parts/format.ts'
import { DeviceIcon, Icon } from '../parts/icon.tsx'
import { Bones, Card, CategoryChip, Chip, Confidence, Copy, Empty, Failure, When } from '../parts/parts.tsx'
import { Page } from '../shell/shell.tsx'
import type { ColumnState } from '../table/state.ts'
import { RemoteTable } from '../table/table.tsx'
import { DeviceAlerts } from './alert-rows.tsx'
import { Acts, Programming, Rack } from './controller.tsx'
import { conversationRows } from './conversation-table.tsx'
import { Decisions, Findings } from './decide-device.tsx'
import { lastList } from './devices.tsx'
import { BeliefRow, ClaimTable, inOrder } from './evidence.tsx'
import css from './pages.module.css'

const History = lazy(() => import('../chart/history.tsx'))

export default function Device() {
  const { id = '' } = useParams()
  const found = useQuery(device(id))
  const above = { to: lastList, text: 'Devices' }
  if (found.data) return <Found key={id} detail={found.data} above={above} />
  if (found.error instanceof Problem && found.error.status === 404)
    return (
      <Page title="Not found" above={above}>
        <Empty icon="unknown" title="There is no device of that id" action={<Link to="/devices">All devices</Link>}>
          It may have been merged into another, since new evidence showed that the two are one. Search for its name or
          its address.
        </Empty>
      </Page>
    )
  return (
    <Page title={found.isError ? 'Device' : 'Loading…'} above={above}>
      {found.isError ? <Failure error={found.error} retry={() => void found.refetch()} /> : <Waiting />}
    </Page>
  )
}

function Found({ detail, above }: { detail: DeviceDetail; above: { to: string; text: string } }) {
  const { device: d, row } = detail
  return (
    <Page title={nameOf(row)} above={above}>
      <div className={css.pad}>
        <Head d={d} row={row} />
        <DeviceAlerts id={d.id} />
        <div className={css.columns}>
          <div className={`${css.wide} ${css.natural}`}>
            <Identity d={d} />
          </div>
          <div className={css.stack}>
            <Findings d={d} />
            <Decisions d={d} />
            <Interfaces d={d} />
            <Services d={d} />
            <Protocols d={d} />
          </div>
          <div className={css.full}>
            <Rack d={d} />
          </div>
          <div className={css.full}>
            <Programming d={d} />
          </div>
          <div className={css.full}>
            <Card title="Over time" flush>
              <Suspense fallback={<Bones lines={4} />}>
                <History of={{ device: d.id }} />
              </Suspense>
            </Card>
          </div>
          <div className={css.full}>
            <Tabs d={d} />
          </div>
        </div>
      </div>
    </Page>
  )
}

type Tone = 'ok' | 'warn' | 'bad'

/** How a controller stands; what lets a program be changed is a warning. */
const states: [string, Record<string, Tone>][] = [
  ['mode', { run: 'ok', 'remote run': 'ok', program: 'warn', stop: 'warn', fault: 'bad' }],
  ['key', { run: 'ok', program: 'warn', remote: 'warn', 'run-p': 'warn' }],
  ['protection', { none: 'warn' }],
]

function Head({ d, row }: { d: Whole; row: DeviceRow }) {
  const made = [row.vendor, row.model]
    .filter(Boolean)
    .map(x => plain(x ?? ''))
    .join(' ')
  return (
    <Card flush>
      <div className={css.identity}>
        <span className={css.portrait}>
          <DeviceIcon type={row.type} category={row.category} size={34} />
        </span>
        <div className={css.identityText}>
          <h2>{nameOf(row)}</h2>
          <div className={css.identityLine}>
            <CategoryChip category={row.category} />
            <span>{row.type ? row.type_name || typeName(row.type) : 'Not identified yet'}</span>
            <Confidence word={row.confidence} />
            {made && made !== nameOf(row) && <span className="quiet">· {made}</span>}
          </div>
        </div>
        <dl className={css.facts}>
          <Fact name="IP address">
            <Link to={`/devices?q=${encodeURIComponent(row.ip ?? '')}`}>{row.ip ?? '–'}</Link>
            {row.ip && <Copy text={row.ip} label="Copy the IP address" />}
          </Fact>
          <Fact name="MAC address">
            {row.mac ?? '–'}
            {row.mac && <Copy text={row.mac} label="Copy the MAC address" />}
          </Fact>
          {states.map(([attribute, tones]) => {
            const b = d.beliefs[attribute]
            const tone = b && known(tones, b.value)
            return (
              b && (
                <Fact key={attribute} name={attributeName(attribute)}>
                  <Chip {...(tone ? { tone } : {})}>{b.value}</Chip>
                </Fact>
              )
            )
          })}
          {row.zone && <Fact name="Zone">{plain(row.zone)}</Fact>}
          <Fact name="First seen">
            <When at={d.first} />
          </Fact>
          <Fact name="Last seen">
            <When at={d.last} />
          </Fact>
          <Fact name="Sent">
            <span title={`${exact(d.bytes)} bytes, ${exact(d.packets)} packets`}>
              {bytes(d.bytes)} in {count(d.packets)} packets
            </span>
          </Fact>
        </dl>
      </div>
    </Card>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function Identity({ d }: { d: Whole }) {
  const beliefs = inOrder(d.beliefs)
  return (
    <Card title="Identity, and why" flush>
      {beliefs.length > 0 ? (
        <ul>
          {beliefs.map(b => (
            <BeliefRow key={b.attribute} belief={b} claims={d.evidence.filter(c => c.attribute === b.attribute)} />
          ))}
        </ul>
      ) : (
        <Empty icon="unknown" title="Nothing is known yet but its address">
          It has said nothing about itself in the traffic that was heard. More protocols, or a sensor closer to it,
          would tell more.
        </Empty>
      )}
    </Card>
  )
}

function Interfaces({ d }: { d: Whole }) {
  return (
    <Card title={`Interfaces (${d.interfaces.length})`} flush>
      <ul className={css.rows}>
        {d.interfaces.map(i => (
          <li key={i.mac || i.ips?.[0]?.ip} style={{ padding: '10px 16px' }}>
            <div className={css.identityLine} style={{ margin: 0 }}>
              <strong>{i.mac || 'MAC address not seen'}</strong>
              {(i.vlans ?? []).map(v => (
                <Chip key={v}>VLAN {v}</Chip>
              ))}
            </div>
            {i.vendor && <div className="quiet">{plain(i.vendor)}</div>}
            {!i.mac && <div className="quiet">Behind a router: only its address is known here.</div>}
            <ul>
              {(i.ips ?? []).map(a => (
                <li key={`${a.ip} ${a.from}`} className={css.identityLine} style={{ justifyContent: 'space-between' }}>
                  <span style={{ overflowWrap: 'anywhere' }}>{a.ip}</span>
                  <span className="quiet" title={`from ${moment(a.from)} to ${moment(a.to)}`}>
                    <Confidence word={a.confidence} bare /> <When at={a.from} />
                    {date(a.from) !== date(a.to) && (
                      <>
                        {' – '}
                        <When at={a.to} />
                      </>
                    )}
                  </span>
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
    </Card>
  )
}

function Services({ d }: { d: Whole }) {
  const services = d.services ?? []
  return (
    <Card title={`Services (${services.length})`} flush={services.length > 0}>
      {services.length === 0 ? (
        <p className="quiet">It has not been heard answering on any port.</p>
      ) : (
        <table className={css.plain}>
          <thead>
            <tr>
              <th scope="col">Port</th>
              <th scope="col">Protocol</th>
              <th scope="col">Product</th>
            </tr>
          </thead>
          <tbody>
            {services.map(s => (
              <tr key={`${s.transport} ${s.port} ${s.protocol}`}>
                <td className={css.fixed}>
                  {s.transport}/{s.port}
                </td>
                <td>{s.protocol || <span className="quiet">not known</span>}</td>
                <td>{s.product ? plain(s.product) : <span className="quiet">–</span>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  )
}

function Protocols({ d }: { d: Whole }) {
  const [protocols, roles] = [d.protocols ?? [], d.roles ?? []]
  if (protocols.length + roles.length === 0) return null
  return (
    <Card title="Speaks and serves">
      <div className={css.identityLine} style={{ margin: 0 }}>
        {roles.map(r => (
          <Chip key={r} tone="ok">
            {plain(r)}
          </Chip>
        ))}
        {protocols.map(p => (
          <Chip key={p}>{plain(p)}</Chip>
        ))}
      </div>
    </Card>
  )
}

function Tabs({ d }: { d: Whole }) {
  const tabs = [
    { id: 'conversations', text: 'Conversations', body: <Talks id={d.id} /> },
    { id: 'acts', text: 'Acts', body: <Acts d={d} /> },
    { id: 'evidence', text: `All evidence (${d.evidence.length})`, body: <AllEvidence claims={d.evidence} /> },
  ]
  const [at, setAt] = useState(0)
  return (
    <Card flush>
      <div
        className={css.tabs}
        role="tablist"
        aria-label="More of this device"
        onKeyDown={e => {
          const by = e.key === 'ArrowRight' ? 1 : e.key === 'ArrowLeft' ? tabs.length - 1 : 0
          if (by === 0) return
          const next = (at + by) % tabs.length
          setAt(next)
          document.getElementById(`tab-${tabs[next]?.id}`)?.focus()
        }}
      >
        {tabs.map((t, i) => (
          <button
            key={t.id}
            id={`tab-${t.id}`}
            type="button"
            role="tab"
            aria-selected={at === i}
            aria-controls="tab-panel"
            tabIndex={at === i ? 0 : -1}
            onClick={() => setAt(i)}
          >
            {t.text}
          </button>
        ))}
      </div>
      <div id="tab-panel" role="tabpanel" aria-labelledby={`tab-${tabs[at]?.id}`}>
        {tabs[at]?.body}
      </div>
    </Card>
  )
}

const talkColumns = ['client', 'server', 'protocol', 'port', 'scope', 'operations', 'bytes', 'last_seen']
const talkColumnsSmall = ['client', 'server', 'protocol', 'bytes', 'last_seen']

const sorts = conversationRows.columns.flatMap(c => (c.sort ? [c.sort as ConversationSort] : []))

function Talks({ id }: { id: string }) {
  const [by, setBy] = useState<{ sort: ConversationSort; order: 'asc' | 'desc' }>({ sort: 'last_seen', order: 'desc' })
  const [widths, setWidths] = useState<Record<string, number>>({})
  const [total, setTotal] = useState<number>()
  const narrow = useMediaQuery('(max-width: 640px)', false, { getInitialValueInEffect: false })
  const small = useMediaQuery('(max-width: 1100px)', false, { getInitialValueInEffect: false })
  const changes = useChanges('overview') // traffic is news of the overview
  const state: ColumnState = useMemo(
    () => ({ shown: small ? talkColumnsSmall : talkColumns, setShown: () => {}, reset: () => {}, widths, setWidths }),
    [widths, small],
  )
  const source = useMemo(
    () => ({
      id: `${id} ${by.sort} ${by.order}`,
      page: (offset: number, limit: number) => conversationsPage({ device: id, ...by }, offset, limit),
    }),
    [id, by],
  )
  return (
    <>
      <div
        style={{
          display: 'flex',
          height: total === 0 ? 'auto' : Math.min(480, (total ?? 6) * (narrow ? 60 : 40) + 52),
        }}
      >
        <RemoteTable<Conversation, ConversationList>
          {...conversationRows}
          {...by}
          setSort={(s, order) => setBy({ sort: sorts.find(x => x === s) ?? 'last_seen', order })}
          state={state}
          source={source}
          changes={changes}
          told={p => !p.loading && p.total !== total && setTotal(p.total)}
          empty={
            <Empty icon="conversations" title="No conversations kept">
              It was heard, but in nothing that is a conversation, or what it said is older than what is kept.
            </Empty>
          }
        />
      </div>
      {total !== undefined && total > 0 && (
        <div className={css.panelTools}>
          <Link className={css.pair} to={`/conversations?device=${encodeURIComponent(id)}`}>
            {total === 1 ? 'Open it' : `Open all ${exact(total)}`} in Conversations <Icon name="right" size={12} />
          </Link>
        </div>
      )}
    </>
  )
}

const most = 200

function AllEvidence({ claims }: { claims: Claim[] }) {
  const [text, setText] = useState('')
  const [all, setAll] = useState(false)
  const wanted = text.trim().toLowerCase()
  const found = claims.filter(c =>
    [
      attributeName(c.attribute),
      c.attribute,
      c.value,
      c.confidence,
      c.evidence.protocol,
      c.evidence.field,
      c.evidence.capture ?? '',
      c.evidence.sensor ?? '',
    ].some(x => x.toLowerCase().includes(wanted)),
  )
  return (
    <>
      <div className={css.panelTools}>
        <TextInput
          size="sm"
          aria-label="Filter evidence"
          placeholder="Filter by attribute, value, protocol, field"
          leftSection={<Icon name="filter" size={15} />}
          value={text}
          onChange={e => setText(e.currentTarget.value)}
          style={{ flex: '0 1 360px' }}
        />
        <span className="quiet" role="status">
          {exact(found.length)} of {exact(claims.length)}
        </span>
      </div>
      {found.length > 0 ? (
        <ClaimTable claims={all ? found : found.slice(0, most)} withAttribute />
      ) : (
        <Empty title="No evidence fits">Try a shorter word.</Empty>
      )}
      {!all && found.length > most && (
        <div className={css.panelTools}>
          <button type="button" className={css.more} onClick={() => setAll(true)}>
            Show all {exact(found.length)}
          </button>
        </div>
      )}
    </>
  )
}

function Waiting() {
  return (
    <div className={css.pad}>
      <Card>
        <Bones lines={2} />
      </Card>
      <div className={css.columns}>
        <div className={css.wide}>
          <Card>
            <Bones lines={9} />
          </Card>
        </div>
        <Card>
          <Bones lines={5} />
        </Card>
      </div>
    </div>
  )
}
