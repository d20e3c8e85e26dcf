import type { Sensor, SensorInterface } from '../api/types.ts'
import { known } from './format.ts'

interface State {
  tone?: 'ok' | 'warn' | 'bad'
  text: string
  title: string
}

const states: Record<Sensor['state'], State> = {
  expired: {
    tone: 'warn',
    text: 'Certificate expired',
    title: 'It renews it by itself up to 7 days after that; later it has to join again',
  },
  offline: { tone: 'bad', text: 'Offline', title: 'It has told nothing for a minute' },
  lossy: { tone: 'warn', text: 'Losing packets', title: 'Over 0.1 % of packets of an interface were lost' },
  behind: {
    tone: 'warn',
    text: 'Behind',
    title: 'More than half of its room for what waits is full, or batches were refused',
  },
  mirror: { tone: 'warn', text: 'Mirror', title: 'Something is wrong with the traffic that is mirrored to it' },
  new: { text: 'Not started', title: 'It joined, and told nothing yet' },
  online: { tone: 'ok', text: 'Online', title: 'It told something within a minute' },
  finished: { text: 'Finished', title: 'Its recordings are read to their end' },
  revoked: { tone: 'bad', text: 'Revoked', title: 'The hub takes nothing of it' },
}

/** A state of a sensor in words. */
export const stateText = (state: string): string => known(states, state)?.text ?? state

/** Whether a sensor is heard of, whatever else is to be said of it. */
export function sensorState(s: Sensor): State {
  if (s.online) return states.online
  if (!s.last_seen) return states.new
  return s.state === 'finished' ? states.finished : states.offline
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
