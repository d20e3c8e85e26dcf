import { useMediaQuery } from '@mantine/hooks'
import { useMemo, useState } from 'react'
import { Link } from 'react-router'
import { useChanges } from '../api/live.ts'
import { type AlertFilter, type AlertSort, alertsPage } from '../api/queries.ts'
import type { Alert, AlertList } from '../api/types.ts'
import { partyText, severities, statuses } from '../parts/alert.ts'
import { count, exact, plain } from '../parts/format.ts'
import { Icon } from '../parts/icon.tsx'
import { Chip, Empty, Said, StateChip, When } from '../parts/parts.tsx'
import { Page } from '../shell/shell.tsx'
import { useColumns, useListState } from '../table/state.ts'
import tools from '../table/table.module.css'
import { type Column, RemoteTable } from '../table/table.tsx'
import { ColumnMenu, Facet, FilterChips, ListCount, Search, SortSelect } from '../table/tools.tsx'
import css from './pages.module.css'
import own from './triage.module.css'
import { choices, TriageBar, useDecides, useTriage } from './triage.tsx'

const filters = ['severity', 'status', 'rule', 'device'] as const
const sorts: readonly AlertSort[] = ['last_seen', 'first_seen', 'severity', 'count', 'title', 'status']

export function Severity({ word }: { word: string }) {
  const s = severities[word] ?? { text: word }
  return <Chip {...(s.tone ? { tone: s.tone } : {})}>{s.text}</Chip>
}

const to = (a: Alert) => `/alerts/${encodeURIComponent(a.id)}`
const parties = (a: Alert) => a.parties.map(partyText).join(' → ')

const columns: Column<Alert>[] = [
  {
    id: 'title',
    label: 'Alert',
    sort: 'title',
    width: 340,
    cell: a => (
      <span className={own.title}>
        <Link className="clip" to={to(a)}>
          {plain(a.title)}
        </Link>
        {a.children > 0 && <Chip title={`${count(a.children)} alerts came of it`}>+{count(a.children)}</Chip>}
      </span>
    ),
  },
  { id: 'severity', label: 'Severity', sort: 'severity', width: 100, cell: a => <Severity word={a.severity} /> },
  { id: 'parties', label: 'Devices', width: 260, cell: a => <span title={parties(a)}>{parties(a)}</span> },
  { id: 'detail', label: 'Seen', width: 260, cell: a => <Said text={a.detail} /> },
  {
    id: 'status',
    label: 'Status',
    sort: 'status',
    width: 100,
    cell: a => <StateChip of={statuses[a.status] ?? { text: a.status, title: '' }} />,
  },
  {
    id: 'count',
    label: 'Count',
    sort: 'count',
    width: 90,
    end: true,
    cell: a => <span title={exact(a.count)}>{count(a.count)}</span>,
  },
  { id: 'first_seen', label: 'First', sort: 'first_seen', width: 110, cell: a => <When at={a.first_seen} /> },
  { id: 'last_seen', label: 'Last', sort: 'last_seen', width: 110, cell: a => <When at={a.last_seen} /> },
]
const all = columns.map(c => c.id)
const standard = ['title', 'severity', 'parties', 'status', 'count', 'first_seen', 'last_seen']
const standardNarrow = ['title', 'severity', 'parties', 'status', 'last_seen']

function Compact({ a }: { a: Alert }) {
  return (
    <div className={tools.compact}>
      <Icon name="bell" size={22} />
      <span className="clip">{plain(a.title)}</span>
      <span className="quiet">
        <When at={a.last_seen} />
      </span>
      <span className="clip">{[severities[a.severity]?.text, parties(a)].filter(Boolean).join(' · ')}</span>
    </div>
  )
}

export default function Alerts() {
  const state = useListState(filters)
  const changes = useChanges('alerts')
  const small = useMediaQuery('(max-width: 1100px)', false, { getInitialValueInEffect: false })
  const narrow = useMediaQuery('(max-width: 640px)', false, { getInitialValueInEffect: false })
  const shown = useColumns('alerts', all, small ? standardNarrow : standard)
  const sort = sorts.find(s => s === state.sort) ?? 'last_seen'
  const order = state.order ?? 'desc'
  const [known, setKnown] = useState<{ list?: AlertList; loading: boolean }>({ loading: true })
  const { device: only, ...lists } = state.filters
  const key = JSON.stringify({
    ...lists,
    ...(only?.[0] ? { device: only[0] } : {}),
    ...(state.q ? { q: state.q } : {}),
    // What came of another alert is looked for, but not listed beside it.
    ...(state.q || only?.[0] ? {} : { top: true }),
    sort,
    order,
  })
  const source = useMemo(() => {
    const whole = JSON.parse(key) as AlertFilter
    return { id: key, page: (offset: number, limit: number) => alertsPage(whole, offset, limit) }
  }, [key])
  const words = (f: string, v: string) =>
    f === 'severity' ? (severities[v]?.text ?? v) : f === 'status' ? (statuses[v]?.text ?? v) : v
  const decides = useDecides()
  const triage = useTriage()
  const [chosen, setChosen] = useState<Alert[]>([])
  const choose = (a: Alert) =>
    setChosen(was => (was.some(x => x.id === a.id) ? was.filter(x => x.id !== a.id) : [...was, a]))
  const picked = new Set(chosen.map(a => a.id))
  const choice: Column<Alert> = {
    id: 'chosen',
    label: 'Chosen',
    width: 60,
    cell: a => (
      <input
        type="checkbox"
        aria-label={`Choose ${plain(a.title)}`}
        checked={picked.has(a.id)}
        onChange={() => choose(a)}
      />
    ),
  }
  const acts: Record<string, (a: Alert) => void> = decides
    ? {
        x: choose,
        ...Object.fromEntries(
          choices.map(c => [
            c.key,
            (a: Alert) => {
              triage.made.mutate({ rows: chosen.length > 0 ? chosen : [a], status: c.status })
              setChosen([])
            },
          ]),
        ),
      }
    : {}
  const facet = (f: 'severity' | 'status' | 'rule', label: string) => (
    <Facet
      label={label}
      rows={known.list?.facets[f] ?? []}
      chosen={state.filters[f] ?? []}
      name={v => words(f, v)}
      toggle={v => state.toggle(f, v)}
      clear={() => state.drop(f)}
    />
  )
  return (
    <Page title="Alerts" className={css.fill}>
      <div className={tools.tools}>
        <Search state={state} label="Search titles, addresses, techniques" />
        <div className={tools.more}>
          {facet('severity', 'Severity')}
          {facet('status', 'Status')}
          {facet('rule', 'Rule')}
          <Link className={tools.facet} to="/rules">
            Rules
          </Link>
          <ListCount total={known.list?.total ?? 0} noun="alert" loading={known.loading} />
          {narrow ? (
            <SortSelect columns={columns} sort={sort} order={order} setSort={state.setSort} />
          ) : (
            <ColumnMenu columns={columns} state={shown} />
          )}
        </div>
      </div>
      <FilterChips state={state} name={words} />
      {decides && <TriageBar chosen={chosen} clear={() => setChosen([])} triage={triage} />}
      <RemoteTable<Alert, AlertList>
        label="Alerts"
        name="alerts"
        columns={decides ? [choice, ...columns] : columns}
        state={decides ? { ...shown, shown: ['chosen', ...shown.shown] } : shown}
        acts={acts}
        source={source}
        sort={sort}
        order={order}
        setSort={state.setSort}
        rowId={a => a.id}
        rowTo={to}
        compact={a => <Compact a={a} />}
        changes={changes}
        told={p => {
          if (p.any !== known.list || p.loading !== known.loading)
            setKnown({ ...(p.any ? { list: p.any } : {}), loading: p.loading })
        }}
        empty={
          state.q || state.active > 0 ? (
            <Empty
              title="No alert fits"
              action={
                <button type="button" className={tools.facet} onClick={state.clear}>
                  Clear search and filters
                </button>
              }
            >
              Take a filter away, or search for a part of a title.
            </Empty>
          ) : (
            <Empty icon="bell" title="No alerts">
              Nothing was heard that a person should look at.
            </Empty>
          )
        }
      />
    </Page>
  )
}
