import type { History } from '../src/api/history.ts'
import type { Conversation } from '../src/api/types.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const steps = [1, 5, 15, 30].map(n => n * minute).concat([hour, 3 * hour, 6 * hour, 12 * hour, day, 7 * day])

/** How much is said at a time: less at night, and not the same twice. */
const loud = (at: number, seed: number) =>
  1.15 + Math.sin((at / day) * 2 * Math.PI - 2) + 0.25 * Math.sin(at / hour / 1.7 + seed)

/** The history of conversations as the hub tells it: by minute for two days, by hour for a month, else by day. */
export function historyOf(all: Conversation[], now: number, p: Map<string, string[]>): History {
  const most = Number(p.get('points')?.[0] ?? 200)
  const time = (key: string) => Date.parse(p.get(key)?.[0] ?? '')
  const heard = all.map(c => ({ c, from: Date.parse(c.first_seen), to: Date.parse(c.last_seen) + 1 }))
  const from = time('from') || Math.min(...heard.map(h => h.from))
  const to = time('to') || Math.max(...heard.map(h => h.to))
  const parts = heard.filter(h => h.from < to && h.to > from)
  if (parts.length === 0) return { step: 0, points: [] }
  const least = from > now - 2 * day ? minute : from > now - 30 * day ? hour : day
  const step = steps.find(s => s >= least && Math.floor((to - 1) / s) - Math.floor(from / s) < most) ?? 28 * day
  const first = Math.floor(from / step)
  const points = Array.from({ length: Math.floor((to - 1) / step) - first + 1 }, (_, i) => ({
    time: new Date((first + i) * step).toISOString(),
    packets: [0, 0],
    bytes: [0, 0],
    sessions: 0,
  }))
  for (const [seed, h] of parts.entries()) {
    const share = step / Math.max(step, h.to - h.from) / 1.15
    for (const [i, point] of points.entries()) {
      const at = (first + i) * step
      if (at + step <= h.from || at >= h.to) continue
      const part = share * loud(at, seed)
      for (const side of [0, 1]) {
        for (const what of ['packets', 'bytes'] as const)
          point[what][side] = (point[what][side] ?? 0) + Math.floor((h.c[what][side] ?? 0) * part)
      }
      point.sessions += Math.round(h.c.sessions * part)
    }
  }
  return { step: step / 1000, points }
}
