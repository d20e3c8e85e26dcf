import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import {
  baselines,
  type Fact,
  type FactFilter,
  type FactList,
  factsPage,
  forgetFact,
  learnZone,
  type Mute,
  mutes,
  operateZone,
  unmute,
  type ZoneBaseline,
} from '../api/baseline.ts'
import { queries } from '../api/queries.ts'
import { partyText } from '../parts/alert.ts'
import { categoryName, count, exact, plain, typeName } from '../parts/format.ts'
import { Card, Chip, Empty, StateChip, When } from '../parts/parts.tsx'
import { Page } from '../shell/shell.tsx'
import { ListView } from '../table/list.tsx'
import tools from '../table/table.module.css'
import type { Column } from '../table/table.tsx'
import css from './pages.module.css'
import own from './triage.module.css'
import { useDecides } from './triage.tsx'

const filters = ['kind', 'status', 'zone', 'device'] as const

const kinds: Record<string, string> = {
  device: 'Device',
  conversation: 'Conversation',
  operation: 'Operation',
  destination: 'Destination',
  identity: 'Identity',
}

const states: Record<string, { text: string; title: string; tone?: 'ok' | 'warn' | 'bad' }> = {
  usual: { text: 'Usual', title: 'Part of the baseline', tone: 'ok' },
  deviates: { text: 'Deviates', title: 'Not part of the baseline: an alert tells of it', tone: 'warn' },
  ignored: { text: 'Ignored', title: 'Not part of the baseline, and muted' },
}

/** What a fact says, in words. */
function words(f: Fact): string {
  if (f.kind === 'device') return categoryName(f.what)
  const what = f.kind === 'identity' ? f.what?.replace(/^type (\w+)/, (_, id) => `type ${typeName(id)}`) : f.what
  return [f.verb, what].filter(Boolean).join(', ') || '–'
}

function PartyLink({ of: p }: { of: Fact['peer'] }) {
  if (!p.id && !p.name && !p.ip && !p.mac) return <>–</>
  return p.id ? <Link to={`/devices/${encodeURIComponent(p.id)}`}>{partyText(p)}</Link> : partyText(p)
}

function Forget({ fact: f }: { fact: Fact }) {
  const made = useMutation({
    mutationFn: () => forgetFact(f.zone, f.id),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ['facts'] }),
  })
  if (!useDecides()) return null
  return (
    <button
      type="button"
      className={tools.facet}
      disabled={made.isPending || made.isSuccess}
      title="It is alerted of when it occurs again"
      onClick={() => made.mutate()}
    >
      {made.isError ? 'Failed' : made.isSuccess ? 'Forgotten' : 'Forget'}
    </button>
  )
}

const columns: Column<Fact>[] = [
  { id: 'kind', label: 'Kind', sort: 'kind', width: 130, cell: f => kinds[f.kind] ?? f.kind },
  { id: 'device', label: 'Device', width: 190, cell: f => <PartyLink of={f.device} /> },
  { id: 'peer', label: 'With', width: 190, cell: f => <PartyLink of={f.peer} /> },
  {
    id: 'what',
    label: 'What',
    sort: 'what',
    width: 240,
    cell: f => <span title={plain(words(f))}>{plain(words(f))}</span>,
  },
  { id: 'protocol', label: 'Protocol', width: 110, cell: f => plain(f.protocol ?? '') },
  {
    id: 'status',
    label: 'Status',
    width: 110,
    cell: f =>
      f.alert && f.status === 'deviates' ? (
        <Link to={`/alerts/${encodeURIComponent(f.alert)}`}>Alert</Link>
      ) : (
        <StateChip of={states[f.status] ?? { text: f.status, title: '' }} />
      ),
  },
  { id: 'by', label: 'Decided by', width: 120, cell: f => plain(f.by ?? 'learnt') },
  {
    id: 'count',
    label: 'Count',
    width: 90,
    end: true,
    cell: f => <span title={exact(f.count)}>{count(f.count)}</span>,
  },
  { id: 'first_seen', label: 'First', sort: 'first_seen', width: 110, cell: f => <When at={f.first_seen} /> },
  { id: 'last_seen', label: 'Last', sort: 'last_seen', width: 110, cell: f => <When at={f.last_seen} /> },
  { id: 'zone', label: 'Zone', width: 110, cell: f => plain(f.zone) },
  { id: 'forget', label: 'Forget', mute: true, width: 110, cell: f => <Forget fact={f} /> },
]
const standard = ['kind', 'device', 'peer', 'what', 'status', 'first_seen', 'last_seen', 'forget']
const standardSmall = ['kind', 'device', 'peer', 'what', 'status']

function Compact({ f }: { f: Fact }) {
  return (
    <div className={tools.compact}>
      <Chip>{kinds[f.kind] ?? f.kind}</Chip>
      <span className="clip">{plain(words(f))}</span>
      <span className="quiet">
        <When at={f.last_seen} />
      </span>
      <span className="clip">{[partyText(f.device), partyText(f.peer)].filter(t => t !== '–').join(' → ')}</span>
    </div>
  )
}

const lengths = [
  [24, 'a day'],
  [168, 'a week'],
  [336, 'two weeks'],
] as const

function Zone({ of: z }: { of: ZoneBaseline }) {
  const decides = useDecides()
  const after = () => void queries.invalidateQueries({ queryKey: ['baselines'] })
  const made = useMutation({
    mutationFn: (hours: number) => (hours > 0 ? learnZone(z.zone, hours) : operateZone(z.zone)),
    // It takes effect with the zone's next step, a second later.
    onSuccess: () => void setTimeout(after, 1500),
  })
  const facts = z.facts.reduce((n, c) => n + c.count, 0)
  const odd = z.statuses.find(c => c.key === 'deviates')?.count ?? 0
  return (
    <section className={own.zone} aria-label={`Zone ${plain(z.zone)}`}>
      <h2>
        {plain(z.zone)}
        <Chip tone={z.learning ? 'warn' : 'ok'}>{z.learning ? 'Learning' : 'Operational'}</Chip>
      </h2>
      <p className="quiet">
        {z.learning ? (
          <>
            What happens becomes usual{z.until ? <>, until </> : '.'}
            {z.until && <When at={z.until} />}
          </>
        ) : (
          <>
            What is not usual is alerted of, since <When at={z.since} />
          </>
        )}
      </p>
      <p>
        {count(facts)} facts
        {odd > 0 && (
          <>
            , <Link to={`/baseline?zone=${encodeURIComponent(z.zone)}&status=deviates`}>{count(odd)} not usual</Link>
          </>
        )}
        {z.latest && (
          <span className="quiet">
            ; the last new one <When at={z.latest} />
          </span>
        )}
      </p>
      {decides && (
        <div className={own.decisions}>
          {z.learning ? (
            <button type="button" className={tools.facet} disabled={made.isPending} onClick={() => made.mutate(0)}>
              Stop learning
            </button>
          ) : (
            lengths.map(([hours, text]) => (
              <button
                key={hours}
                type="button"
                className={tools.facet}
                disabled={made.isPending}
                onClick={() => made.mutate(hours)}
              >
                Learn for {text}
              </button>
            ))
          )}
        </div>
      )}
      {made.isError && <p role="alert">{made.error.message}</p>}
    </section>
  )
}

function Muted({ of: list }: { of: Mute[] }) {
  const decides = useDecides()
  const made = useMutation({
    mutationFn: unmute,
    onSuccess: () => void queries.invalidateQueries({ queryKey: ['mutes'] }),
  })
  if (list.length === 0) return null
  return (
    <Card title="Muted">
      <ul className={own.list}>
        {list.map(m => (
          <li key={m.id}>
            {[m.rule, m.device, m.subnet]
              .filter(Boolean)
              .map(x => plain(x ?? ''))
              .join(', ')}
            <span className="quiet">
              {m.zone ? ` in ${plain(m.zone)}` : ''}, by {plain(m.by)},{' '}
              {m.over ? 'over' : m.expires ? <>until {<When at={m.expires} />}</> : 'for ever'}
              {m.comment ? `: ${plain(m.comment)}` : ''}
            </span>{' '}
            {decides && (
              <button type="button" className={tools.facet} onClick={() => made.mutate(m.id)}>
                End
              </button>
            )}
          </li>
        ))}
      </ul>
      {made.isError && <p role="alert">{made.error.message}</p>}
    </Card>
  )
}

const rows = {
  label: 'Facts',
  name: 'facts',
  columns,
  rowId: (f: Fact) => `${f.zone} ${f.id}`,
  compact: (f: Fact) => <Compact f={f} />,
}

const named = (f: string, v: string) => (f === 'kind' ? (kinds[v] ?? v) : f === 'status' ? (states[v]?.text ?? v) : v)

/** What is usual, zone by zone and fact by fact. */
export default function Baseline() {
  const zones = useQuery(baselines).data?.items ?? []
  const muted = useQuery(mutes).data?.items ?? []
  return (
    <Page title="Baseline" className={css.fill}>
      <div className={own.zones}>
        {zones.map(z => (
          <Zone key={z.zone} of={z} />
        ))}
        <Muted of={muted} />
      </div>
      <ListView<Fact, FactList, FactFilter>
        rows={rows}
        noun="fact"
        search="Search services, operations, addresses"
        standard={standard}
        standardSmall={standardSmall}
        filters={filters}
        facets={{ kind: 'Kind', status: 'Status' }}
        words={named}
        page={factsPage}
        topic="alerts"
        hint="Take a filter away, or search for a part of an address."
        none={
          <Empty icon="check" title="Nothing is learnt yet">
            What devices do becomes usual as soon as a sensor hears them: see <Link to="/sensors">Sensors</Link>.
          </Empty>
        }
      />
    </Page>
  )
}
