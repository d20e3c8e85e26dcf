import { type ReactNode, useState } from 'react'
import { Link } from 'react-router'
import type { Count, Traffic } from '../api/types.ts'
import { bytes, categoryName, count, exact, moment, plain, share } from './format.ts'
import css from './parts.module.css'

interface BarsProps {
  rows: Count[]
  name: (key: string) => ReactNode
  to: (key: string) => string
  category?: (key: string) => string
  total?: number
}

/** Counts as bars, each a link to what it counts. */
export function Bars({ rows, name, to, category, total }: BarsProps) {
  const most = total ?? Math.max(0, ...rows.map(r => r.count))
  return (
    <ul className={css.bars}>
      {rows.map(r => (
        <li key={r.key}>
          <Link
            className={css.bar}
            to={to(r.key)}
            data-category={category?.(r.key)}
            title={`${exact(r.count)} of ${plain(r.key) || 'unknown'}`}
          >
            <span className={css.barName}>{name(r.key)}</span>
            <span className={css.barCount}>{count(r.count)}</span>
            <span className={css.barTrack} aria-hidden="true">
              <i className={css.barFill} style={{ width: `${share(r.count, most) * 100}%` }} />
            </span>
          </Link>
        </li>
      ))}
    </ul>
  )
}

/** The categories as one bar, in their colours. */
export function CategoryStack({ rows }: { rows: Count[] }) {
  return (
    <div
      className={css.stack}
      role="img"
      aria-label={rows.map(r => `${categoryName(r.key)} ${exact(r.count)}`).join(', ')}
    >
      {rows
        .filter(r => r.count > 0)
        .map(r => (
          <i
            key={r.key}
            data-category={r.key}
            style={{ flexGrow: r.count }}
            title={`${categoryName(r.key)}: ${exact(r.count)}`}
          />
        ))}
    </div>
  )
}

const W = 1000
const H = 150

/** The path of a line through values, in a box of W by H, and of the area below it. */
export function trace(values: number[], ceiling: number): { line: string; area: string } {
  if (values.length < 2 || ceiling <= 0) return { line: '', area: '' }
  const points = values.map(
    (v, i) => `${((i / (values.length - 1)) * W).toFixed(1)} ${(H - (v / ceiling) * (H - 6)).toFixed(1)}`,
  )
  const line = `M${points.join('L')}`
  return { line, area: `${line}L${W} ${H}L0 ${H}Z` }
}

const hours = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const days = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' })

/** Bytes over time. The value under the pointer, or at the arrow keys' place, is told beside it. */
export function TrafficChart({ points }: { points: Traffic[] }) {
  const [at, setAt] = useState<number>()
  const values = points.map(p => p.bytes)
  const most = Math.max(1, ...values)
  const { line, area } = trace(values, most)
  const step = points.length > 1 ? (Date.parse(points[1]?.time ?? '') - Date.parse(points[0]?.time ?? '')) / 1000 : 1
  const rate = (n: number) => `${bytes((n / Math.max(step, 1)) * 8).replace('B', 'bit')}/s`
  const chosen = at === undefined ? undefined : points[at]
  const sum = values.reduce((a, b) => a + b, 0)
  const move = (by: number) => setAt(i => Math.min(points.length - 1, Math.max(0, (i ?? points.length - 1) + by)))
  return (
    <figure className={css.chart} style={{ margin: 0 }}>
      <svg
        viewBox={`0 0 ${W} ${H}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Traffic: ${bytes(sum)} in total, at most ${rate(most)}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys move the reading point
        tabIndex={0}
        onKeyDown={e => {
          if (e.key === 'ArrowLeft') move(-1)
          else if (e.key === 'ArrowRight') move(1)
          else if (e.key === 'Escape') setAt(undefined)
        }}
        onBlur={() => setAt(undefined)}
        onPointerLeave={() => setAt(undefined)}
        onPointerMove={e => {
          const box = e.currentTarget.getBoundingClientRect()
          setAt(Math.round(((e.clientX - box.left) / box.width) * (points.length - 1)))
        }}
      >
        {[0, 0.5, 1].map(y => (
          <line key={y} className={css.grid} x1="0" x2={W} y1={H - y * (H - 6)} y2={H - y * (H - 6)} />
        ))}
        <path className={css.area} d={area} />
        <path className={css.line} d={line} />
        {at !== undefined && (
          <line
            className={css.cursor}
            x1={(at / (points.length - 1)) * W}
            x2={(at / (points.length - 1)) * W}
            y1="0"
            y2={H}
          />
        )}
      </svg>
      <span className={css.ceiling}>{rate(most)}</span>
      {chosen && at !== undefined && (
        <div
          className={css.tip}
          style={
            at > points.length / 2
              ? { right: `${100 - (at / points.length) * 100 + 1}%` }
              : { left: `${(at / points.length) * 100 + 1}%` }
          }
        >
          <strong>{rate(chosen.bytes)}</strong> · {exact(chosen.packets)} packets
          <br />
          <span className="quiet">{moment(chosen.time)}</span>
        </div>
      )}
      <figcaption className={css.axis}>
        <span>{points[0] ? days.format(new Date(points[0].time)) : ''}</span>
        <span>{points.length > 0 ? hours.format(new Date(points[points.length - 1]?.time ?? '')) : ''}</span>
      </figcaption>
    </figure>
  )
}
