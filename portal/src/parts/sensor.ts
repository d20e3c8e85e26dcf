import type { Sensor, SensorInterface } from '../api/types.ts'

interface State {
  tone?: 'ok' | 'warn' | 'bad'
  text: string
  title: string
}

/** Whether a sensor had nothing but recordings, and has read them to their end. */
export function isDone(s: Sensor): boolean {
  return !s.online && s.interfaces.length > 0 && s.interfaces.every(i => i.capture)
}

export function sensorState(s: Sensor): State {
  if (s.online) return { tone: 'ok', text: 'Online', title: 'It told something within a minute' }
  if (!s.last_seen) return { text: 'Not started', title: 'It joined, and told nothing yet' }
  if (isDone(s)) return { text: 'Finished', title: 'Its recordings are read to their end' }
  return { tone: 'bad', text: 'Offline', title: 'It has told nothing for a minute' }
}

export function interfaceState(i: SensorInterface): State {
  switch (i.state) {
    case 'lossy':
      return {
        tone: 'warn',
        text: 'Losing packets',
        title: 'Over 0.1 % of packets were lost: what is concluded from them is weaker',
      }
    case 'listening':
      return { tone: 'ok', text: i.capture ? 'Playing' : 'Listening', title: 'Packets are read as they come' }
    default:
      return i.capture
        ? { text: 'Read', title: 'A recorded capture, read to its end' }
        : { text: 'Silent', title: 'It has told nothing for a minute' }
  }
}

/** What needs attention first, then what listens, then recordings, the newest first. */
export function byUrgency(all: SensorInterface[]): SensorInterface[] {
  const rank = (i: SensorInterface) => (i.state === 'lossy' ? 0 : i.capture ? 3 : i.state === 'silent' ? 1 : 2)
  return [...all].sort(
    (a, b) => rank(a) - rank(b) || (b.last ?? '').localeCompare(a.last ?? '') || a.name.localeCompare(b.name),
  )
}
