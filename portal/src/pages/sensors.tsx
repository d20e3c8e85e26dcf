import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'react-router'
import { sensors, useSession } from '../api/queries.ts'
import { type SiteList, sites } from '../api/sensors.ts'
import type { Sensor, SensorInterface } from '../api/types.ts'
import { bytes, count, exact, fileName, percent, plain } from '../parts/format.ts'
import { Icon } from '../parts/icon.tsx'
import { backlogText, gapText, memberState, zoneText } from '../parts/loss.ts'
import { Bones, Card, Empty, Failure, StateChip, When } from '../parts/parts.tsx'
import { byUrgency, interfaceState, sensorState } from '../parts/sensor.ts'
import { useKeys } from '../shell/keys.ts'
import { Page } from '../shell/shell.tsx'
import { useListState } from '../table/state.ts'
import { NoneFits } from '../table/tools.tsx'
import css from './pages.module.css'
import { Expires, Join, NoSensor, Revoke, Waiting } from './sensor-join.tsx'
import { Chosen, Pager, SensorTools, sensorFilters, shownAtOnce, usePage } from './sensor-tools.tsx'
import mine from './sensors.module.css'
import { Sites } from './sites.tsx'

export default function Sensors() {
  const state = useListState(sensorFilters)
  const [total, setTotal] = useState<number>()
  const [page, go] = usePage(total)
  const data = useQuery(sensors({ ...(state.q && { q: state.q }), ...state.filters }, page * shownAtOnce, shownAtOnce))
  if (data.data && data.data.total !== total) setTotal(data.data.total)
  const places = useQuery(sites)
  const who = useSession()
  const [joining, setJoining] = useState(false)
  const [revoking, setRevoking] = useState<string>()
  const [chosen, setChosen] = useState<Sensor[]>([])
  const admin = who?.role === 'admin' && who.all_sites
  const join = () => admin && setJoining(true)
  useKeys({ n: join })
  const choose = (s: Sensor) =>
    setChosen(was => (was.some(x => x.name === s.name) ? was.filter(x => x.name !== s.name) : [...was, s]))
  const searched = state.q !== '' || state.active > 0
  return (
    <Page title="Sensors">
      {data.data ? (
        <div className={css.pad}>
          {admin && (
            <div className={css.sensorHead} style={{ justifyContent: 'space-between' }}>
              <p className="quiet">Each sensor speaks for one zone, with a certificate of its own.</p>
              <Button onClick={join} leftSection={<Icon name="sensors" size={16} />}>
                Join a sensor
              </Button>
            </div>
          )}
          {admin && <Waiting />}
          {(searched || data.data.total > 0) && <SensorTools state={state} list={data.data} places={places.data} />}
          <Chosen sensors={chosen} places={places.data} clear={() => setChosen([])} />
          {data.data.total > 0 ? null : searched ? (
            <NoneFits noun="sensor" clear={state.clear}>
              Take a filter away, or search for a part of a name.
            </NoneFits>
          ) : (
            <NoSensor mayJoin={admin} join={join} />
          )}
          {data.data.items.map(s => (
            <One
              key={s.name}
              sensor={s}
              places={places.data}
              {...(admin ? { revoke: setRevoking, choose, chosen: chosen.some(x => x.name === s.name) } : {})}
            />
          ))}
          <Pager page={page} total={data.data.total} go={go} />
          <Sites admin={admin} />
        </div>
      ) : data.isError ? (
        <Failure error={data.error} retry={() => void data.refetch()} />
      ) : (
        <div className={css.pad}>
          <Card>
            <Bones lines={5} />
          </Card>
        </div>
      )}
      {joining && <Join close={() => setJoining(false)} />}
      {revoking && (
        <Revoke names={[revoking]} close={() => setRevoking(undefined)} done={() => setRevoking(undefined)} />
      )}
    </Page>
  )
}

/** How a sensor stands with the hub: what waits, what was lost, its certificate. */
function Standing({ sensor: s, revoke }: { sensor: Sensor; revoke?: (name: string) => void }) {
  const [open, setOpen] = useState(false)
  const waits = s.uplink && backlogText(s.uplink)
  if (!s.member && !s.uplink && s.gaps.length === 0) return null
  return (
    <>
      <dl className={mine.facts}>
        {waits && (
          <div>
            <dt>Backlog</dt>
            <dd data-tone={waits.tone}>
              {waits.text}
              {s.uplink?.oldest && s.uplink.events > 5 && (
                <span className="quiet">
                  , the oldest of <When at={s.uplink.oldest} />
                </span>
              )}
            </dd>
          </div>
        )}
        {(s.member || s.uplink) && (
          <div>
            <dt>Lost on the way</dt>
            <dd data-tone={s.gaps.length > 0 ? 'warn' : undefined}>
              {s.gaps.length === 0 ? 'Nothing' : `${exact(s.lost)} events `}
              {s.gaps.length > 0 && (
                <button type="button" className={css.more} aria-expanded={open} onClick={() => setOpen(!open)}>
                  {open ? 'Hide what' : 'Say what'}
                </button>
              )}
            </dd>
          </div>
        )}
        {s.uplink !== undefined && s.uplink.refused > 0 && (
          <div>
            <dt>Refused</dt>
            <dd data-tone="warn">
              {exact(s.uplink.refused)} batches, which are tried again when it starts: are sensor and hub of one
              version?
            </dd>
          </div>
        )}
        {s.member && s.member.state !== 'revoked' && (
          <div>
            <dt>Certificate until</dt>
            <dd className={mine.certificate}>
              <Expires {...(s.member.expires ? { at: s.member.expires } : {})} />
              {revoke && (
                <button
                  type="button"
                  className={css.more}
                  aria-label={`Revoke ${plain(s.name)}`}
                  onClick={() => revoke(s.name)}
                >
                  Revoke…
                </button>
              )}
            </dd>
          </div>
        )}
      </dl>
      {open && (
        <ul className={mine.gaps}>
          {s.gaps.map(g => (
            <li key={`${g.received} ${g.from ?? 0} ${g.events}`}>{gapText(g)}</li>
          ))}
        </ul>
      )}
    </>
  )
}

const most = 25

function One({
  sensor,
  places,
  revoke,
  choose,
  chosen = false,
}: {
  sensor: Sensor
  places: SiteList | undefined
  revoke?: (name: string) => void
  choose?: (s: Sensor) => void
  chosen?: boolean
}) {
  const [all, setAll] = useState(false)
  const interfaces = byUrgency(sensor.interfaces)
  const member = memberState(sensor.member)
  return (
    <Card
      flush
      title={
        <span className={css.sensorHead}>
          {choose && (
            <input
              type="checkbox"
              aria-label={`Choose ${plain(sensor.name)}`}
              checked={chosen}
              onChange={() => choose(sensor)}
            />
          )}
          <Icon name="sensors" />
          {plain(sensor.name)}
          <StateChip of={sensorState(sensor)} />
          {member && <StateChip of={member} />}
        </span>
      }
      side={
        <span className={`${css.sensorHead} quiet`}>
          {sensor.zone && (
            <Link to={`/devices?zone=${encodeURIComponent(sensor.zone)}`} title="The devices that are known there">
              Zone {zoneText(sensor.zone, places)}
            </Link>
          )}
          {sensor.version && <span>Version {plain(sensor.version)}</span>}
          {sensor.last_seen && (
            <span>
              Heard of <When at={sensor.last_seen} />
            </span>
          )}
        </span>
      }
    >
      <Standing sensor={sensor} {...(revoke ? { revoke } : {})} />
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
        <Empty
          icon="sensors"
          title={sensor.last_seen ? 'It listens to no interface' : 'It joined, and told nothing yet'}
        >
          Start it with the interface that gets the mirrored traffic: <code>tyto sensor -i INTERFACE</code>
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
          {i.coverage === 'endpoint' && (
            <span
              className="quiet"
              title="Its own conversations, broadcast and multicast; not what others say to each other"
            >
              {' '}
              endpoint
            </span>
          )}
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
      {i.findings.map(f => (
        <tr key={f.text}>
          <td colSpan={8}>
            <p className={mine.finding} data-level={f.level}>
              <Icon name="warning" size={16} /> {f.text} <span className="quiet">{f.remedy}</span>
            </p>
          </td>
        </tr>
      ))}
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
