import { Link } from 'react-router'
import type { AlertDetail } from '../api/types.ts'
import { partyText } from '../parts/alert.ts'
import { exact } from '../parts/format.ts'
import { Card } from '../parts/parts.tsx'
import { AlertRows, useGravest } from './alert-rows.tsx'
import css from './pages.module.css'

/** How many other alerts of a device are named beside one. */
const named = 4

/** What else there is about the devices of an alert, which is what who judges it asks next. */
export function Around({ detail: { alert } }: { detail: AlertDetail }) {
  const known = alert.parties.filter((p, i, all) => p.id && all.findIndex(x => x.id === p.id) === i)
  return known.map(p => <Party key={p.id} id={p.id ?? ''} name={partyText(p)} but={alert.id} />)
}

function Party({ id, name, but }: { id: string; name: string; but: string }) {
  const found = useGravest({ device: id }, named + 1)
  if (!found) return null
  const others = Math.max(0, found.total - 1) // it is among them
  const about = encodeURIComponent(id)
  return (
    <Card
      title={others > 0 ? `Other alerts of ${name} (${exact(others)})` : `No other alert of ${name}`}
      flush
      side={
        <span className={css.pair}>
          {others > named && <Link to={`/alerts?device=${about}&sort=severity&order=desc`}>All</Link>}
          <Link to={`/conversations?device=${about}`}>Its conversations</Link>
        </span>
      }
    >
      <AlertRows rows={found.items.filter(a => a.id !== but).slice(0, named)} />
    </Card>
  )
}
