import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { Link } from 'react-router'
import { useChanges } from '../api/live.ts'
import { type AlertFilter, alertsPage, queries } from '../api/queries.ts'
import type { Alert } from '../api/types.ts'
import { partyText, severities, statuses } from '../parts/alert.ts'
import { exact, plain } from '../parts/format.ts'
import { Card, Chip, When } from '../parts/parts.tsx'
import css from './pages.module.css'

/** The alerts that nobody dealt with. */
export const open = ['new', 'active']

/** The gravest alerts of a filter, and how many there are; kept up to date while they are shown. */
export function useGravest(filter: AlertFilter, most: number) {
  const page = alertsPage({ ...filter, sort: 'severity', order: 'desc' }, 0, most)
  const changes = useChanges('alerts')
  // biome-ignore lint/correctness/useExhaustiveDependencies: changes is when to ask again
  useEffect(() => void queries.invalidateQueries({ queryKey: page.queryKey }), [changes])
  return useQuery(page).data
}

/** Alerts one below the other: how grave, what, between whom, when. */
export function AlertRows({ rows }: { rows: Alert[] }) {
  return (
    <ul className={css.rows}>
      {rows.map(a => {
        const severity = severities[a.severity] ?? { text: a.severity }
        return (
          <li key={a.id}>
            <Link className={`${css.rowLink} ${css.alertLink}`} to={`/alerts/${encodeURIComponent(a.id)}`}>
              <Chip {...(severity.tone ? { tone: severity.tone } : {})}>{severity.text}</Chip>
              <span className="clip">{plain(a.title)}</span>
              <When at={a.last_seen} />
              <small className="clip">
                {a.parties.map(partyText).join(' → ')}
                {a.count > 1 && ` · ${exact(a.count)} times`}
                {!open.includes(a.status) && ` · ${statuses[a.status]?.text ?? a.status}`}
              </small>
            </Link>
          </li>
        )
      })}
    </ul>
  )
}

/** How many alerts of a device are named on its page. */
const namedAlerts = 4

/** What there is against it, the gravest first; nothing if there is nothing. */
export function DeviceAlerts({ id }: { id: string }) {
  const found = useGravest({ device: id }, namedAlerts)
  if (!found || found.total === 0) return null
  const left = (found.facets.status ?? []).reduce((n, s) => (open.includes(s.key) ? n + s.count : n), 0)
  const all = `/alerts?device=${encodeURIComponent(id)}`
  return (
    <Card
      title={`Alerts (${exact(found.total)}${left === found.total ? '' : `, ${exact(left)} open`})`}
      flush
      side={<Link to={`${all}&sort=severity&order=desc`}>{found.total > namedAlerts ? 'All' : 'In the list'}</Link>}
    >
      <AlertRows rows={found.items} />
    </Card>
  )
}
