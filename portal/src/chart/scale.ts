import type { Span } from '../api/history.ts'

/** What a chart over time is drawn by. Pure functions: they are tested without a browser. */

const minute = 60_000
const hour = 60 * minute
export const day = 24 * hour

const steps = [1, 5, 15, 30]
  .map(n => n * minute)
  .concat(
    [1, 3, 6, 12].map(n => n * hour),
    [1, 2, 7, 14, 28, 91, 182, 364].map(n => n * day),
  )

/** Times to write below a span, at most so many, on the full hours and days of the reader's clock. */
export function ticks({ from, to }: Span, most: number): number[] {
  const length = to - from
  const step = steps.find(s => length / s <= most) ?? Math.ceil(length / most / day) * day
  const shift = new Date(from).getTimezoneOffset() * minute
  const first = Math.ceil((from - shift) / step) * step + shift
  return Array.from({ length: Math.max(0, Math.ceil((to - first) / step)) }, (_, i) => first + i * step)
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const date = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })
const year = new Intl.DateTimeFormat('en-GB', { month: 'short', year: 'numeric' })

/** A time below a chart: the hour, but the day at midnight and in spans of many days. */
export function tickText(at: number, { from, to }: Span): string {
  if (to - from > 400 * day) return year.format(at)
  const midnight = clock.format(at) === '00:00'
  return midnight || to - from > 7 * day ? date.format(at) : clock.format(at)
}

/** The next number that is easy to read, as is its half. */
export function ceiling(most: number): number {
  if (most <= 1) return 1
  const ten = 10 ** Math.floor(Math.log10(most))
  return ([1, 1.5, 2, 3, 4, 5, 6, 8].find(n => n * ten >= most) ?? 10) * ten
}

/** A length of time in words. */
export function lengthText(seconds: number): string {
  const [n, unit] =
    seconds < 3600
      ? [seconds / 60, 'minute']
      : seconds < 86_400
        ? [seconds / 3600, 'hour']
        : seconds % 604_800 === 0
          ? [seconds / 604_800, 'week']
          : [seconds / 86_400, 'day']
  return n === 1 ? unit : `${n} ${unit}s`
}

/** Bars from floors up to tops as one path, in a box of width by height; no bar is invisible if it is not zero. */
export function bars(floors: number[], values: number[], most: number, width: number, height: number): string {
  const wide = width / Math.max(1, values.length)
  const gap = Math.min(1, wide * 0.15)
  return values
    .map((v, i) => {
      if (v <= 0) return ''
      const foot = height * (1 - (floors[i] ?? 0) / most)
      const tall = Math.max(1.5, (height * v) / most)
      return `M${(i * wide + gap / 2).toFixed(2)} ${foot.toFixed(1)}h${(wide - gap).toFixed(2)}v${(-tall).toFixed(1)}h${(gap - wide).toFixed(2)}z`
    })
    .join('')
}
