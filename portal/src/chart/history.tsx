import { useQuery } from '@tanstack/react-query'
import { type KeyboardEvent, type PointerEvent, useState } from 'react'
import { type History, type HistoryPoint, history, type Span } from '../api/history.ts'
import type { ConversationFilter } from '../api/queries.ts'
import { bytes, count, exact, moment } from '../parts/format.ts'
import { Bones, Empty, Failure } from '../parts/parts.tsx'
import tools from '../table/table.module.css'
import css from './history.module.css'
import { bars, ceiling, day, lengthText, ticks, tickText } from './scale.ts'

type Measure = 'bytes' | 'packets' | 'sessions'

const measures: Record<Measure, { text: string; say: (n: number) => string; short: (n: number) => string }> = {
  bytes: { text: 'Bytes', say: bytes, short: bytes },
  packets: { text: 'Packets', say: n => `${exact(n)} packet${n === 1 ? '' : 's'}`, short: count },
  sessions: { text: 'Sessions', say: n => `${exact(n)} session${n === 1 ? '' : 's'}`, short: count },
}

const lengths: [string, number][] = [
  ['Hour', day / 24],
  ['Day', day],
  ['Week', 7 * day],
  ['Month', 30 * day],
]

/** What of a point comes from the client, and what from the server. Sessions have no sides. */
const sides = (p: HistoryPoint, m: Measure): [number, number] =>
  m === 'sessions' ? [p.sessions, 0] : [p[m][0] ?? 0, p[m][1] ?? 0]

const spanOf = (h: History, first = 0, last = h.points.length - 1): Span => ({
  from: Date.parse(h.points[first]?.time ?? ''),
  to: Date.parse(h.points[last]?.time ?? '') + h.step * 1000,
})

/** What went over conversations in the course of time, with a range that is chosen by pointer or keys. */
export default function HistoryChart({ of }: { of: ConversationFilter }) {
  const [measure, setMeasure] = useState<Measure>('bytes')
  const [span, setSpan] = useState<Span>()
  const [table, setTable] = useState(false)
  const whole = useQuery(history(of))
  const found = useQuery(history(of, span))
  const failed = whole.isError ? whole : found.isError ? found : undefined
  if (failed) return <Failure error={failed.error} retry={() => void failed.refetch()} />
  if (!found.data || !whole.data)
    return (
      <div className={css.waits}>
        <Bones lines={4} />
      </div>
    )
  if (whole.data.points.length === 0)
    return (
      <Empty icon="conversations" title="No history is kept of this">
        Nothing of it was heard, or only before the time that the hub keeps.
      </Empty>
    )
  const kept = spanOf(whole.data)
  return (
    <div className={css.history} aria-busy={found.isPlaceholderData}>
      <div className={css.tools}>
        <fieldset className={css.choice} aria-label="What is counted">
          {Object.entries(measures).map(([m, { text }]) => (
            <button key={m} type="button" aria-pressed={m === measure} onClick={() => setMeasure(m as Measure)}>
              {text}
            </button>
          ))}
        </fieldset>
        <fieldset className={css.choice} aria-label="Time shown">
          {lengths
            .filter(([, length]) => length < kept.to - kept.from)
            .map(([text, length]) => (
              <button
                key={text}
                type="button"
                title={`The last ${text.toLowerCase()} that was heard`}
                aria-pressed={span?.to === kept.to && span.to - span.from === length}
                onClick={() => setSpan({ from: kept.to - length, to: kept.to })}
              >
                {text}
              </button>
            ))}
          <button type="button" aria-pressed={!span} onClick={() => setSpan(undefined)}>
            All
          </button>
        </fieldset>
        <button type="button" className={tools.facet} aria-pressed={table} onClick={() => setTable(!table)}>
          {table ? 'As a chart' : 'As a table'}
        </button>
      </div>
      {table ? (
        <HistoryTable of={found.data} />
      ) : (
        <Bars
          key={`${found.data.step} ${found.data.points[0]?.time} ${found.data.points.length}`}
          of={found.data}
          measure={measure}
          choose={setSpan}
          whole={() => setSpan(undefined)}
        />
      )}
    </div>
  )
}

const W = 1000
const H = 160

interface Chosen {
  at: number
  anchor?: number
}

function Bars({
  of: h,
  measure,
  choose,
  whole,
}: {
  of: History
  measure: Measure
  choose: (span: Span) => void
  whole: () => void
}) {
  const [chosen, setChosen] = useState<Chosen>()
  const { points } = h
  const { text, say, short } = measures[measure]
  const pairs = points.map(p => sides(p, measure))
  const [client, server] = [pairs.map(p => p[0]), pairs.map(p => p[1])]
  const most = ceiling(Math.max(0, ...pairs.map(([a, b]) => a + b)))
  const span = spanOf(h)
  const wide = W / Math.max(1, points.length)
  const [first, last] = chosen
    ? [Math.min(chosen.at, chosen.anchor ?? chosen.at), Math.max(chosen.at, chosen.anchor ?? chosen.at)]
    : [0, points.length - 1]
  const range = spanOf(h, first, last)
  const sum = (side: number[]) => side.slice(first, last + 1).reduce((a, b) => a + b, 0)
  const [sent, answered] = [sum(client), sum(server)]
  const take = (lo: number, hi: number) => {
    setChosen(undefined)
    choose(spanOf(h, lo, hi))
  }
  const place = (e: PointerEvent<SVGSVGElement>) => {
    const box = e.currentTarget.getBoundingClientRect()
    const i = Math.floor(((e.clientX - box.left) / box.width) * points.length)
    return Math.min(points.length - 1, Math.max(0, i))
  }
  const step = (e: KeyboardEvent, to: (at: number) => number) => {
    e.preventDefault()
    setChosen(was => {
      const at = Math.min(points.length - 1, Math.max(0, to(was?.at ?? points.length)))
      return e.shiftKey ? { at, anchor: was?.anchor ?? was?.at ?? at } : { at }
    })
  }
  const key = (e: KeyboardEvent) => {
    if (e.key === 'ArrowLeft') step(e, at => at - 1)
    else if (e.key === 'ArrowRight') step(e, at => (chosen ? at + 1 : 0))
    else if (e.key === 'Home') step(e, () => 0)
    else if (e.key === 'End') step(e, () => points.length - 1)
    else if (e.key === 'Enter' && chosen) take(first, last)
    else if (e.key === 'Escape' && chosen) setChosen(undefined)
    else if (e.key === 'Escape') whole()
  }
  return (
    <figure className={css.figure}>
      <div className={css.plot}>
        <span className={css.most}>{short(most)}</span>
        <span className={css.half}>{short(most / 2)}</span>
        <svg
          viewBox={`0 0 ${W} ${H}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`${text} over time. Arrows read it, with Shift they choose a range, Enter shows the range alone, Escape the whole time.`}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys move the reading point
          tabIndex={0}
          onKeyDown={key}
          onBlur={() => setChosen(undefined)}
          onPointerDown={e => {
            e.currentTarget.setPointerCapture(e.pointerId)
            setChosen({ at: place(e), anchor: place(e) })
          }}
          onPointerMove={e => {
            const at = place(e)
            setChosen(was =>
              e.buttons === 1 && was?.anchor !== undefined
                ? { at, anchor: was.anchor }
                : e.buttons === 0
                  ? { at }
                  : was,
            )
          }}
          onPointerUp={e => {
            const at = place(e)
            const anchor = chosen?.anchor ?? at
            if (at === anchor) setChosen({ at })
            else take(Math.min(at, anchor), Math.max(at, anchor))
          }}
          onPointerLeave={e => e.buttons === 0 && setChosen(undefined)}
        >
          {[0, 0.5, 1].map(y => (
            <line key={y} className={css.grid} x1="0" x2={W} y1={H * y} y2={H * y} />
          ))}
          {chosen && (
            <rect className={css.chosen} x={first * wide} y="0" width={(last - first + 1) * wide} height={H} />
          )}
          <path className={css.client} d={bars([], client, most, W, H)} />
          <path className={css.server} d={bars(client, server, most, W, H)} />
        </svg>
        <div className={css.axis} aria-hidden="true">
          {ticks(span, 7).map(at => (
            <span key={at} style={{ left: `${((at - span.from) / (span.to - span.from)) * 100}%` }}>
              {tickText(at, span)}
            </span>
          ))}
        </div>
      </div>
      <figcaption className={css.said}>
        {measure !== 'sessions' && (
          <span className={css.legend}>
            <i data-side="client" /> from clients <i data-side="server" /> from servers
          </span>
        )}
        <span role="status">
          <strong>{say(sent + answered)}</strong>
          {measure !== 'sessions' && ` (${short(sent)} from clients, ${short(answered)} from servers)`}{' '}
          <span className="quiet">
            {moment(new Date(range.from).toISOString())} – {moment(new Date(range.to).toISOString())}, each bar{' '}
            {lengthText(h.step)}
          </span>
        </span>
      </figcaption>
    </figure>
  )
}

function HistoryTable({ of: h }: { of: History }) {
  const heard = h.points.filter(p => sides(p, 'packets').some(n => n > 0) || p.sessions > 0)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keys
    <section className={css.scroll} tabIndex={0} aria-label="The history as a table">
      <table className={css.table}>
        <caption>Each line is {lengthText(h.step)}; those without traffic are left out</caption>
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col">Bytes of clients</th>
            <th scope="col">Bytes of servers</th>
            <th scope="col">Packets of clients</th>
            <th scope="col">Packets of servers</th>
            <th scope="col">Sessions</th>
          </tr>
        </thead>
        <tbody>
          {heard.map(p => (
            <tr key={p.time}>
              <th scope="row">{moment(p.time)}</th>
              {[...sides(p, 'bytes'), ...sides(p, 'packets'), p.sessions].map((n, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: the numbers have nothing but their place
                <td key={i}>{exact(n)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
