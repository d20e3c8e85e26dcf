import { Button, Menu, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'react-router'
import { Problem } from '../api/client.ts'
import { removeFactor } from '../api/factor.ts'
import { changeUser, deleteUser, makeUser, type Role, resetPassword, type SiteChoice, users } from '../api/people.ts'
import { useSession } from '../api/queries.ts'
import type { User, UserPassword } from '../api/types.ts'
import { FormDialog, ToldOnce } from '../parts/dialog.tsx'
import { plain } from '../parts/format.ts'
import { Icon } from '../parts/icon.tsx'
import { Bones, Card, Chip, Empty, Failure, When } from '../parts/parts.tsx'
import { RoleChoice, roleText, SitesChoice, sitesText } from '../parts/person.tsx'
import { Sheet } from '../parts/sheet.tsx'
import { useKeys } from '../shell/keys.ts'
import { Page } from '../shell/shell.tsx'
import css from './pages.module.css'
import mine from './people.module.css'

type Open =
  | { what: 'add' }
  | { what: 'edit' | 'disable' | 'enable' | 'reset' | 'factor' | 'delete'; user: User }
  | { what: 'told'; made: UserPassword }

/** Who may sign in, with what they may. */
export default function Users() {
  const found = useQuery(users)
  const me = useSession()
  const [open, setOpen] = useState<Open>()
  const close = () => setOpen(undefined)
  useKeys({ n: () => setOpen(o => o ?? { what: 'add' }) })
  if (me && me.role !== 'admin') return <NotYours />
  const list = found.data
  const titles = new Map(list?.sites.map(s => [s.id, s.title ?? '']))
  return (
    <Page title="Users">
      {list ? (
        <div className={css.pad}>
          <div className={mine.tools}>
            <p className="quiet">
              Each person has an account of their own. What they may do is their role, what they see is their sites.
            </p>
            <Button onClick={() => setOpen({ what: 'add' })} leftSection={<Icon name="user" size={16} />}>
              Add a user
            </Button>
          </div>
          <Card flush>
            <Sheet
              heads={['Name', 'Role', 'Sites', 'State', 'Signed in', { text: 'Change', mute: true }]}
              className={mine.people}
            >
              {list.items.map(u => (
                <Row key={u.name} user={u} titles={titles} self={u.name === me?.username} open={setOpen} />
              ))}
            </Sheet>
            {list.items.length === 1 && (
              <Empty
                icon="user"
                title="You are the only one"
                action={
                  <Button variant="default" size="xs" onClick={() => setOpen({ what: 'add' })}>
                    Add a user
                  </Button>
                }
              >
                Add a second administrator, so that somebody can help when a password is lost.
              </Empty>
            )}
          </Card>
        </div>
      ) : found.isError ? (
        <Failure error={found.error} retry={() => void found.refetch()} />
      ) : (
        <div className={css.pad}>
          <Card>
            <Bones lines={5} />
          </Card>
        </div>
      )}
      {list && open?.what === 'add' && (
        <Edit known={list.sites} close={close} told={made => setOpen({ what: 'told', made })} />
      )}
      {list && open?.what === 'edit' && <Edit known={list.sites} user={open.user} close={close} />}
      {open && 'user' in open && open.what !== 'edit' && (
        <Ask what={open.what} user={open.user} close={close} told={made => setOpen({ what: 'told', made })} />
      )}
      {open?.what === 'told' && (
        <ToldOnce
          title={`Temporary password of ${plain(open.made.user.name)}`}
          text={open.made.password}
          label="Copy the password"
          close={close}
        >
          Give it to {plain(open.made.user.name)}. It is good for three days, to choose another one with.
        </ToldOnce>
      )}
    </Page>
  )
}

function Row({
  user: u,
  titles,
  self,
  open,
}: {
  user: User
  titles: Map<string, string>
  self: boolean
  open: (o: Open) => void
}) {
  const sites = sitesText(u, titles)
  return (
    <tr>
      <td>
        <strong title={plain(u.name)}>{plain(u.name)}</strong>
        {self && <span className="quiet"> you</span>}
      </td>
      <td className={css.fixed}>{roleText(u.role)}</td>
      <td title={sites}>
        <span className={mine.clamp}>{sites}</span>
      </td>
      <td className={css.fixed}>
        <State user={u} />
      </td>
      <td className={css.fixed}>{u.seen ? <When at={u.seen} /> : <span className="quiet">never</span>}</td>
      <td className={css.end}>
        {self ? (
          <Link to="/profile">Profile</Link>
        ) : (
          <Menu position="bottom-end" shadow="md" width={190}>
            <Menu.Target>
              <button type="button" className={css.more} aria-label={`Change ${plain(u.name)}`}>
                Change
              </button>
            </Menu.Target>
            <Menu.Dropdown>
              {!u.vouched && <Menu.Item onClick={() => open({ what: 'edit', user: u })}>Role and sites…</Menu.Item>}
              {!u.vouched && <Menu.Item onClick={() => open({ what: 'reset', user: u })}>Reset password…</Menu.Item>}
              {u.second_factor && (
                <Menu.Item onClick={() => open({ what: 'factor', user: u })}>Take second factor away…</Menu.Item>
              )}
              <Menu.Item onClick={() => open({ what: u.disabled ? 'enable' : 'disable', user: u })}>
                {u.disabled ? 'Enable…' : 'Disable…'}
              </Menu.Item>
              <Menu.Item onClick={() => open({ what: 'delete', user: u })}>Delete…</Menu.Item>
            </Menu.Dropdown>
          </Menu>
        )}
      </td>
    </tr>
  )
}

function State({ user: u }: { user: User }) {
  if (u.disabled)
    return (
      <Chip tone="bad" title="Cannot sign in">
        Disabled
      </Chip>
    )
  if (u.temporary)
    return (
      <Chip tone="warn" title="Has a temporary password, and has to choose another one">
        New password due
      </Chip>
    )
  if (u.vouched)
    return <Chip title="The identity provider vouches for this user, and decides about role and sites">Sign-on</Chip>
  return (
    <>
      <Chip tone="ok">Active</Chip> {u.second_factor && <Chip title="Signs in with a second factor">2 factors</Chip>}
    </>
  )
}

function Edit({
  user,
  known,
  close,
  told,
}: {
  user?: User
  known: { id: string; title?: string }[]
  close: () => void
  told?: (made: UserPassword) => void
}) {
  const me = useSession()
  const [name, setName] = useState(user?.name ?? '')
  const [role, setRole] = useState<Role>(user?.role ?? 'viewer')
  const [sites, setSites] = useState<SiteChoice>({
    all_sites: user?.all_sites ?? (me?.all_sites === true && known.length === 0),
    sites: user?.sites ?? [],
  })
  const send = useMutation({
    mutationFn: async (): Promise<UserPassword | undefined> => {
      if (!user) return makeUser({ name: name.trim(), role, ...sites })
      await changeUser(user.name, { role, ...sites })
      return undefined
    },
    onSuccess: made => (made ? told?.(made) : close()),
  })
  const fields = send.error instanceof Problem ? send.error.fields : {}
  const atField = Boolean(fields.name ?? fields.username)
  return (
    <FormDialog
      title={user ? `Role and sites of ${plain(user.name)}` : 'Add a user'}
      action={user ? 'Save' : 'Add'}
      close={close}
      submit={() => send.mutate()}
      busy={send.isPending}
      ready={name.trim() !== '' && (sites.all_sites || sites.sites.length > 0)}
      {...(send.error && !atField ? { error: fields.sites ?? fields.role ?? send.error.message } : {})}
    >
      {!user && (
        <TextInput
          label="User name"
          description="Letters, digits and ._-@+, such as an e-mail address"
          value={name}
          onChange={e => setName(e.currentTarget.value)}
          error={fields.name ?? fields.username}
          maxLength={64}
          spellCheck={false}
          autoCapitalize="none"
          autoComplete="off"
          data-autofocus
        />
      )}
      <RoleChoice role={role} set={setRole} />
      <SitesChoice value={sites} known={known} mayAll={me?.all_sites === true} set={setSites} />
      {user && <p className="quiet">Their sessions end, and they sign in anew.</p>}
    </FormDialog>
  )
}

const questions = {
  disable: ['Disable', 'Their sessions and tokens end at once. The account stays, and can be enabled again.'],
  enable: ['Enable', 'They can sign in again. Tokens that they had are gone.'],
  reset: ['Reset the password of', 'They get a temporary password. Their sessions and tokens end at once.'],
  factor: [
    'Take away the second factor of',
    'For who lost their phone: their password alone lets them in, until they set it up anew. Their sessions end.',
  ],
  delete: ['Delete', 'Their sessions and tokens end at once. What they did stays in the audit log.'],
} as const

function Ask({
  what,
  user,
  close,
  told,
}: {
  what: keyof typeof questions
  user: User
  close: () => void
  told: (made: UserPassword) => void
}) {
  const [verb, meaning] = questions[what]
  const send = useMutation({
    mutationFn: async (): Promise<UserPassword | undefined> => {
      if (what === 'reset') return resetPassword(user.name)
      if (what === 'delete') await deleteUser(user.name)
      else if (what === 'factor') await removeFactor(user.name)
      else await changeUser(user.name, { disabled: what === 'disable' })
      return undefined
    },
    onSuccess: made => (made ? told(made) : close()),
  })
  return (
    <FormDialog
      title={`${verb} ${plain(user.name)}?`}
      action={what === 'reset' ? 'Reset' : what === 'factor' ? 'Take away' : verb}
      danger={what !== 'enable' && what !== 'reset'}
      close={close}
      submit={() => send.mutate()}
      busy={send.isPending}
      {...(send.error ? { error: send.error.message } : {})}
    >
      <p>{meaning}</p>
    </FormDialog>
  )
}

/** What is shown to who may not. */
export function NotYours() {
  return (
    <Page title="Not for you">
      <Empty icon="lock" title="This is for administrators" action={<Link to="/">Overview</Link>}>
        Ask one for the role, if you need it.
      </Empty>
    </Page>
  )
}
