import { Button, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Problem } from '../api/client.ts'
import { endSession, makeToken, type Role, revokeToken, type SiteChoice, sessions, tokens } from '../api/people.ts'
import { useSession } from '../api/queries.ts'
import type { NewToken, OwnSession, Session, Token } from '../api/types.ts'
import { FormDialog, ToldOnce } from '../parts/dialog.tsx'
import { plain } from '../parts/format.ts'
import { Icon } from '../parts/icon.tsx'
import { Bones, Card, Chip, Empty, Failure, When } from '../parts/parts.tsx'
import { PasswordForm } from '../parts/password.tsx'
import { RoleChoice, roleText, SitesChoice, sitesText } from '../parts/person.tsx'
import { Sheet } from '../parts/sheet.tsx'
import { Page } from '../shell/shell.tsx'
import { OwnFactor } from './factor.tsx'
import css from './pages.module.css'
import mine from './people.module.css'

/** What is one's own: the account, its password, sessions and tokens. */
export default function Profile() {
  const me = useSession()
  if (!me) return null
  return (
    <Page title="Profile">
      <div className={css.pad}>
        <Card title="Account">
          <dl className={css.pairs}>
            <dt>Name</dt>
            <dd>{plain(me.username)}</dd>
            <dt>Role</dt>
            <dd>{roleText(me.role)}</dd>
            <dt>Sites</dt>
            <dd>{sitesText(me)}</dd>
          </dl>
        </Card>
        <Password me={me} />
        {!me.vouched && <OwnFactor />}
        <Sessions />
        <Tokens me={me} />
      </div>
    </Page>
  )
}

function Password({ me }: { me: Session }) {
  const [done, setDone] = useState(false)
  return (
    <Card title="Password">
      {me.vouched ? (
        <p>The identity provider vouches for you. Change your password there.</p>
      ) : (
        <>
          {done && (
            <p role="status">
              <Chip tone="ok">Changed</Chip> Your other sessions have ended.
            </p>
          )}
          <PasswordForm className={mine.form} old="Password now" done={() => setDone(true)} />
        </>
      )}
    </Card>
  )
}

function Sessions() {
  const found = useQuery(sessions)
  const end = useMutation({ mutationFn: endSession })
  const items = found.data?.items ?? []
  return (
    <Card
      title="Sessions"
      flush
      side={
        items.length > 1 && (
          <Button variant="default" size="xs" loading={end.isPending} onClick={() => end.mutate('')}>
            End all others
          </Button>
        )
      }
    >
      {found.isError ? (
        <Failure error={found.error} retry={() => void found.refetch()} />
      ) : found.data ? (
        <Sheet heads={['Browser', 'From', 'Signed in', 'Used', { text: 'End', mute: true }]} className={mine.people}>
          {items.map(s => (
            <OneSession key={s.id} of={s} end={() => end.mutate(s.id)} />
          ))}
        </Sheet>
      ) : (
        <Waiting />
      )}
      {end.isError && <Failure error={end.error} />}
    </Card>
  )
}

function OneSession({ of: s, end }: { of: OwnSession; end: () => void }) {
  const agent = plain(s.agent ?? '')
  return (
    <tr>
      <td title={agent}>
        <span className={mine.clamp}>{agent || 'unknown'}</span>
      </td>
      <td className={css.fixed}>{plain(s.from ?? '')}</td>
      <td className={css.fixed}>
        <When at={s.created} />
      </td>
      <td className={css.fixed}>
        <When at={s.used} />
      </td>
      <td className={css.end}>
        {s.current ? (
          <Chip tone="ok">This one</Chip>
        ) : (
          <button type="button" className={css.more} onClick={end}>
            End
          </button>
        )}
      </td>
    </tr>
  )
}

function Waiting() {
  return (
    <div style={{ padding: 16 }}>
      <Bones lines={3} />
    </div>
  )
}

function Tokens({ me }: { me: Session }) {
  const found = useQuery(tokens)
  const [adding, setAdding] = useState(false)
  const [told, setTold] = useState<NewToken>()
  const [revoking, setRevoking] = useState<Token>()
  const revoke = useMutation({ mutationFn: revokeToken, onSuccess: () => setRevoking(undefined) })
  const items = found.data?.items ?? []
  const add = (
    <Button variant="default" size="xs" onClick={() => setAdding(true)} leftSection={<Icon name="lock" size={14} />}>
      Make a token
    </Button>
  )
  return (
    <Card title="API tokens" flush side={items.length > 0 && add}>
      {found.isError ? (
        <Failure error={found.error} retry={() => void found.refetch()} />
      ) : !found.data ? (
        <Waiting />
      ) : items.length === 0 ? (
        <Empty icon="lock" title="No program acts for you" action={add}>
          A token lets a program ask the API, with your rights or fewer. It goes into the header{' '}
          <code>Authorization: Bearer …</code>
        </Empty>
      ) : (
        <Sheet
          heads={['Name', 'Role', 'Sites', 'Used', 'Good until', { text: 'Revoke', mute: true }]}
          className={mine.people}
        >
          {items.map(t => (
            <tr key={t.id}>
              <td title={plain(t.name)}>
                <strong className={mine.clamp}>{plain(t.name)}</strong>
              </td>
              <td className={css.fixed}>{roleText(t.role)}</td>
              <td title={sitesText(t)}>
                <span className={mine.clamp}>{sitesText(t)}</span>
              </td>
              <td className={css.fixed}>{t.used ? <When at={t.used} /> : <span className="quiet">never</span>}</td>
              <td className={css.fixed}>{t.expired ? <Chip tone="bad">Expired</Chip> : t.expires.slice(0, 10)}</td>
              <td className={css.end}>
                <button
                  type="button"
                  className={css.more}
                  aria-label={`Revoke ${plain(t.name)}`}
                  onClick={() => setRevoking(t)}
                >
                  Revoke
                </button>
              </td>
            </tr>
          ))}
        </Sheet>
      )}
      {adding && (
        <AddToken
          me={me}
          close={() => setAdding(false)}
          told={made => {
            setAdding(false)
            setTold(made)
          }}
        />
      )}
      {told && (
        <ToldOnce
          title={`Token ${plain(told.token.name)}`}
          text={told.text}
          label="Copy the token"
          close={() => setTold(undefined)}
        >
          Whoever has it may what it may, until it ends or you revoke it.
        </ToldOnce>
      )}
      {revoking && (
        <FormDialog
          title={`Revoke ${plain(revoking.name)}?`}
          action="Revoke"
          danger
          close={() => setRevoking(undefined)}
          submit={() => revoke.mutate(revoking.id)}
          busy={revoke.isPending}
          {...(revoke.error ? { error: revoke.error.message } : {})}
        >
          <p>The program that uses it is refused from its next request on.</p>
        </FormDialog>
      )}
    </Card>
  )
}

const lives: [number, string][] = [
  [7, 'A week'],
  [30, '30 days'],
  [90, '90 days'],
  [366, 'A year'],
]

function AddToken({ me, close, told }: { me: Session; close: () => void; told: (made: NewToken) => void }) {
  const [name, setName] = useState('')
  const [role, setRole] = useState<Role>('viewer')
  const [days, setDays] = useState(90)
  const [sites, setSites] = useState<SiteChoice>({ all_sites: me.all_sites, sites: me.sites })
  const make = useMutation({
    mutationFn: () => makeToken({ name: name.trim(), role, days, ...sites }),
    onSuccess: told,
  })
  const fields = make.error instanceof Problem ? make.error.fields : {}
  return (
    <FormDialog
      title="Make a token"
      action="Make"
      close={close}
      submit={() => make.mutate()}
      busy={make.isPending}
      ready={name.trim() !== '' && (sites.all_sites || sites.sites.length > 0)}
      {...(make.error && !fields.name ? { error: fields.sites ?? fields.role ?? make.error.message } : {})}
    >
      <TextInput
        label="Name"
        description="What will use it, such as siem or nightly-report"
        value={name}
        onChange={e => setName(e.currentTarget.value)}
        error={fields.name}
        maxLength={64}
        autoComplete="off"
        data-autofocus
      />
      <RoleChoice role={role} most={me.role} set={setRole} />
      {!me.all_sites && (
        <SitesChoice value={sites} known={me.sites.map(id => ({ id }))} mayAll={false} set={setSites} />
      )}
      <label>
        Good for{' '}
        <select className={mine.select} value={days} onChange={e => setDays(Number(e.currentTarget.value))}>
          {lives.map(([n, text]) => (
            <option key={n} value={n}>
              {text}
            </option>
          ))}
        </select>
      </label>
    </FormDialog>
  )
}
