import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'react-router'
import { acts, type DeviceAct, type Moved } from '../api/acts.ts'
import type { Device, Module, Party } from '../api/types.ts'
import { bytes, exact, plain } from '../parts/format.ts'
import { Icon } from '../parts/icon.tsx'
import { Card, Chip, Copy, Empty, Failure, When } from '../parts/parts.tsx'
import { Sheet } from '../parts/sheet.tsx'
import css from './controller.module.css'
import { ClaimTable, Frame } from './evidence.tsx'
import shared from './pages.module.css'

const ofModules = ['part_model', 'part_firmware', 'part_serial', 'model', 'firmware', 'serial']

/** The modules in their slots, as in a rack, each with what says so. */
export function Rack({ d }: { d: Device }) {
  const [open, setOpen] = useState<number>()
  const modules = d.modules ?? []
  if (modules.length === 0) return null
  const chosen = modules.find(m => m.slot === open)
  const values = chosen ? [chosen.model, chosen.firmware, chosen.serial] : []
  const claims = d.evidence.filter(c => ofModules.includes(c.attribute) && values.includes(c.value))
  return (
    <Card title={`Modules (${modules.length})`} flush>
      <ul className={css.rack}>
        {modules.map((m, i) => (
          <Slot
            key={m.slot}
            module={m}
            free={i > 0 ? m.slot - (modules[i - 1]?.slot ?? 0) - 1 : 0}
            open={open === m.slot}
            turn={() => setOpen(open === m.slot ? undefined : m.slot)}
          />
        ))}
      </ul>
      {chosen && (
        <div className={css.why} id="why-module">
          <h3>What says so of slot {chosen.slot}</h3>
          {claims.length > 0 ? (
            <ClaimTable claims={claims} withAttribute />
          ) : (
            <p className="quiet">The evidence is no longer kept.</p>
          )}
        </div>
      )}
    </Card>
  )
}

function Slot({ module: m, free, open, turn }: { module: Module; free: number; open: boolean; turn: () => void }) {
  return (
    <>
      {free > 0 && (
        <li className={css.free} title={`${free} ${free === 1 ? 'slot' : 'slots'} of which nothing was heard`}>
          <span className="spoken">{free} slots of which nothing was heard</span>
        </li>
      )}
      <li className={css.slot}>
        <span className="quiet">Slot {m.slot}</span>
        <strong>{plain(m.model || 'Unknown model')}</strong>
        {m.firmware && <span>Firmware {plain(m.firmware)}</span>}
        {m.serial && <span className="quiet">Serial {plain(m.serial)}</span>}
        <button
          type="button"
          className={css.ask}
          aria-expanded={open}
          aria-controls="why-module"
          aria-label={`Why slot ${m.slot}`}
          onClick={turn}
        >
          Why
          <Icon name="down" size={13} />
        </button>
      </li>
    </>
  )
}

const moving = ['program', 'update-firmware', 'transfer'] as const

function Who({ of: p, self }: { of: Party; self: string }) {
  const name = plain(p.name || p.ip || p.mac || '–')
  if (p.id === self) return <span className={`quiet ${shared.fixed}`}>this device</span>
  return p.id ? <Link to={`/devices/${encodeURIComponent(p.id)}`}>{name}</Link> : name
}

const changes: Record<string, { text: string; tone?: 'ok' | 'warn'; title: string }> = {
  first: { text: 'First', title: 'Nothing of this name was moved before' },
  same: { text: 'Same', tone: 'ok', title: 'As it was when it was moved before' },
  changed: { text: 'Changed', tone: 'warn', title: 'Not as it was when it was moved before' },
}

function Change({ of: m }: { of: Moved }) {
  const c = m.change && changes[m.change]
  return c ? (
    <Chip title={c.title} {...(c.tone ? { tone: c.tone } : {})}>
      {c.text}
    </Chip>
  ) : (
    <span className="quiet">not taken</span>
  )
}

function Outcome({ of: text }: { of: string | undefined }) {
  if (!text) return <span className="quiet">no answer heard</span>
  return text === 'ok' ? <Chip tone="ok">ok</Chip> : <Chip tone="bad">{plain(text)}</Chip>
}

const keyOf = (a: DeviceAct) =>
  `${a.first_seen} ${a.verb} ${a.operation} ${a.object} ${a.outcome} ${a.client.id ?? a.client.ip} ${a.server.id ?? a.server.ip} ${a.evidence.packet}`

/** The programs, firmware and files that went to a device or from it. */
export function Programming({ d }: { d: Device }) {
  const [limit, setLimit] = useState(10)
  const found = useQuery(acts(d.id, moving, limit))
  const items = found.data?.items ?? []
  if (items.length === 0) return null
  return (
    <Card title={`Programming history (${exact(found.data?.total)})`} flush>
      <Sheet
        heads={['When', 'Who', 'To', 'What', 'Name', { text: 'Size', end: true }, 'Content', 'Outcome', 'Frame']}
        className={css.acts}
      >
        {items.map(a => (
          <tr key={keyOf(a)}>
            <td className={shared.fixed}>
              <When at={a.last_seen} />
            </td>
            <td>
              <Who of={a.client} self={d.id} />
            </td>
            <td>
              <Who of={a.server} self={d.id} />
            </td>
            <td>
              {plain(a.operation)}
              {a.count > 1 && <span className="quiet"> × {exact(a.count)}</span>}
            </td>
            {a.moved ? (
              <>
                <td>{a.moved.name ? plain(a.moved.name) : <span className="quiet">no name told</span>}</td>
                <td className={shared.end}>{bytes(a.moved.size)}</td>
                <td className={shared.fixed}>
                  <Change of={a.moved} /> <code title={`FNV-1a ${a.moved.hash}`}>{a.moved.hash.slice(0, 8)}</code>
                  <Copy text={a.moved.hash} label="Copy the hash" />
                </td>
              </>
            ) : (
              <td colSpan={3}>{plain(a.object || '–')}</td>
            )}
            <td>
              <Outcome of={a.outcome} />
            </td>
            <td className={shared.fixed}>
              <Frame from={a.evidence} />
            </td>
          </tr>
        ))}
      </Sheet>
      <More shown={items.length} total={found.data?.total ?? 0} more={() => setLimit(limit + 50)} />
    </Card>
  )
}

function More({ shown, total, more }: { shown: number; total: number; more: () => void }) {
  if (shown >= total || shown >= 500) return null
  return (
    <div className={shared.panelTools}>
      <button type="button" className={shared.more} onClick={more}>
        Show more
      </button>
      <span className="quiet">
        {exact(shown)} of {exact(total)}
      </span>
    </div>
  )
}

const verbs: Record<string, string> = {
  'update-firmware': 'Update firmware',
  'login-failed': 'Login failed',
}
const verbText = (v: string) => verbs[v] ?? v.charAt(0).toUpperCase() + v.slice(1)
const grave = new Set(['start', 'stop', 'program', 'update-firmware', 'login-failed'])

/** What was done to a device and by it, by verb. */
export function Acts({ d }: { d: Device }) {
  const [verb, setVerb] = useState<string>()
  const [limit, setLimit] = useState(25)
  const found = useQuery(acts(d.id, verb ? [verb] : [], Math.min(limit, 500)))
  if (found.isError) return <Failure error={found.error} retry={() => void found.refetch()} />
  if (!found.data) return null
  const { items, verbs: all, total } = found.data
  if (all.length === 0)
    return (
      <Empty icon="check" title="Nothing that it did, or that was done to it, is kept">
        Reads, writes, logins, starts, stops and programs are told here as soon as a sensor hears them.
      </Empty>
    )
  return (
    <>
      <fieldset className={css.verbs} aria-label="Acts by verb">
        {all.map(v => (
          <button
            key={v.key}
            type="button"
            aria-pressed={verb === v.key}
            data-grave={grave.has(v.key)}
            onClick={() => {
              setVerb(verb === v.key ? undefined : v.key)
              setLimit(25)
            }}
          >
            {verbText(v.key)} <strong>{exact(v.count)}</strong>
          </button>
        ))}
      </fieldset>
      <Sheet
        heads={['Last', 'Who', 'Did', 'To', 'Operation', 'Object', { text: 'Times', end: true }, 'Outcome', 'Frame']}
        className={css.acts}
        busy={found.isPlaceholderData}
      >
        {items.map(a => (
          <tr key={keyOf(a)}>
            <td className={shared.fixed}>
              <When at={a.last_seen} />
            </td>
            <td>
              <Who of={a.client} self={d.id} />
            </td>
            <td className={shared.fixed}>
              {grave.has(a.verb) ? <Chip tone="warn">{verbText(a.verb)}</Chip> : verbText(a.verb)}
            </td>
            <td>
              <Who of={a.server} self={d.id} />
            </td>
            <td>{plain(a.operation)}</td>
            <td className={css.object} title={a.object && plain(a.object)}>
              {a.moved
                ? [a.moved.name && plain(a.moved.name), bytes(a.moved.size)].filter(Boolean).join(', ')
                : plain(a.object || '–')}
            </td>
            <td className={shared.end}>{exact(a.count)}</td>
            <td>
              <Outcome of={a.outcome} />
            </td>
            <td className={shared.fixed}>
              <Frame from={a.evidence} />
            </td>
          </tr>
        ))}
      </Sheet>
      <More shown={items.length} total={total} more={() => setLimit(limit + 100)} />
    </>
  )
}
