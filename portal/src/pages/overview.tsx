import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { overview, sensors } from '../api/queries.ts'
import type { Overview as Data, DeviceRow, Sensor } from '../api/types.ts'
import { Bars, CategoryStack, TrafficChart } from '../parts/charts.tsx'
import { nameOf } from '../parts/device.ts'
import { bytes, categoryName, count, exact, fileName, percent, plain, typeName } from '../parts/format.ts'
import { glyphOf } from '../parts/glyphs.ts'
import { DeviceIcon, Icon } from '../parts/icon.tsx'
import { Bones, Card, Chip, Empty, Failure, StateChip, When } from '../parts/parts.tsx'
import { sensorState } from '../parts/sensor.ts'
import { Page } from '../shell/shell.tsx'
import { AlertRows, open, useGravest } from './alert-rows.tsx'
import css from './pages.module.css'

const link = (key: string, value: string) => `/devices?${key}=${encodeURIComponent(value)}`

export function Overview() {
  const data = useQuery(overview)
  return (
    <Page title="Overview">
      {data.data ? (
        <Body data={data.data} />
      ) : data.isError ? (
        <Failure error={data.error} retry={() => void data.refetch()} />
      ) : (
        <Waiting />
      )}
    </Page>
  )
}

function Body({ data }: { data: Data }) {
  const found = useQuery(sensors({}, 0, namedSensors)).data
  const heard = found?.items
  const done = found?.facets.state.find(s => s.key === 'finished')?.count ?? 0
  if (data.devices.total === 0)
    return (
      <Empty icon="sensors" title="Nothing heard yet" action={<Link to="/sensors">Go to the sensors</Link>}>
        {data.sensors.total === 0
          ? 'No sensor has told of anything. Let one join on the Sensors page, start one here with tyto run -i INTERFACE on a mirror port, or play a capture with tyto run --pcap FILE.'
          : 'A sensor is listening, and has heard no device so far. See on the Sensors page whether packets reach it.'}
      </Empty>
    )
  const { devices, conversations } = data
  return (
    <div className={css.pad}>
      <div className={css.cards}>
        <Stat
          to="/devices"
          icon="devices"
          name="Devices"
          value={exact(devices.total)}
          note={`${exact(devices.new_24h)} new in 24 h`}
        />
        <Stat
          to="/alerts?status=new&status=active"
          icon="bell"
          name="Open alerts"
          value={exact(data.alerts.open)}
          note={
            data.alerts.by_severity
              .slice(0, 2)
              .map(c => `${exact(c.count)} ${c.key}`)
              .join(', ') || 'none'
          }
        />
        <Stat
          to="/conversations"
          icon="conversations"
          name="Conversations"
          value={exact(conversations.total)}
          note={`${percent(conversations.total ? conversations.internet / conversations.total : 0)} with the internet`}
        />
        <Stat
          to="/devices?category=unknown"
          icon="unknown"
          name="Not identified"
          value={exact(devices.by_category.find(c => c.key === 'unknown')?.count ?? 0)}
          note="seen, type still unknown"
        />
        <Stat
          to="/sensors"
          icon="sensors"
          name="Sensors"
          value={`${data.sensors.online} of ${data.sensors.total}`}
          {...sensorNote(data.sensors, done)}
        />
      </div>
      <div className={css.columns}>
        <div className={css.wide}>
          <LookFirst />
        </div>
        <Card title="Categories" side={<Link to="/devices">All</Link>}>
          <CategoryStack rows={devices.by_category} />
          <Bars
            rows={devices.by_category}
            total={devices.total}
            category={k => k}
            name={k => categoryName(k)}
            to={k => link('category', k)}
          />
        </Card>
        {data.traffic.length > 1 && (
          <div className={css.wide}>
            <Card title="Traffic, 24 hours" side={<Link to="/conversations?chart=1">Longer</Link>}>
              <TrafficChart points={data.traffic} />
            </Card>
          </div>
        )}
        <Card title="Types">
          <Bars
            rows={devices.by_type.slice(0, 8)}
            name={k => (
              <>
                <Icon name={glyphOf(k)} size={16} />
                <span className="clip">{typeName(k)}</span>
              </>
            )}
            to={k => link('type', k)}
          />
        </Card>
        <Card title="Vendors">
          <Bars
            rows={devices.by_vendor.slice(0, 8)}
            name={k => <span className="clip">{plain(k)}</span>}
            to={k => link('vendor', k)}
          />
        </Card>
        <Card title="Operating systems">
          {devices.by_os.length > 0 ? (
            <Bars
              rows={devices.by_os.slice(0, 8)}
              name={k => <span className="clip">{plain(k)}</span>}
              to={k => link('os', k)}
            />
          ) : (
            <p className="quiet">No device has shown its operating system yet.</p>
          )}
        </Card>
        <Card title="Protocols" side={<Link to="/conversations">All</Link>}>
          <Bars
            rows={data.protocols.slice(0, 8)}
            name={k => <span className="clip">{plain(k)}</span>}
            to={k => `/conversations?protocol=${encodeURIComponent(k)}`}
          />
        </Card>
        <Card title="New devices" flush side={<Link to="/devices?sort=first_seen&order=desc">More</Link>}>
          <DeviceRows rows={data.recent} side={d => <When at={d.first_seen} />} />
        </Card>
        <Card title="Most traffic" flush side={<Link to="/devices?sort=bytes&order=desc">More</Link>}>
          <DeviceRows rows={data.top_talkers} side={d => bytes(d.bytes)} />
        </Card>
        {heard && heard.length > 0 && (
          <Card
            title="Sensors"
            flush
            side={
              <Link to="/sensors">{(found?.total ?? 0) > namedSensors ? `All ${exact(found?.total)}` : 'Details'}</Link>
            }
          >
            <ul className={css.rows}>
              {heard.slice(0, namedSensors).map(s => (
                <SensorLine key={s.name} sensor={s} />
              ))}
            </ul>
          </Card>
        )}
      </div>
    </div>
  )
}

/** How many open alerts and sensors are named here; the lists have them all. */
const namedAlerts = 5
const namedSensors = 8

/** The gravest alerts that nobody dealt with: where a day begins. */
function LookFirst() {
  const found = useGravest({ status: open, top: true }, namedAlerts)
  const list = '/alerts?status=new&status=active&sort=severity&order=desc'
  return (
    <Card title="Look at these first" flush side={<Link to={list}>All open alerts</Link>}>
      {found === undefined ? (
        <Bones lines={5} />
      ) : found.total > 0 ? (
        <AlertRows rows={found.items} />
      ) : (
        <Empty icon="bell" title="No open alerts">
          Nothing was heard that a person should look at, or all of it was dealt with.
        </Empty>
      )}
    </Card>
  )
}

interface StatProps {
  to: string
  icon: 'devices' | 'bell' | 'conversations' | 'unknown' | 'sensors'
  name: string
  value: string
  note: string
  tone?: 'ok' | 'warn'
}

function Stat({ to, icon, name, value, note, tone }: StatProps) {
  return (
    <Link to={to} className={css.stat}>
      <span className={css.statName}>
        <Icon name={icon} size={16} />
        {name}
      </span>
      <span className={css.statValue}>{value}</span>
      <span className={css.statNote} data-tone={tone}>
        {note}
      </span>
    </Link>
  )
}

function DeviceRows({ rows, side }: { rows: DeviceRow[]; side: (d: DeviceRow) => ReactNode }) {
  return (
    <ul className={css.rows}>
      {rows.map(d => (
        <li key={d.id}>
          <Link className={css.rowLink} to={`/devices/${encodeURIComponent(d.id)}`}>
            <DeviceIcon type={d.type} category={d.category} size={20} />
            <span className="clip">{nameOf(d)}</span>
            <span>{side(d)}</span>
            <small className="clip">
              {plain([d.type_name, d.vendor, d.ip].filter(Boolean).join(' · ')) || 'Not identified yet'}
            </small>
          </Link>
        </li>
      ))}
    </ul>
  )
}

function interfaceNames(s: Sensor): string {
  const names = s.interfaces.slice(0, 3).map(i => (i.capture ? fileName(i.name) : plain(i.name)))
  return names.join(', ') + (s.interfaces.length > 3 ? ` and ${s.interfaces.length - 3} more` : '')
}

/** The state of all sensors in a few words. */
function sensorNote(n: Data['sensors'], done: number): { note: string; tone?: 'ok' | 'warn' } {
  if (n.total === 0) return { note: 'none told of itself yet' }
  if (n.lossy > 0) return { note: `${n.lossy} losing packets`, tone: 'warn' }
  if (n.online + done < n.total) return { note: 'not all are online', tone: 'warn' }
  return done > 0 ? { note: 'recordings read to their end' } : { note: 'online, no loss', tone: 'ok' }
}

function SensorLine({ sensor }: { sensor: Sensor }) {
  const lossy = sensor.interfaces.filter(i => i.state === 'lossy')
  const packets = sensor.interfaces.reduce((n, i) => n + i.packets, 0)
  return (
    <li>
      <Link className={css.rowLink} to={`/sensors?q=${encodeURIComponent(sensor.name)}`}>
        <Icon name="sensors" />
        <span className="clip">{plain(sensor.name)}</span>
        <span className={css.pair}>
          {lossy.length > 0 && <Chip tone="warn">{percent(Math.max(...lossy.map(i => i.loss_ratio)))} lost</Chip>}
          <StateChip of={sensorState(sensor)} />
        </span>
        <small className="clip">
          {plain([sensor.zone, interfaceNames(sensor), `${count(packets)} packets`].filter(Boolean).join(' · '))}
        </small>
      </Link>
    </li>
  )
}

function Waiting() {
  return (
    <div className={css.pad}>
      <div className={css.cards}>
        {['a', 'b', 'c', 'd'].map(k => (
          <Card key={k}>
            <Bones lines={2} />
          </Card>
        ))}
      </div>
      <div className={css.columns}>
        <div className={css.wide}>
          <Card>
            <Bones lines={6} />
          </Card>
        </div>
        <Card>
          <Bones lines={6} />
        </Card>
      </div>
    </div>
  )
}
