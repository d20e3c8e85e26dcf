import { Button, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { Link } from 'react-router'
import { decideDevice, mergeDevice, splitDevice } from '../api/decisions.ts'
import { devicesPage, useSession } from '../api/queries.ts'
import type { Claim, Device } from '../api/types.ts'
import { nameOf } from '../parts/device.ts'
import { FormDialog } from '../parts/dialog.tsx'
import { attributeName, plain } from '../parts/format.ts'
import { Card, Chip, Failure, When } from '../parts/parts.tsx'
import { taxonomy } from '../parts/taxonomy.ts'
import mine from './decide-device.module.css'
import { readable } from './evidence.tsx'

const decidable = [
  'type',
  'hostname',
  'vendor',
  'model',
  'os',
  'firmware',
  'serial',
  'location',
  'description',
] as const
type Attribute = (typeof decidable)[number]

const types = Object.entries(taxonomy)
  .map(([value, [label]]) => ({ value, label }))
  .sort((a, b) => a.label.localeCompare(b.label))

/** What the hub found out about the device as a whole: contradictions first. */
export function findings(d: Device): Claim[] {
  const told = new Set<string>()
  return d.evidence.filter(c => {
    if (c.evidence.protocol !== 'inventory' || c.attribute !== 'clue' || told.has(c.value)) return false
    told.add(c.value)
    return true
  })
}

/** Findings that explain, and contradict nothing. */
const calm = new Set(['private_addresses', 'management_controller', 'managed_server'])

/** A text in which ids of devices lead to these. */
function linked(text: string) {
  return text.split(/(d-[0-9a-f]{12})/).map((part, i) =>
    i % 2 === 1 ? (
      <Link key={part} to={`/devices/${part}`}>
        {part}
      </Link>
    ) : (
      part
    ),
  )
}

export function Findings({ d }: { d: Device }) {
  const found = findings(d)
  if (found.length === 0) return null
  return (
    <Card title={`Findings (${found.length})`}>
      <ul>
        {found.map(c => (
          <li key={c.value} className={mine.held}>
            <Chip {...(calm.has(c.evidence.field) ? {} : { tone: 'warn' as const })}>
              {plain(c.evidence.field).replaceAll('_', ' ')}
            </Chip>
            <span className={mine.text}>{linked(plain(c.value))}</span>
          </li>
        ))}
      </ul>
    </Card>
  )
}

/** The decisions about a device that hold, and what to decide. */
export function Decisions({ d }: { d: Device }) {
  const role = useSession()?.role
  const [open, setOpen] = useState<'value' | 'merge' | 'split'>()
  const queries = useQueryClient()
  const later = () => {
    // What follows from a decision is in the store about a second after it.
    for (const wait of [400, 1500, 4000]) setTimeout(() => void queries.invalidateQueries(), wait)
    setOpen(undefined)
  }
  const undo = useMutation({ mutationFn: (a: Attribute) => decideDevice(d.id, a, ''), onSuccess: later })
  const held = Object.values(d.beliefs).filter(b => b.evidence.protocol === 'person')
  const may = role === 'admin' || role === 'analyst'
  if (!may && held.length === 0) return null
  return (
    <Card title="What people decided">
      {held.length === 0 ? (
        <p className="quiet">Nothing: all that is said of this device comes from what was heard.</p>
      ) : (
        <ul>
          {held.map(b => (
            <li key={b.attribute} className={mine.held} style={{ margin: '0 0 6px', justifyContent: 'space-between' }}>
              <span className={mine.text}>
                {attributeName(b.attribute)}: <strong>{readable(b.attribute, b.value)}</strong>{' '}
                <span className="quiet">
                  by {plain(b.evidence.field)}, <When at={b.last} />
                </span>
              </span>
              {may && (
                <Button
                  size="compact-xs"
                  variant="default"
                  loading={undo.isPending}
                  onClick={() => undo.mutate(b.attribute as Attribute)}
                >
                  Undo
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {undo.isError && <Failure error={undo.error} />}
      {may && (
        <div className={mine.tools}>
          <Button size="compact-sm" variant="default" onClick={() => setOpen('value')}>
            Correct…
          </Button>
          <Button size="compact-sm" variant="default" onClick={() => setOpen('merge')}>
            Merge with another…
          </Button>
          {d.interfaces.length > 1 && (
            <Button size="compact-sm" variant="default" onClick={() => setOpen('split')}>
              Split…
            </Button>
          )}
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => void decideDevice(d.id, 'type', 'not_a_device').then(later)}
            title="It stays in the list under the type Not a device, and can be taken back"
          >
            Not a device
          </Button>
        </div>
      )}
      {open === 'value' && <Correct d={d} close={() => setOpen(undefined)} done={later} />}
      {open === 'merge' && <Merge d={d} close={() => setOpen(undefined)} done={later} />}
      {open === 'split' && <Split d={d} close={() => setOpen(undefined)} done={later} />}
    </Card>
  )
}

interface Asked {
  d: Device
  close: () => void
  done: () => void
}

const said = (error: Error | null) => (error ? { error: error.message } : {})

function Correct({ d, close, done }: Asked) {
  const [attribute, setAttribute] = useState<Attribute>('type')
  const [value, setValue] = useState<string>(d.beliefs.type?.value ?? '')
  const say = useMutation({ mutationFn: () => decideDevice(d.id, attribute, value.trim()), onSuccess: done })
  return (
    <FormDialog
      title="Correct what is known"
      close={close}
      submit={() => say.mutate()}
      action="Decide"
      busy={say.isPending}
      ready={value.trim() !== ''}
      {...said(say.error)}
    >
      <Choice
        label="What"
        value={attribute}
        set={a => {
          setAttribute(a as Attribute)
          setValue(d.beliefs[a]?.value ?? '')
        }}
        options={decidable.map(a => ({ value: a, label: attributeName(a) }))}
      />
      {attribute === 'type' ? (
        <Choice label="Type" value={value} set={setValue} options={[{ value: '', label: '' }, ...types]} />
      ) : (
        <TextInput label="Value" value={value} maxLength={200} onChange={e => setValue(e.currentTarget.value)} />
      )}
      <p className="quiet">
        Your word stands above all that is heard, is marked as yours, and can be taken back on this page.
      </p>
    </FormDialog>
  )
}

/** A labelled choice of one. */
function Choice({
  label,
  value,
  set,
  options,
}: {
  label: string
  value: string
  set: (value: string) => void
  options: { value: string; label: string }[]
}) {
  const id = useId()
  return (
    <div className={mine.choice}>
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} onChange={e => set(e.currentTarget.value)}>
        {options.map(o => (
          <option key={o.value} value={o.value}>
            {o.label}
          </option>
        ))}
      </select>
    </div>
  )
}

function Merge({ d, close, done }: Asked) {
  const [text, setText] = useState('')
  const [other, setOther] = useState('')
  const asked = text.trim().length > 1
  const found = useQuery({
    ...devicesPage({ q: text.trim(), ...(d.zone ? { zone: [d.zone] } : {}) }, 0, 20),
    enabled: asked,
  })
  const merge = useMutation({ mutationFn: () => mergeDevice(d.id, other), onSuccess: done })
  const rows = (found.data?.items ?? []).filter(r => r.id !== d.id)
  return (
    <FormDialog
      title="Merge with another device"
      close={close}
      submit={() => merge.mutate()}
      action="Merge"
      busy={merge.isPending}
      ready={other !== ''}
      {...said(merge.error)}
    >
      <TextInput label="Name or address of the other" value={text} onChange={e => setText(e.currentTarget.value)} />
      {asked && found.isSuccess && rows.length === 0 && <p className="quiet">No other device of this zone fits.</p>}
      {rows.map(r => (
        <label key={r.id} className={mine.row}>
          <input type="radio" name="other" checked={other === r.id} onChange={() => setOther(r.id)} />
          <span>
            <strong>{nameOf(r)}</strong> <span className="quiet">{[r.ip, r.mac].filter(Boolean).join(' · ')}</span>
          </span>
        </label>
      ))}
      <p className="quiet">Splitting an interface off takes it back.</p>
    </FormDialog>
  )
}

function Split({ d, close, done }: Asked) {
  const [address, setAddress] = useState('')
  const split = useMutation({ mutationFn: () => splitDevice(d.id, address), onSuccess: done })
  return (
    <FormDialog
      title="Split an interface off"
      close={close}
      submit={() => split.mutate()}
      action="Split off"
      busy={split.isPending}
      ready={address !== ''}
      {...said(split.error)}
    >
      {d.interfaces.map(i => {
        const own = i.mac || (i.ips?.[0]?.ip ?? '')
        return (
          <label key={own} className={mine.row}>
            <input type="radio" name="interface" checked={address === own} onChange={() => setAddress(own)} />
            <span>
              <strong>{own}</strong>{' '}
              <span className="quiet">
                {(i.ips ?? [])
                  .map(a => a.ip)
                  .filter(a => a !== own)
                  .join(', ')}
              </span>
            </span>
          </label>
        )
      })}
      <p className="quiet">It becomes a device of its own, whatever the two have in common. Merging takes it back.</p>
    </FormDialog>
  )
}
