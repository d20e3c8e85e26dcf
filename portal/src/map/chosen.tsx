import { Link } from 'react-router'
import type { MapDevice } from '../api/types.ts'
import { bytes, count, plain, typeName } from '../parts/format.ts'
import { DeviceIcon, Icon } from '../parts/icon.tsx'
import css from './map.module.css'
import { endName, type Line } from './model.ts'

interface Props {
  id: string
  devices: ReadonlyMap<string, MapDevice>
  lines: readonly Line[]
  choose: (id: string | undefined) => void
}

const listed = 100

/** What was chosen on the map: what it is, and whom it talks to. */
export function Chosen({ id, devices, lines, choose }: Props) {
  const d = devices.get(id)
  const sorted = [...lines].sort((a, b) => b.bytes - a.bytes || (a.id < b.id ? -1 : 1))
  return (
    <>
      <div className={css.head}>
        {d ? <DeviceIcon type={d.type} category={d.category} size={22} /> : <Icon name="globe" size={22} />}
        <h2 className="clip">{endName(id, devices)}</h2>
        <button type="button" className={css.close} aria-label="Choose none" onClick={() => choose(undefined)}>
          <Icon name="close" size={16} />
        </button>
      </div>
      {d && (
        <>
          <p className="quiet">
            {[d.type && typeName(d.type), d.vendor, d.ip, d.zone]
              .filter(Boolean)
              .map(x => plain(x as string))
              .join(' · ') || 'Not identified yet'}
          </p>
          <p className={css.ways}>
            <Link to={`/devices/${encodeURIComponent(id)}`}>Open the device</Link>
            <Link to={`/conversations?device=${encodeURIComponent(id)}`}>Its conversations</Link>
          </p>
        </>
      )}
      <h3>
        Talks to {count(lines.length)} {lines.length === 1 ? 'other' : 'others'}
      </h3>
      <ul className={css.peers}>
        {sorted.slice(0, listed).map(l => {
          const other = l.ends[0] === id ? l.ends[1] : l.ends[0]
          return (
            <li key={l.id}>
              <button type="button" onClick={() => choose(other)}>
                <span className="clip">{endName(other, devices)}</span>
                <span>{bytes(l.bytes)}</span>
                <small className="clip">
                  {[...l.protocols.keys()].map(p => (p ? plain(p) : 'not known')).join(', ')}
                </small>
              </button>
            </li>
          )
        })}
      </ul>
      {lines.length > listed && (
        <p className="quiet">and {count(lines.length - listed)} more; the table has them all</p>
      )}
    </>
  )
}
