import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { sensors } from '../api/queries.ts'
import type { Sensor, SensorInterface } from '../api/types.ts'
import { bytes, count, exact, fileName, percent, plain } from '../parts/format.ts'
import { Icon } from '../parts/icon.tsx'
import { Bones, Card, Empty, Failure, StateChip, When } from '../parts/parts.tsx'
import { byUrgency, interfaceState, sensorState } from '../parts/sensor.ts'
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

const most = 25

function One({ sensor }: { sensor: Sensor }) {
  const [all, setAll] = useState(false)
  const interfaces = byUrgency(sensor.interfaces)
  return (
    <Card
      flush
      title={
        <span className={css.sensorHead}>
          <Icon name="sensors" />
          {plain(sensor.name)}
          <StateChip of={sensorState(sensor)} />
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
            <colgroup>
              {[undefined, 130, 90, 90, 170, 120, 110, 130].map((width, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: the columns have nothing but their place
                <col key={i} style={{ width }} />
              ))}
            </colgroup>
            <thead>
              <tr>
                <th scope="col">Interface</th>
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
              {(all ? interfaces : interfaces.slice(0, most)).map(i => (
                <Interface key={i.name} of={i} />
              ))}
            </tbody>
          </table>
          {!all && interfaces.length > most && (
            <div className={css.panelTools}>
              <button type="button" className={css.more} onClick={() => setAll(true)}>
                Show all {exact(interfaces.length)}
              </button>
            </div>
          )}
        </div>
      ) : (
        <Empty icon="sensors" title="It listens to no interface">
          Name one in its configuration, or with <code>-i</code>.
        </Empty>
      )}
    </Card>
  )
}

function Interface({ of: i }: { of: SensorInterface }) {
  const [open, setOpen] = useState(false)
  const state = interfaceState(i)
  // Times stand in columns of their own.
  const counters = Object.entries(i.counters)
    .filter(([name]) => !name.endsWith('_ns'))
    .sort(([a], [b]) => a.localeCompare(b))
  return (
    <>
      <tr>
        <td>
          <strong title={plain(i.name)}>{i.capture ? fileName(i.name) : plain(i.name)}</strong>
          {i.capture && <span className="quiet"> recorded</span>}
        </td>
        <td>
          <StateChip of={state} />
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
