import { useComputedColorScheme } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Component, lazy, type ReactNode, Suspense, useCallback, useMemo, useState } from 'react'
import { Link, useNavigate, useSearchParams } from 'react-router'
import { type MapFilter, networkMap } from '../api/queries.ts'
import type { Count, MapDevice, MapLink, NetworkMap } from '../api/types.ts'
import { Chosen } from '../map/chosen.tsx'
import { type Grouping, groupings, layout } from '../map/layout.ts'
import { LinkTable } from '../map/links.tsx'
import css from '../map/map.module.css'
import { finds, linesOf, nameOn, neighbours, protocolsOf } from '../map/model.ts'
import { categoryName, exact, plain } from '../parts/format.ts'
import { Bones, Empty, Failure } from '../parts/parts.tsx'
import { Page } from '../shell/shell.tsx'
import { useListState } from '../table/state.ts'
import tools from '../table/table.module.css'
import { Facet, FilterChips, Search } from '../table/tools.tsx'
import { scopes } from './conversation-table.tsx'
import { Views } from './views.tsx'

const Stage = lazy(() => import('../map/stage.tsx'))

const filters = ['category', 'zone', 'protocol', 'scope'] as const

// Nearly every device talks to groups: that says little, and is shown when it is asked for.
const usual = Object.keys(scopes).filter(s => s !== 'multicast')

const colours = 8

const names: Record<string, (key: string) => string> = {
  category: categoryName,
  scope: s => scopes[s] ?? s,
}

function count<T>(of: readonly T[], keys: (x: T) => (string | undefined)[]): Count[] {
  const seen = new Map<string, number>()
  for (const x of of) for (const k of keys(x)) if (k) seen.set(k, (seen.get(k) ?? 0) + 1)
  return [...seen].map(([key, n]) => ({ key, count: n })).sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1))
}

/** What can be filtered by, with how many devices or links each value has. */
function facetsOf(m: NetworkMap | undefined): Record<(typeof filters)[number], Count[]> {
  const [devices, links]: [MapDevice[], MapLink[]] = [m?.devices ?? [], m?.links ?? []]
  return {
    category: count(devices, d => [d.category]),
    zone: count(devices, d => [d.zone]),
    protocol: count(links, l => l.protocols.map(p => p.protocol)),
    scope: count(links, l => [l.scope]),
  }
}

export default function NetMap() {
  const state = useListState(filters)
  const [params, setParams] = useSearchParams()
  const told = params.get('group') ?? ''
  const by = (told in groupings ? told : 'zone') as Grouping
  const table = params.get('as') === 'table'
  const wanted: MapFilter = { ...state.filters, ...(state.filters.scope ? {} : { scope: usual }) }
  const all = useQuery(networkMap({}))
  const asked = useQuery({ ...networkMap(wanted), placeholderData: before => before })
  const facets = useMemo(() => facetsOf(all.data ?? asked.data), [all.data, asked.data])
  const set = (key: string, value: string) =>
    setParams(
      was => {
        const next = new URLSearchParams(was)
        if (value) next.set(key, value)
        else next.delete(key)
        return next
      },
      { replace: true },
    )
  return (
    <Page title="Map" className={css.page}>
      <Views />
      <div className={tools.tools}>
        <Search state={state} label="Find a device on the map" />
        <div className={tools.more}>
          <select
            className={tools.select}
            aria-label="Group by"
            value={by}
            onChange={e => set('group', e.currentTarget.value === 'zone' ? '' : e.currentTarget.value)}
          >
            {Object.entries(groupings).map(([key, name]) => (
              <option key={key} value={key}>
                By {name === groupings.purdue ? name : name.toLowerCase()}
              </option>
            ))}
          </select>
          {filters.map(f => (
            <Facet
              key={f}
              label={{ category: 'Category', zone: 'Zone', protocol: 'Protocol', scope: 'Scope' }[f]}
              rows={facets[f]}
              chosen={state.filters[f] ?? []}
              name={names[f] ?? plain}
              toggle={v => state.toggle(f, v)}
              clear={() => state.drop(f)}
            />
          ))}
          <button
            type="button"
            className={tools.facet}
            aria-pressed={table}
            data-on={table}
            onClick={() => set('as', table ? '' : 'table')}
          >
            Table
          </button>
        </div>
      </div>
      <FilterChips state={state} name={(f, v) => (names[f] ?? plain)(v)} />
      {asked.data ? (
        <Drawn data={asked.data} by={by} q={state.q} table={table} filtered={state.active > 0} clear={state.clear} />
      ) : asked.isError ? (
        <Failure error={asked.error} retry={() => void asked.refetch()} />
      ) : (
        <div className={css.waiting}>
          <Bones lines={8} />
        </div>
      )}
    </Page>
  )
}

interface DrawnProps {
  data: NetworkMap
  by: Grouping
  q: string
  table: boolean
  filtered: boolean
  clear: () => void
}

/** The colours of the page; they change with light and dark. */
function useColours(): (name: string) => string {
  const scheme = useComputedColorScheme('light')
  // biome-ignore lint/correctness/useExhaustiveDependencies: the scheme changes what the style computes to
  return useMemo(() => {
    const style = getComputedStyle(document.documentElement)
    const known = new Map<string, string>()
    return name => {
      const value = known.get(name) ?? style.getPropertyValue(name).trim()
      known.set(name, value)
      return value
    }
  }, [scheme])
}

function Drawn({ data, by, q, table, filtered, clear }: DrawnProps) {
  const go = useNavigate()
  const paint = useColours()
  const [picked, pick] = useState<string>()
  const devices = useMemo(() => new Map(data.devices.map(d => [d.id, d])), [data])
  const lines = useMemo(() => linesOf(data.links), [data])
  const near = useMemo(() => neighbours(lines), [lines])
  const places = useMemo(() => layout(data.devices, by), [data, by])
  const protocols = useMemo(() => protocolsOf(lines), [lines])
  const colourOf = useCallback(
    (p: string) => {
      const i = protocols.indexOf(p)
      return paint(i >= 0 && i < colours ? `--hue-${i}` : '--hue-other')
    },
    [protocols, paint],
  )
  const found = useMemo(() => (q ? data.devices.filter(d => finds(d, q)) : []), [data, q])
  const chosen = picked !== undefined && (devices.has(picked) || near.has(picked)) ? picked : undefined
  const bright = useMemo(() => {
    if (chosen) return new Set([chosen, ...(near.get(chosen) ?? []).flatMap(l => l.ends)])
    return q ? new Set(found.map(d => d.id)) : undefined
  }, [chosen, near, q, found])
  const open = useCallback(
    (id: string) => devices.has(id) && void go(`/devices/${encodeURIComponent(id)}`),
    [devices, go],
  )
  if (data.devices.length === 0)
    return filtered ? (
      <Empty
        title="No device fits"
        action={
          <button type="button" className={tools.facet} onClick={clear}>
            Clear filters
          </button>
        }
      >
        Take a filter away to see more of the network.
      </Empty>
    ) : (
      <Empty icon="map" title="Nothing to draw yet" action={<Link to="/sensors">See the sensors</Link>}>
        Devices and their conversations appear here as soon as a sensor hears them.
      </Empty>
    )
  const said = `${exact(data.devices.length)}${data.devices_total > data.devices.length ? ` of ${exact(data.devices_total)}` : ''} devices, ${exact(data.links.length)}${data.links_total > data.links.length ? ` of ${exact(data.links_total)}` : ''} links`
  return (
    <div className={css.drawn}>
      <p className={css.said} role="status">
        {q ? `${exact(found.length)} found among ${said}` : said}
        {(data.devices_total > data.devices.length || data.links_total > data.links.length) &&
          ', those with the most bytes; filter to see the others'}
      </p>
      {table ? (
        <LinkTable links={data.links} devices={devices} q={q} />
      ) : (
        <div className={css.split}>
          <Guard>
            <Suspense fallback={<div className={css.stage} />}>
              <Stage
                devices={devices}
                lines={lines}
                places={places}
                colourOf={colourOf}
                colours={paint}
                bright={bright}
                chosen={chosen}
                choose={pick}
                open={open}
                label={`Map of ${said}. The button Table shows the same as a table. Arrows move, plus and minus zoom, 0 shows all.`}
              />
            </Suspense>
          </Guard>
          <aside className={css.side} aria-label="About the map">
            {chosen ? (
              <Chosen id={chosen} devices={devices} lines={near.get(chosen) ?? []} choose={pick} />
            ) : q && found.length > 0 ? (
              <Found all={found} choose={pick} />
            ) : (
              <Legend protocols={protocols} colourOf={colourOf} />
            )}
          </aside>
        </div>
      )}
    </div>
  )
}

const listed = 60

function Found({ all, choose }: { all: MapDevice[]; choose: (id: string) => void }) {
  return (
    <>
      <h2>Found</h2>
      <ul className={css.peers}>
        {all.slice(0, listed).map(d => (
          <li key={d.id}>
            <button type="button" onClick={() => choose(d.id)}>
              <span className="clip">{nameOn(d)}</span>
              <small className="clip">{plain([d.ip, d.vendor].filter(Boolean).join(' · '))}</small>
            </button>
          </li>
        ))}
      </ul>
      {all.length > listed && <p className="quiet">and {exact(all.length - listed)} more</p>}
    </>
  )
}

function Legend({ protocols, colourOf }: { protocols: string[]; colourOf: (p: string) => string }) {
  return (
    <>
      <h2>Devices</h2>
      <ul className={css.legend}>
        {['it', 'iot', 'ot', 'network', 'medical', 'unknown'].map(c => (
          <li key={c}>
            <i data-category={c} />
            {categoryName(c)}
          </li>
        ))}
      </ul>
      <h2>Lines, by protocol</h2>
      <ul className={css.legend}>
        {protocols.slice(0, colours).map(p => (
          <li key={p}>
            <b style={{ background: colourOf(p) }} />
            {plain(p)}
          </li>
        ))}
        <li>
          <b style={{ background: colourOf('') }} />
          {protocols.length > colours ? 'other, or not known' : 'not known'}
        </li>
      </ul>
      <p className="quiet">A line is as wide as the bytes are many. Click a device to see whom it talks to.</p>
    </>
  )
}

/** Shows what to do where the browser cannot draw. */
class Guard extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false }
  static getDerivedStateFromError() {
    return { failed: true }
  }
  override render() {
    if (!this.state.failed) return this.props.children
    return (
      <Empty title="This browser does not draw with WebGL 2">
        Switch hardware acceleration on, or use the button Table: it shows the same content.
      </Empty>
    )
  }
}
