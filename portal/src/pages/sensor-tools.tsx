import { Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { useSearchParams } from 'react-router'
import { moveZones, type SiteList } from '../api/sensors.ts'
import type { Sensor, SensorList } from '../api/types.ts'
import { FormDialog } from '../parts/dialog.tsx'
import { exact, plain } from '../parts/format.ts'
import { zoneText } from '../parts/loss.ts'
import { stateText } from '../parts/sensor.ts'
import { KeptViews } from '../table/kept.tsx'
import type { ListState } from '../table/state.ts'
import css from '../table/table.module.css'
import { Facet, FilterChips, ListCount, Search } from '../table/tools.tsx'
import people from './people.module.css'
import { Revoke } from './sensor-join.tsx'
import mine from './sensors.module.css'
import triage from './triage.module.css'

/** How many sensors are shown at once. */
export const shownAtOnce = 25

const labels = { state: 'State', site: 'Site', zone: 'Zone', version: 'Version' } as const
type Filter = keyof typeof labels

/** What sensors can be filtered by. */
export const sensorFilters: readonly Filter[] = ['state', 'site', 'zone', 'version']

/** Search and filters of the sensors, all of which stand in the address. */
export function SensorTools({
  state,
  list,
  places,
}: {
  state: ListState
  list: SensorList | undefined
  places: SiteList | undefined
}) {
  const words = (f: string, v: string) => {
    if (f === 'state') return stateText(v)
    if (f === 'zone') return zoneText(v, places)
    return f === 'site' ? plain(places?.items.find(s => s.id === v)?.title ?? v) : plain(v)
  }
  return (
    <div>
      <div className={`${css.tools} ${mine.tools}`}>
        <Search state={state} label="Search name, zone, version, interface" />
        <div className={css.more}>
          {sensorFilters.map(f => (
            <Facet
              key={f}
              label={labels[f]}
              rows={list?.facets[f] ?? []}
              chosen={state.filters[f] ?? []}
              name={v => words(f, v)}
              toggle={v => state.toggle(f, v)}
              clear={() => state.drop(f)}
            />
          ))}
          <ListCount total={list?.total ?? 0} noun="sensor" loading={!list} />
          <KeptViews list="sensors" />
        </div>
      </div>
      <FilterChips state={state} name={words} />
    </div>
  )
}

/** Which page of the sensors the address says, from 0; not one after the last. */
export function usePage(total: number | undefined): [page: number, go: (page: number) => void] {
  const [params, setParams] = useSearchParams()
  const last = total === undefined ? Number.MAX_SAFE_INTEGER : Math.max(0, Math.ceil(total / shownAtOnce) - 1)
  const told = Math.floor(Number(params.get('page') ?? 0))
  const go = (page: number) =>
    setParams(was => {
      const next = new URLSearchParams(was)
      if (page > 0) next.set('page', String(page))
      else next.delete('page')
      return next
    })
  return [told > 0 ? Math.min(told, last, 1e6) : 0, go]
}

/** The way to the other pages, if there are any. */
export function Pager({ page, total, go }: { page: number; total: number; go: (page: number) => void }) {
  if (total <= shownAtOnce) return null
  const first = page * shownAtOnce
  return (
    <nav className={people.pager} aria-label="Pages of the sensors">
      <span className="quiet">
        {exact(first + 1)}–{exact(Math.min(first + shownAtOnce, total))} of {exact(total)}, what needs attention first
      </span>
      <div>
        <Button variant="default" size="xs" disabled={page === 0} onClick={() => go(page - 1)}>
          Previous
        </Button>
        <Button variant="default" size="xs" disabled={first + shownAtOnce >= total} onClick={() => go(page + 1)}>
          Next
        </Button>
      </div>
    </nav>
  )
}

/** What can be done with the sensors that were chosen. */
export function Chosen({
  sensors,
  places,
  clear,
}: {
  sensors: Sensor[]
  places: SiteList | undefined
  clear: () => void
}) {
  const [open, setOpen] = useState<'revoke' | 'move'>()
  if (sensors.length === 0) return null
  const members = sensors.filter(s => s.member && s.member.state !== 'revoked')
  const close = () => setOpen(undefined)
  const done = () => {
    close()
    clear()
  }
  return (
    <section className={triage.bar} aria-label="The chosen sensors">
      <strong>{exact(sensors.length)} chosen</strong>
      <button
        type="button"
        className={css.facet}
        disabled={members.length === 0}
        title="Keep them out, from the next request on"
        onClick={() => setOpen('revoke')}
      >
        Revoke…
      </button>
      <button
        type="button"
        className={css.facet}
        title="Say at which site their zones are"
        onClick={() => setOpen('move')}
      >
        Move to a site…
      </button>
      <button type="button" className={css.facet} onClick={clear}>
        Choose none
      </button>
      {open === 'revoke' && <Revoke names={members.map(s => s.name)} close={close} done={done} />}
      {open === 'move' && places && <Move sensors={sensors} places={places} close={close} done={done} />}
    </section>
  )
}

/** Moves the zones of sensors to a site, with all that is in them. */
function Move({
  sensors,
  places,
  close,
  done,
}: {
  sensors: Sensor[]
  places: SiteList
  close: () => void
  done: () => void
}) {
  const [site, setSite] = useState('')
  const select = useId()
  const ids = new Set(sensors.map(s => s.zone))
  const zones = [...places.nowhere, ...places.items.flatMap(s => s.zones)].filter(z => ids.has(z.id))
  const send = useMutation({ mutationFn: () => moveZones(zones, site), onSuccess: done })
  return (
    <FormDialog
      title={`Move ${zones.length === 1 ? 'a zone' : `${exact(zones.length)} zones`}`}
      action="Move"
      close={close}
      submit={() => send.mutate()}
      busy={send.isPending}
      ready={zones.length > 0}
      {...(send.error ? { error: send.error.message } : {})}
    >
      <p>
        {zones.map(z => plain(z.title)).join(', ')}: with all devices and sensors of{' '}
        {zones.length === 1 ? 'it' : 'them'}. Who may see the site sees them from now on; others do not.
      </p>
      <p className={mine.field}>
        <label htmlFor={select}>Site</label>
        <select id={select} value={site} onChange={e => setSite(e.currentTarget.value)}>
          <option value="">No site</option>
          {places.items.map(s => (
            <option key={s.id} value={s.id}>
              {plain(s.title)}
            </option>
          ))}
        </select>
      </p>
    </FormDialog>
  )
}
