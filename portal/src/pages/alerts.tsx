import { useState } from 'react'
import { Link } from 'react-router'
import { type AlertFilter, alertsPage } from '../api/queries.ts'
import type { Alert, AlertList } from '../api/types.ts'
import { partyText, severities, statuses } from '../parts/alert.ts'
import { count, exact, plain } from '../parts/format.ts'
import { Icon } from '../parts/icon.tsx'
import { Chip, Empty, Said, StateChip, When } from '../parts/parts.tsx'
import { Page } from '../shell/shell.tsx'
import { ListView } from '../table/list.tsx'
import tools from '../table/table.module.css'
import type { Column } from '../table/table.tsx'
import css from './pages.module.css'
import own from './triage.module.css'
import { choices, TriageBar, useDecides, useTriage } from './triage.tsx'

const filters = ['severity', 'status', 'rule', 'device'] as const

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
    width: 345,
    cell: a => (
      <span className={own.title}>
        <Link className="clip" to={to(a)}>
          {plain(a.title)}
        </Link>
        {a.children > 0 && <Chip title={`${count(a.children)} alerts came of it`}>+{count(a.children)}</Chip>}
      </span>
    ),
  },
  {
    id: 'severity',
    label: 'Severity',
    sort: 'severity',
    width: 92,
    fixed: true,
    cell: a => <Severity word={a.severity} />,
  },
  { id: 'parties', label: 'Devices', width: 210, cell: a => <span title={parties(a)}>{parties(a)}</span> },
  { id: 'detail', label: 'Seen', width: 260, cell: a => <Said text={a.detail} /> },
  {
    id: 'status',
    label: 'Status',
    sort: 'status',
    width: 88,
    fixed: true,
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
const standard = ['title', 'severity', 'parties', 'status', 'count', 'first_seen', 'last_seen']
const standardSmall = ['title', 'severity', 'parties', 'status', 'last_seen']

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

const rows = {
  label: 'Alerts',
  name: 'alerts',
  columns,
  rowId: (a: Alert) => a.id,
  rowTo: to,
  compact: (a: Alert) => <Compact a={a} />,
}

const words = (f: string, v: string) =>
  f === 'severity' ? (severities[v]?.text ?? v) : f === 'status' ? (statuses[v]?.text ?? v) : v

/** What came of another alert is looked for, but not listed beside it. */
const apart = (f: AlertFilter): AlertFilter => (f.q || f.device ? f : { ...f, top: true })

export default function Alerts() {
  const decides = useDecides()
  const triage = useTriage()
  const [chosen, setChosen] = useState<Alert[]>([])
  const choose = (a: Alert) =>
    setChosen(was => (was.some(x => x.id === a.id) ? was.filter(x => x.id !== a.id) : [...was, a]))
  const picked = new Set(chosen.map(a => a.id))
  const choice: Column<Alert> = {
    id: 'chosen',
    label: 'Chosen',
    mute: true,
    width: 48,
    fixed: true,
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
  return (
    <Page title="Alerts" className={css.fill}>
      <ListView<Alert, AlertList, AlertFilter>
        rows={rows}
        noun="alert"
        search="Search titles, addresses, techniques"
        standard={standard}
        standardSmall={standardSmall}
        filters={filters}
        facets={{ severity: 'Severity', status: 'Status', rule: 'Rule' }}
        words={words}
        page={alertsPage}
        shape={apart}
        topic="alerts"
        lead={decides ? choice : undefined}
        acts={acts}
        tools={() => (
          <Link className={tools.facet} to="/rules">
            Rules
          </Link>
        )}
        above={() => decides && <TriageBar chosen={chosen} clear={() => setChosen([])} triage={triage} />}
        hint="Take a filter away, or search for a part of a title."
        none={
          <Empty icon="bell" title="No alerts">
            Nothing was heard that a person should look at.
          </Empty>
        }
      />
    </Page>
  )
}
