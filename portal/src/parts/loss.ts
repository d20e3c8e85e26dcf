import type { SensorGap, SensorMember, SensorUplink, SiteList } from '../api/sensors.ts'
import { bytes, exact, known, moment, percent, plain } from './format.ts'

/** What is lost or waits between a sensor and the hub, in words. */

const reasons: Record<string, string> = {
  full: 'the hub was away for so long that the room for them was full, and the oldest went',
  disk: 'the disk of the sensor was full',
  damaged: 'what was kept for the hub could not be read any more',
  unheard: 'the room was full of what is never dropped, and took nothing more',
}

const classes: Record<string, string> = {
  A: 'news of devices and health',
  B: 'conversations, acts and what was told before',
  C: 'samples',
}

/** What a gap means, as a sentence. */
export function gapText(g: SensorGap): string {
  const what =
    g.events === 0 ? 'An unknown number of events' : `${exact(g.events)} ${g.events === 1 ? 'event' : 'events'}`
  const of = g.class ? ` (${known(classes, g.class) ?? g.class})` : ''
  const span = g.first && g.last ? ` from ${moment(g.first)} to ${moment(g.last)}` : ''
  const why = known(reasons, g.reason) ?? plain(g.reason)
  const detail = g.detail ? ` ${plain(g.detail)}.` : ''
  return `${what}${of}${span}: ${why}.${detail}`
}

/** What a sensor keeps that the hub does not have yet. */
export function backlogText(u: SensorUplink): { text: string; tone?: 'warn' } {
  const full = u.capacity > 0 ? u.bytes / u.capacity : 0
  // The newest report is itself among what waits while it is on its way.
  if (u.events <= 5 && full < 0.01) return { text: 'Nothing waits: the hub has everything' }
  const room = u.capacity > 0 ? `, ${percent(full)} of the room for it` : ''
  return {
    text: `${exact(u.events)} events wait at the sensor (${bytes(u.bytes)}${room})`,
    ...(full > 0.5 ? { tone: 'warn' as const } : {}),
  }
}

/** By which right a sensor speaks, if that needs to be said. */
export function memberState(
  m: SensorMember | undefined,
): { tone: 'warn' | 'bad'; text: string; title: string } | undefined {
  if (m?.state === 'revoked')
    return { tone: 'bad', text: 'Revoked', title: `By ${plain(m.revoked_by ?? '')}, ${moment(m.revoked)}` }
  if (m?.state === 'expired')
    return {
      tone: 'warn',
      text: 'Certificate expired',
      title: 'It renews it by itself up to 7 days after that; later it has to join again',
    }
  return undefined
}

/** What people call a zone, with its site. */
export function zoneText(id: string, places: SiteList | undefined): string {
  for (const s of places?.items ?? []) {
    const z = s.zones.find(x => x.id === id)
    if (z) return `${plain(z.title)}, ${plain(s.title)}`
  }
  return plain(places?.nowhere.find(z => z.id === id)?.title ?? id)
}
