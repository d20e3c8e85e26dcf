import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { sensors } from '../api/queries.ts'
import type { Sensor, SensorInterface } from '../api/types.ts'
import { bytes, count, exact, percent, plain } from '../parts/format.ts'
import { Icon } from '../parts/icon.tsx'
import { Bones, Card, Chip, Empty, Failure, When } from '../parts/parts.tsx'
import { Page } from '../shell/shell.tsx'
import css from './pages.module.css'

export default function Sensors() {
  const data = useQuery(sensors)
  return (
    <Page title="Sensors">
      {data.data ? (
        data.data.items.length > 0 ? (
          <div className={css.pad}>
            {data.data.items.map(s => (
              <One key={s.name} sensor={s} />
            ))}
          </div>
        ) : (
          <Empty icon="sensors" title="No sensor has told of anything yet">
            Start one on a mirror port with <code>tyto run -i INTERFACE</code>, or play a recorded capture with{' '}
            <code>tyto run --pcap FILE</code>. A sensor sends nothing on the interface that it listens to.
          </Empty>
        )
      ) : data.isError ? (
        <Failure error={data.error} retry={() => void data.refetch()} />
      ) : (
        <div className={css.pad}>
          <Card>
            <Bones lines={5} />
          </Card>
        </div>
      )}
    </Page>
  )
}

function One({ sensor }: { sensor: Sensor }) {
  return (
    <Card
      flush
      title={
        <span className={css.sensorHead}>
          <Icon name="sensors" />
          {plain(sensor.name)}
          <Chip tone={sensor.online ? 'ok' : 'bad'}>{sensor.online ? 'Online' : 'Offline'}</Chip>
        </span>
      }
      side={
        <span className={`${css.sensorHead} quiet`}>
          {sensor.zone && <span>Zone {plain(sensor.zone)}</span>}
          {sensor.version && <span>Version {plain(sensor.version)}</span>}
          <span>
            Heard of <When at={sensor.last_seen} />
          </span>
        </span>
      }
    >
      {sensor.interfaces.length > 0 ? (
        <div className={css.scrollX}>
          <table className={`${css.plain} ${css.sensor}`}>
            <thead>
              <tr>
                <th scope="col" style={{ width: '22%' }}>
                  Interface
                </th>
                <th scope="col">State</th>
                <th scope="col" className={css.end}>
                  Packets
                </th>
                <th scope="col" className={css.end}>
                  Bytes
                </th>
                <th scope="col">Lost</th>
                <th scope="col">First packet</th>
                <th scope="col">Last report</th>
                <th scope="col">
                  <span className="spoken">Counters</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {sensor.interfaces.map(i => (
                <Interface key={i.name} of={i} />
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        <Empty icon="sensors" title="It listens to no interface">
          Name one in its configuration, or with <code>-i</code>.
        </Empty>
      )}
    </Card>
  )
}

const states = {
  listening: { tone: 'ok', text: 'Listening', title: 'Packets are read as they come' },
  lossy: {
    tone: 'warn',
    text: 'Losing packets',
    title: 'Over 0.1 % of packets were lost: what is concluded from them is weaker',
  },
  silent: { tone: undefined, text: 'Silent', title: 'It has told nothing for a minute' },
} as const

function Interface({ of: i }: { of: SensorInterface }) {
  const [open, setOpen] = useState(false)
  const state =
    i.capture && i.state === 'silent'
      ? { tone: undefined, text: 'Read', title: 'A recorded capture, read to its end' }
      : states[i.state]
  const counters = Object.entries(i.counters).sort(([a], [b]) => a.localeCompare(b))
  return (
    <>
      <tr>
        <td>
          <strong>{plain(i.name)}</strong>
          {i.capture && <span className="quiet"> recorded</span>}
        </td>
        <td>
          <Chip {...(state.tone ? { tone: state.tone } : {})} title={state.title}>
            {state.text}
          </Chip>
        </td>
        <td className={css.end} title={exact(i.packets)}>
          {count(i.packets)}
        </td>
        <td className={css.end} title={exact(i.bytes)}>
          {bytes(i.bytes)}
        </td>
        <td className={css.fixed} title={`${exact(i.dropped)} packets were there and not looked at`}>
          <span className={css.loss} aria-hidden="true">
            {/* A tenth of all packets lost fills the bar. */}
            <i style={{ width: `${Math.min(100, i.loss_ratio * 1000)}%` }} />
          </span>
          {percent(i.loss_ratio)}
        </td>
        <td className={css.fixed}>
          <When at={i.first} />
        </td>
        <td className={css.fixed}>
          <When at={i.last} />
        </td>
        <td className={css.end}>
          <button type="button" className={css.more} aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? 'Hide counters' : 'Counters'}
          </button>
        </td>
      </tr>
      {open && (
        <tr>
          <td colSpan={8} style={{ padding: 0 }}>
            <dl className={css.counters}>
              {counters.map(([name, n]) => (
                <div key={name}>
                  <dt className="quiet">{plain(name).replaceAll('_', ' ')}</dt>
                  <dd>{exact(n)}</dd>
                </div>
              ))}
            </dl>
          </td>
        </tr>
      )}
    </>
  )
}
