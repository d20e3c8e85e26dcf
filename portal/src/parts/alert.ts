import type { Alert, AlertDetail } from '../api/types.ts'
import { fileName, plain } from './format.ts'

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

/** An alert as lines of text, for a ticket or a mail; link is where it is. */
export function inWords({ alert: a, evidence: e, action, description }: AlertDetail, link: string): string {
  const who = (p: Alert['parties'][number]) => {
    const name = partyText(p)
    const more = [p.ip, p.mac].filter(x => x && x !== name).join(', ')
    return more ? `${name} (${more})` : name
  }
  const frame = e.packet ? `frame ${e.packet}${e.capture ? ` of ${fileName(e.capture)}` : ''}` : ''
  const lines: [string, string | undefined][] = [
    ['Devices', a.parties.map(who).join(' → ')],
    ['Seen', a.detail],
    ['First', a.first_seen],
    ['Last', a.count > 1 ? `${a.last_seen}, ${a.count} times` : a.last_seen],
    ['Evidence', [e.protocol, frame, e.sensor && `sensor ${e.sensor}`].filter(Boolean).join(', ')],
    ['ATT&CK', a.techniques.join(' ')],
    ['Rule', a.rule],
    ['Why', description],
    ['What to do', action],
    ['More', link],
  ]
  return [
    `${severities[a.severity]?.text ?? plain(a.severity)}: ${plain(a.title)}`,
    ...lines.flatMap(([what, text]) => (text ? [`${what}: ${plain(text)}`] : [])),
  ].join('\n')
}
