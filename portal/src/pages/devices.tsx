import { useEffect } from 'react'
import { Link, useLocation } from 'react-router'
import { type DeviceFilter, devicesPage } from '../api/queries.ts'
import type { DeviceList, DeviceRow } from '../api/types.ts'
import { nameOf } from '../parts/device.ts'
import { attributeName, bytes, categoryName, count, exact, plain, typeName } from '../parts/format.ts'
import { DeviceIcon, Icon } from '../parts/icon.tsx'
import { CategoryChip, Chip, Confidence, Empty, Said, When } from '../parts/parts.tsx'
import { Page } from '../shell/shell.tsx'
import { ListView } from '../table/list.tsx'
import tools from '../table/table.module.css'
import type { Column } from '../table/table.tsx'
import css from './pages.module.css'

/** The address of the list as it was last seen, so that a device leads back to it. */
export let lastList = '/devices'

const filters = ['category', 'type', 'vendor', 'os', 'role', 'site', 'zone'] as const

const to = (d: DeviceRow) => `/devices/${encodeURIComponent(d.id)}`

const columns: Column<DeviceRow>[] = [
  {
    id: 'device',
    label: 'Device',
    sort: 'hostname',
    width: 205,
    cell: d => (
      <span className={css.nameCell}>
        <DeviceIcon type={d.type} category={d.category} size={20} />
        <Link to={to(d)} className="clip" title={nameOf(d)}>
          {nameOf(d)}
        </Link>
      </span>
    ),
  },
  {
    id: 'ip',
    label: 'IP address',
    sort: 'ip',
    width: 130,
    cell: d => (
      <span title={d.ips.join('\n')}>
        {d.ip ?? (d.mac ? <span className="quiet">{d.mac}</span> : '–')}
        {d.ips.length > 1 && <span className="quiet"> +{d.ips.length - 1}</span>}
      </span>
    ),
  },
  {
    id: 'type',
    label: 'Type',
    sort: 'type',
    width: 170,
    cell: d =>
      d.type ? (
        <span className={css.pair}>
          <Confidence word={d.confidence} bare />
          <span className="clip" title={d.type_name || typeName(d.type)}>
            {d.type_name || typeName(d.type)}
          </span>
        </span>
      ) : (
        <span className="quiet">Not identified</span>
      ),
  },
  { id: 'category', label: 'Category', width: 90, cell: d => <CategoryChip category={d.category} /> },
  { id: 'vendor', label: 'Vendor', sort: 'vendor', width: 120, cell: d => <Said text={d.vendor} /> },
  { id: 'model', label: 'Model', sort: 'model', width: 170, cell: d => <Said text={d.model} /> },
  { id: 'os', label: 'OS', sort: 'os', width: 140, cell: d => <Said text={d.os} /> },
  { id: 'firmware', label: 'Firmware', width: 120, cell: d => <Said text={d.firmware} /> },
  { id: 'hostname', label: 'Host name', sort: 'hostname', width: 180, cell: d => <Said text={d.hostname} /> },
  { id: 'mac', label: 'MAC address', width: 150, cell: d => <Said text={d.mac} /> },
  { id: 'nic_vendor', label: 'Network card', width: 170, cell: d => <Said text={d.nic_vendor} /> },
  { id: 'role', label: 'Role', width: 140, cell: d => <Said text={d.role} /> },
  {
    id: 'protocols',
    label: 'Protocols',
    width: 200,
    cell: d => (
      <span className={css.chipsCell} title={d.protocols.join(', ')}>
        {d.protocols.slice(0, 3).map(p => (
          <Chip key={p}>{p}</Chip>
        ))}
        {d.protocols.length > 3 && <span className="quiet">+{d.protocols.length - 3}</span>}
      </span>
    ),
  },
  { id: 'zone', label: 'Zone', width: 120, cell: d => <Said text={d.zone} /> },
  { id: 'sensor', label: 'Sensor', width: 120, cell: d => <Said text={d.sensor} /> },
  {
    id: 'packets',
    label: 'Packets sent',
    sort: 'packets',
    width: 110,
    end: true,
    cell: d => <span title={exact(d.packets)}>{count(d.packets)}</span>,
  },
  {
    id: 'bytes',
    label: 'Bytes sent',
    sort: 'bytes',
    width: 100,
    end: true,
    cell: d => <span title={exact(d.bytes)}>{bytes(d.bytes)}</span>,
  },
  { id: 'first_seen', label: 'First seen', sort: 'first_seen', width: 110, cell: d => <When at={d.first_seen} /> },
  { id: 'last_seen', label: 'Last seen', sort: 'last_seen', width: 110, cell: d => <When at={d.last_seen} /> },
]

const standard = ['device', 'ip', 'type', 'category', 'vendor', 'model', 'os', 'last_seen']
const standardSmall = ['device', 'ip', 'type', 'vendor', 'last_seen']

function filterName(filter: string, value: string): string {
  if (filter === 'category') return categoryName(value)
  if (filter === 'type') return typeName(value)
  return filter === 'vendor' || filter === 'os' ? value : `${attributeName(filter)}: ${value}`
}

function Compact({ d }: { d: DeviceRow }) {
  return (
    <div className={tools.compact}>
      <DeviceIcon type={d.type} category={d.category} size={24} />
      <Link to={to(d)} className="clip">
        {nameOf(d)}
      </Link>
      <span className="quiet">
        <When at={d.last_seen} />
      </span>
      <span className="clip">
        {plain([d.type_name ?? 'Not identified', d.vendor, d.ip ?? d.mac].filter(Boolean).join(' · '))}
      </span>
    </div>
  )
}

const rows = {
  label: 'Devices',
  name: 'devices',
  columns,
  rowId: (d: DeviceRow) => d.id,
  rowTo: to,
  compact: (d: DeviceRow) => <Compact d={d} />,
}

export function Devices() {
  const { search } = useLocation()
  useEffect(() => {
    lastList = `/devices${search}`
  }, [search])
  return (
    <Page title="Devices" className={css.fill}>
      <ListView<DeviceRow, DeviceList, DeviceFilter>
        rows={rows}
        noun="device"
        search="Search name, address, vendor, model"
        standard={standard}
        standardSmall={standardSmall}
        filters={filters}
        facets={{ category: 'Category', type: 'Type', vendor: 'Vendor', os: 'OS' }}
        words={filterName}
        page={devicesPage}
        topic="devices"
        tools={filter => (
          <a className={tools.facet} href={csv(filter)} download="devices.csv" title="All devices of this list, as CSV">
            <Icon name="download" size={16} />
            CSV
          </a>
        )}
        hint="Nothing in the inventory has all of this. Take a filter away, or search for a part of a name or an address."
        none={
          <Empty icon="devices" title="No devices yet" action={<Link to="/sensors">See the sensors</Link>}>
            Devices appear here as soon as a sensor hears them. If none do, see whether packets reach the sensors.
          </Empty>
        }
      />
    </Page>
  )
}

/** The address of the list as CSV. */
function csv(filter: DeviceFilter): string {
  const params = new URLSearchParams()
  for (const [k, v] of Object.entries(filter)) for (const x of Array.isArray(v) ? v : [v]) params.append(k, String(x))
  return `/api/v1/devices.csv?${params}`
}
