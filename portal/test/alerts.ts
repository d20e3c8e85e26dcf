import type { Alert, AlertDetail } from '../src/api/types.ts'
import type { World } from './world.ts'

/** What each decision makes of an alert. */
export const decided: Record<string, Alert['status']> = {
  close: 'closed',
  mute: 'muted',
  learn: 'learned',
  reopen: 'active',
}

const kinds: [string, Alert['severity'], string][] = [
  ['telnet-scan', 'critical', 'Telnet is looked for on many hosts, as Mirai does'],
  ['plc-stop', 'major', 'A controller was told to stop'],
  ['port-scan', 'major', 'Many ports of a host are tried'],
  ['snmp-default-community', 'minor', 'A device answers to a default SNMP community'],
  ['ftp', 'warning', 'FTP is in use'],
]

const became = new WeakMap<World, Map<string, Alert['status']>>()

/** Gives an alert another status; false if there is none of that id. */
export function become(w: World, id: string, status: Alert['status']): boolean {
  if (!alerts(w).some(a => a.id === id)) return false
  const all = became.get(w) ?? new Map<string, Alert['status']>()
  became.set(w, all.set(id, status))
  return true
}

/** The alerts of a made-up network, the gravest first. */
export function alerts(w: World): Alert[] {
  return kinds.map(([rule, severity, title], i) => {
    const device = w.rows[i % w.rows.length]
    return {
      id: `00000000000000a${i}`,
      rule,
      severity,
      title,
      detail: 's7comm plc stop, ok',
      status: became.get(w)?.get(`00000000000000a${i}`) ?? 'new',
      parties: [
        {
          ...(device ? { id: device.id } : {}),
          ...(device?.hostname ? { name: device.hostname } : {}),
          ip: device?.ip ?? '10.0.0.1',
        },
        { ip: '10.0.0.9' },
      ],
      techniques: ['T0858'],
      zone: 'default',
      first_seen: new Date(w.now - (i + 2) * 600_000).toISOString(),
      last_seen: new Date(w.now - i * 600_000).toISOString(),
      count: 3 * i + 1,
      children: i === 0 ? 1 : 0,
      learnable: false,
      ...(i === 2 ? { parent: '00000000000000a0' } : {}),
    }
  })
}

/** An alert as the API tells it whole. */
export const alertDetail = (alert: Alert): AlertDetail => ({
  alert,
  evidence: { capture: 'hall.pcap', packet: 4711, protocol: 's7comm', field: 's7comm plc stop' },
  description: 'A command that stops the program of a controller.',
  action: 'Ask who is working on the controller.',
  packets: true,
  thresholds: [{ name: 'ports', value: 25, unit: 'ports', text: 'Ports tried that are too many' }],
  history: alert.status === 'new' ? [] : [{ time: alert.last_seen, who: 'admin', status: alert.status }],
})
