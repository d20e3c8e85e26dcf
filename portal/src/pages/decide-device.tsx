import { Button, Modal, Select, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { decideDevice, mergeDevice, splitDevice } from '../api/decisions.ts'
import { devicesPage, useSession } from '../api/queries.ts'
import type { Claim, Device } from '../api/types.ts'
import { nameOf } from '../parts/device.ts'
import { attributeName, plain } from '../parts/format.ts'
import { Card, Chip, Failure, When } from '../parts/parts.tsx'
import { taxonomy } from '../parts/taxonomy.ts'
import { readable } from './evidence.tsx'
import css from './pages.module.css'

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

export function Findings({ d }: { d: Device }) {
  const found = findings(d)
  if (found.length === 0) return null
  return (
    <Card title={`Findings (${found.length})`}>
      <ul>
        {found.map(c => (
          <li key={c.value} className={css.identityLine} style={{ margin: '0 0 6px' }}>
            <Chip {...(c.evidence.field === 'private_addresses' ? {} : { tone: 'warn' as const })}>
              {plain(c.evidence.field).replaceAll('_', ' ')}
            </Chip>
            <span style={{ overflowWrap: 'anywhere' }}>{plain(c.value)}</span>
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
            <li
              key={b.attribute}
              className={css.identityLine}
              style={{ margin: '0 0 6px', justifyContent: 'space-between' }}
            >
              <span style={{ overflowWrap: 'anywhere' }}>
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
        <div className={css.decisions} style={{ marginTop: 10, display: 'flex', gap: 8, flexWrap: 'wrap' }}>
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

interface Dialog {
  d: Device
  close: () => void
  done: () => void
}

function Correct({ d, close, done }: Dialog) {
  const [attribute, setAttribute] = useState<Attribute>('type')
  const [value, setValue] = useState<string>(d.beliefs.type?.value ?? '')
  const say = useMutation({ mutationFn: () => decideDevice(d.id, attribute, value.trim()), onSuccess: done })
  return (
    <Modal opened onClose={close} title="Correct what is known" closeButtonProps={{ 'aria-label': 'Close' }}>
      <form
        onSubmit={e => {
          e.preventDefault()
          if (value.trim()) say.mutate()
        }}
      >
        <Select
          label="What"
          data={decidable.map(a => ({ value: a, label: attributeName(a) }))}
          value={attribute}
          allowDeselect={false}
          onChange={a => {
            setAttribute((a ?? 'type') as Attribute)
            setValue(d.beliefs[a ?? 'type']?.value ?? '')
          }}
          mb="sm"
        />
        {attribute === 'type' ? (
          <Select
            label="Type"
            data={types}
            value={value || null}
            onChange={v => setValue(v ?? '')}
            searchable
            mb="sm"
          />
        ) : (
          <TextInput
            label={attributeName(attribute)}
            value={value}
            maxLength={200}
            onChange={e => setValue(e.currentTarget.value)}
            mb="sm"
          />
        )}
        <p className="quiet">
          Your word stands above all that is heard, is marked as yours, and can be taken back here.
        </p>
        {say.isError && <Failure error={say.error} />}
        <Button type="submit" mt="sm" loading={say.isPending} disabled={!value.trim()}>
          Decide
        </Button>
      </form>
    </Modal>
  )
}

function Merge({ d, close, done }: Dialog) {
  const [text, setText] = useState('')
  const found = useQuery({
    ...devicesPage({ q: text.trim(), ...(d.zone ? { zone: [d.zone] } : {}) }, 0, 20),
    enabled: text.trim().length > 1,
  })
  const merge = useMutation({ mutationFn: (other: string) => mergeDevice(d.id, other), onSuccess: done })
  const rows = (found.data?.items ?? []).filter(r => r.id !== d.id)
  return (
    <Modal opened onClose={close} title="Merge with another device" closeButtonProps={{ 'aria-label': 'Close' }}>
      <TextInput
        label="Name or address of the other"
        value={text}
        data-autofocus
        onChange={e => setText(e.currentTarget.value)}
        mb="sm"
      />
      {merge.isError && <Failure error={merge.error} />}
      {text.trim().length > 1 && found.isSuccess && rows.length === 0 && (
        <p className="quiet">No other device of this zone fits.</p>
      )}
      <ul>
        {rows.map(r => (
          <li key={r.id} className={css.identityLine} style={{ margin: '0 0 6px', justifyContent: 'space-between' }}>
            <span style={{ overflowWrap: 'anywhere' }}>
              <strong>{nameOf(r)}</strong> <span className="quiet">{[r.ip, r.mac].filter(Boolean).join(' · ')}</span>
            </span>
            <Button size="compact-xs" loading={merge.isPending} onClick={() => merge.mutate(r.id)}>
              Merge
            </Button>
          </li>
        ))}
      </ul>
      <p className="quiet">Splitting an interface off takes it back.</p>
    </Modal>
  )
}

function Split({ d, close, done }: Dialog) {
  const split = useMutation({
    mutationFn: ({ address, undo }: { address: string; undo: boolean }) => splitDevice(d.id, address, undo),
    onSuccess: done,
  })
  return (
    <Modal opened onClose={close} title="Split an interface off" closeButtonProps={{ 'aria-label': 'Close' }}>
      {split.isError && <Failure error={split.error} />}
      <ul>
        {d.interfaces.map(i => {
          const address = i.mac || (i.ips?.[0]?.ip ?? '')
          return (
            <li
              key={address}
              className={css.identityLine}
              style={{ margin: '0 0 6px', justifyContent: 'space-between' }}
            >
              <span style={{ overflowWrap: 'anywhere' }}>
                <strong>{address}</strong>{' '}
                <span className="quiet">
                  {(i.ips ?? [])
                    .map(a => a.ip)
                    .filter(a => a !== address)
                    .join(', ')}
                </span>
              </span>
              <Button
                size="compact-xs"
                loading={split.isPending}
                onClick={() => split.mutate({ address, undo: false })}
              >
                Split off
              </Button>
            </li>
          )
        })}
      </ul>
      <p className="quiet">It becomes a device of its own, whatever the two have in common. Merging takes it back.</p>
    </Modal>
  )
}
