import { Button, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { Link } from 'react-router'
import { Problem } from '../api/client.ts'
import { putSite, putZone, type SiteList, sites, type Zone } from '../api/sensors.ts'
import { FormDialog } from '../parts/dialog.tsx'
import { exact, plain } from '../parts/format.ts'
import { Bones, Card, Empty, Failure } from '../parts/parts.tsx'
import { Sheet } from '../parts/sheet.tsx'
import css from './pages.module.css'
import mine from './sensors.module.css'

type Site = SiteList['items'][number]
type Open = { what: 'site'; site?: Site } | { what: 'zone'; zone?: Zone }

/** Sites and their zones, to be made, renamed and moved by those who may. */
export function Sites({ admin }: { admin: boolean }) {
  const found = useQuery(sites)
  const [open, setOpen] = useState<Open>()
  const list = found.data
  const zones = list ? [...list.items.flatMap(s => s.zones), ...list.nowhere] : []
  return (
    <Card
      flush
      title="Sites and zones"
      side={
        admin && (
          <span className={css.sensorHead}>
            <Button variant="default" size="xs" onClick={() => setOpen({ what: 'site' })}>
              Add a site
            </Button>
            <Button variant="default" size="xs" onClick={() => setOpen({ what: 'zone' })}>
              Add a zone
            </Button>
          </span>
        )
      }
    >
      {list ? (
        zones.length + list.items.length > 0 ? (
          <Sheet
            heads={['Site', 'Zone', 'Id', { text: 'Devices', end: true }, { text: 'Change', mute: true }]}
            className={mine.sites}
          >
            {list.items.map(s => (
              <Rows key={s.id} site={s} admin={admin} open={setOpen} />
            ))}
            {list.nowhere.map(z => (
              <Row key={z.id} zone={z} admin={admin} open={setOpen}>
                <span className="quiet">No site</span>
              </Row>
            ))}
          </Sheet>
        ) : (
          <Empty icon="map" title="There are no sites yet">
            A site is a place, a zone an address space there.{' '}
            {admin ? 'Add a site, or join' : 'They come when you join'} a sensor: its zone is made then.
          </Empty>
        )
      ) : found.isError ? (
        <Failure error={found.error} retry={() => void found.refetch()} />
      ) : (
        <Bones lines={3} />
      )}
      {open?.what === 'site' && (
        <EditSite {...(open.site ? { site: open.site } : {})} close={() => setOpen(undefined)} />
      )}
      {open?.what === 'zone' && list && (
        <EditZone {...(open.zone ? { zone: open.zone } : {})} known={list.items} close={() => setOpen(undefined)} />
      )}
    </Card>
  )
}

function Rows({ site, admin, open }: { site: Site; admin: boolean; open: (o: Open) => void }) {
  const name = (
    <>
      <strong>{plain(site.title)}</strong>{' '}
      {admin && (
        <button
          type="button"
          className={css.more}
          aria-label={`Rename ${plain(site.title)}`}
          onClick={() => open({ what: 'site', site })}
        >
          Rename
        </button>
      )}
    </>
  )
  if (site.zones.length === 0)
    return (
      <tr>
        <td>{name}</td>
        <td colSpan={4} className="quiet">
          No zone yet
        </td>
      </tr>
    )
  return site.zones.map((z, i) => (
    <Row key={z.id} zone={z} admin={admin} open={open}>
      {i === 0 && name}
    </Row>
  ))
}

function Row({
  zone: z,
  admin,
  open,
  children,
}: {
  zone: Zone
  admin: boolean
  open: (o: Open) => void
  children: React.ReactNode
}) {
  return (
    <tr>
      <td>{children}</td>
      <td>{plain(z.title)}</td>
      <td className="quiet">{plain(z.id)}</td>
      <td className={css.end}>
        <Link to={`/devices?zone=${encodeURIComponent(z.id)}`}>{exact(z.devices)}</Link>
      </td>
      <td className={css.end}>
        {admin && (
          <button
            type="button"
            className={css.more}
            aria-label={`Change zone ${plain(z.title)}`}
            onClick={() => open({ what: 'zone', zone: z })}
          >
            Change
          </button>
        )}
      </td>
    </tr>
  )
}

const idRule = 'Letters, digits, dots, hyphens. It never changes: rights and devices speak of it'

function EditSite({ site, close }: { site?: Site; close: () => void }) {
  const [id, setID] = useState(site?.id ?? '')
  const [title, setTitle] = useState(site?.title ?? '')
  const send = useMutation({ mutationFn: () => putSite(id.trim(), title.trim()), onSuccess: close })
  const fields = send.error instanceof Problem ? send.error.fields : {}
  return (
    <FormDialog
      title={site ? `Rename ${plain(site.title)}` : 'Add a site'}
      action={site ? 'Save' : 'Add'}
      close={close}
      submit={() => send.mutate()}
      busy={send.isPending}
      ready={id.trim() !== '' && title.trim() !== ''}
      {...(send.error && !fields.id && !fields.title ? { error: send.error.message } : {})}
    >
      {!site && <Line label="Id" description={idRule} value={id} set={setID} error={fields.id} max={63} />}
      <Line
        label="Title"
        description="What people call it"
        value={title}
        set={setTitle}
        error={fields.title}
        max={200}
      />
    </FormDialog>
  )
}

function EditZone({ zone, known, close }: { zone?: Zone; known: Site[]; close: () => void }) {
  const [id, setID] = useState(zone?.id ?? '')
  const [title, setTitle] = useState(zone?.title ?? '')
  const [site, setSite] = useState(zone?.site ?? '')
  const select = useId()
  const send = useMutation({ mutationFn: () => putZone(id.trim(), title.trim(), site), onSuccess: close })
  const fields = send.error instanceof Problem ? send.error.fields : {}
  return (
    <FormDialog
      title={zone ? `Change zone ${plain(zone.title)}` : 'Add a zone'}
      action={zone ? 'Save' : 'Add'}
      close={close}
      submit={() => send.mutate()}
      busy={send.isPending}
      ready={id.trim() !== '' && title.trim() !== ''}
      {...(send.error && !fields.id && !fields.title ? { error: fields.site ?? send.error.message } : {})}
    >
      {!zone && <Line label="Id" description={idRule} value={id} set={setID} error={fields.id} max={63} />}
      <Line
        label="Title"
        description="What people call it"
        value={title}
        set={setTitle}
        error={fields.title}
        max={200}
      />
      <p className={mine.field}>
        <label htmlFor={select}>Site</label>
        <select id={select} className={mine.select} value={site} onChange={e => setSite(e.currentTarget.value)}>
          <option value="">No site</option>
          {known.map(s => (
            <option key={s.id} value={s.id}>
              {plain(s.title)}
            </option>
          ))}
        </select>
      </p>
      <p className="quiet">Who may see only some sites sees the devices of a zone where its site is seen.</p>
    </FormDialog>
  )
}

function Line({
  label,
  description,
  value,
  set,
  error,
  max,
}: {
  label: string
  description: string
  value: string
  set: (v: string) => void
  error: string | undefined
  max: number
}) {
  return (
    <TextInput
      label={label}
      description={description}
      value={value}
      onChange={e => set(e.currentTarget.value)}
      error={error}
      maxLength={max}
      spellCheck={false}
      autoComplete="off"
    />
  )
}
