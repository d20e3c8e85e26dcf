import type { Alert } from '../api/types.ts'
import { plain } from './format.ts'

type Tone = 'ok' | 'warn' | 'bad'

/** How grave an alert is: its word and its colour. */
export const severities: Record<string, { text: string; tone?: Tone }> = {
  critical: { text: 'Critical', tone: 'bad' },
  major: { text: 'Major', tone: 'bad' },
  minor: { text: 'Minor', tone: 'warn' },
  warning: { text: 'Warning' },
}

/** What became of an alert. */
export const statuses: Record<string, { text: string; title: string; tone?: Tone }> = {
  new: { text: 'New', title: 'Nobody looked at it yet, or it came again after it was closed', tone: 'warn' },
  active: { text: 'Active', title: 'Somebody took it up', tone: 'warn' },
  closed: { text: 'Closed', title: 'Dealt with; it is new once more when it occurs again' },
  muted: { text: 'Muted', title: 'Counted only' },
  learned: { text: 'Learned', title: 'Usual here; the same is no alert any more', tone: 'ok' },
}

/** What a party of an alert is called. */
export const partyText = (p: Alert['parties'][number]) => plain(p.name || p.ip || p.mac || '–')
