import { TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Problem } from '../api/client.ts'
import { type JoinTokenMade, joinTokens, makeJoinToken, revokeSensors, sites } from '../api/sensors.ts'
import { FormDialog, ToldOnce } from '../parts/dialog.tsx'
import { exact, moment, plain } from '../parts/format.ts'
import { Card, Empty, When } from '../parts/parts.tsx'
import { Sheet } from '../parts/sheet.tsx'
import css from './pages.module.css'

/** Makes a token for a sensor, and shows the command that uses it. */
export function Join({ close }: { close: () => void }) {
  const [made, setMade] = useState<JoinTokenMade>()
  const open = useQuery(joinTokens)
  if (made)
    return (
      <ToldOnce title="Run this on the sensor's machine" text={made.command} label="Copy the command" close={close}>
        It lets one sensor join until {moment(made.expires)}, once. It must reach this hub at {plain(made.address)}.
        Then start it: <code>tyto sensor -i INTERFACE</code>
      </ToldOnce>
    )
  if (open.data?.address === '')
    return (
      <FormDialog title="Join a sensor" action="Close" close={close} submit={close}>
        <p>
          This hub does not listen for sensors on other machines. Start it with <code>--sensors 0.0.0.0:8443</code>, or
          set <code>sensors.listen</code> in its configuration, and come back.
        </p>
      </FormDialog>
    )
  return <Form address={open.data?.address ?? ''} close={close} made={setMade} />
}

function Form({ address, close, made }: { address: string; close: () => void; made: (m: JoinTokenMade) => void }) {
  const places = useQuery(sites)
  const [name, setName] = useState('')
  const [zone, setZone] = useState('')
  const [site, setSite] = useState('')
  const [by, setBy] = useState('')
  const all = [...(places.data?.items.flatMap(s => s.zones) ?? []), ...(places.data?.nowhere ?? [])]
  const known = all.find(z => z.id === zone.trim())
  const send = useMutation({
    mutationFn: () =>
      makeJoinToken({
        name: name.trim(),
        zone: zone.trim(),
        ...(site.trim() ? { site: site.trim() } : {}),
        ...(by.trim() ? { address: by.trim() } : {}),
      }),
    onSuccess: made,
  })
  const fields = send.error instanceof Problem ? send.error.fields : {}
  const atField = ['name', 'zone', 'site', 'address'].some(f => fields[f])
  return (
    <FormDialog
      title="Join a sensor"
      action="Make the token"
      close={close}
      submit={() => send.mutate()}
      busy={send.isPending}
      ready={name.trim() !== '' && zone.trim() !== ''}
      {...(send.error && !atField ? { error: send.error.message } : {})}
    >
      <TextInput
        label="Name of the sensor"
        description="Letters, digits, dots, hyphens. One that joined under it is replaced"
        value={name}
        onChange={e => setName(e.currentTarget.value)}
        error={fields.name}
        maxLength={63}
        spellCheck={false}
        autoCapitalize="none"
        autoComplete="off"
        data-autofocus
      />
      <TextInput
        label="Zone"
        description="The address space that it listens to: the same address in two zones is two devices"
        value={zone}
        onChange={e => setZone(e.currentTarget.value)}
        error={fields.zone}
        maxLength={63}
        list="join-zones"
        spellCheck={false}
        autoCapitalize="none"
        autoComplete="off"
      />
      <datalist id="join-zones">
        {all.map(z => (
          <option key={z.id} value={z.id}>
            {plain(z.title)}
          </option>
        ))}
      </datalist>
      <TextInput
        label="Site"
        description={known?.site ? 'The zone is there already' : 'Where the zone is; may be said later'}
        value={known?.site ?? site}
        disabled={Boolean(known?.site)}
        onChange={e => setSite(e.currentTarget.value)}
        error={fields.site}
        maxLength={63}
        list="join-sites"
        spellCheck={false}
        autoCapitalize="none"
        autoComplete="off"
      />
      <datalist id="join-sites">
        {places.data?.items.map(s => (
          <option key={s.id} value={s.id}>
            {plain(s.title)}
          </option>
        ))}
      </datalist>
      <TextInput
        label="The hub's address, as the sensor sees it"
        description="HOST:PORT, if it is not the one below"
        placeholder={address}
        value={by}
        onChange={e => setBy(e.currentTarget.value)}
        error={fields.address}
        maxLength={255}
        spellCheck={false}
        autoCapitalize="none"
        autoComplete="off"
      />
    </FormDialog>
  )
}

/** Tokens that nobody used yet. */
export function Waiting() {
  const open = useQuery(joinTokens)
  if (!open.data || open.data.items.length === 0) return null
  return (
    <Card title="Waiting to join" flush>
      <Sheet heads={['Sensor', 'Zone', 'Token by', 'Good until']}>
        {open.data.items.map(t => (
          <tr key={`${t.sensor} ${t.expires}`}>
            <td>
              <strong>{plain(t.sensor)}</strong>
            </td>
            <td>{plain(t.zone)}</td>
            <td>{plain(t.by)}</td>
            <td className={css.fixed}>
              <time dateTime={t.expires}>{moment(t.expires)}</time>
            </td>
          </tr>
        ))}
      </Sheet>
    </Card>
  )
}

/** Asks before sensors are kept out. */
export function Revoke({ names, close, done }: { names: string[]; close: () => void; done: () => void }) {
  const send = useMutation({ mutationFn: () => revokeSensors(names), onSuccess: done })
  const [one = ''] = names
  return (
    <FormDialog
      title={names.length === 1 ? `Revoke ${plain(one)}?` : `Revoke ${exact(names.length)} sensors?`}
      action="Revoke"
      danger
      close={close}
      submit={() => send.mutate()}
      busy={send.isPending}
      {...(send.error ? { error: send.error.message } : {})}
    >
      {names.length > 1 && <p className={css.said}>{names.map(plain).join(', ')}</p>}
      <p>
        From the next request on the hub takes nothing of {names.length === 1 ? 'it' : 'them'}, also on a connection
        that is open. What was told stays. Who is revoked keeps on listening, and may join again with a new token.
      </p>
    </FormDialog>
  )
}

/** What stands where no sensor is yet. */
export function NoSensor({ mayJoin, join }: { mayJoin: boolean; join: () => void }) {
  return (
    <Empty
      icon="sensors"
      title="No sensor has told of anything yet"
      action={
        mayJoin && (
          <button type="button" className={css.more} onClick={join}>
            Join a sensor on another machine
          </button>
        )
      }
    >
      Start one on a mirror port with <code>tyto run -i INTERFACE</code>, or play a recorded capture with{' '}
      <code>tyto run --pcap FILE</code>. A sensor sends nothing on the interface that it listens to.
    </Empty>
  )
}

/** When a certificate expires. */
export function Expires({ at }: { at?: string }) {
  return at ? (
    <time dateTime={at} title="It is renewed by itself from ten days before that on">
      {moment(at)}
    </time>
  ) : (
    <When />
  )
}
