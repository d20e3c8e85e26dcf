import { Button } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Navigate } from 'react-router'
import { Problem } from '../api/client.ts'
import { endFactor, type Factor, factor, renewRecovery } from '../api/factor.ts'
import { queries, session } from '../api/queries.ts'
import { FormDialog } from '../parts/dialog.tsx'
import css from '../parts/factor.module.css'
import { CodeField, PasswordField, RecoveryCodes, SetUpFactor } from '../parts/factor.tsx'
import { exact, plain } from '../parts/format.ts'
import { Bones, Card, Chip, Failure, When } from '../parts/parts.tsx'
import { Door } from './door.tsx'

/** Where somebody who may not do without a second factor sets one up. */
export default function NeedFactor() {
  const who = useQuery(session)
  if (who.data === null) return <Navigate to="/sign-in" replace />
  if (who.data && !who.data.unfactored) return <Navigate to="/" replace />
  if (!who.data) return null
  return (
    <Door title="Set up a second factor">
      <h1>Set up a second factor</h1>
      <p>
        Welcome, {plain(who.data.username)}. Accounts like yours need a code of an authenticator app beside the
        password.
      </p>
      <SetUpFactor done={() => void queries.invalidateQueries({ queryKey: ['session'] })} />
    </Door>
  )
}

/** One's own second factor, in the profile. */
export function OwnFactor() {
  const found = useQuery(factor)
  const [open, setOpen] = useState<'set up' | 'renew' | 'end'>()
  const [codes, setCodes] = useState<string[]>()
  const close = () => setOpen(undefined)
  const f = found.data
  if (f?.policy === 'off' && !f.on) return null
  return (
    <Card title="Second factor">
      {found.isError ? (
        <Failure error={found.error} retry={() => void found.refetch()} />
      ) : !f ? (
        <Bones lines={2} />
      ) : codes ? (
        <RecoveryCodes codes={codes} done={() => setCodes(undefined)} />
      ) : open === 'set up' ? (
        <SetUpFactor done={close} cancel={close} />
      ) : f.on ? (
        <On f={f} open={setOpen} />
      ) : (
        <div className={css.form}>
          <p>
            Your password alone lets you in. With a second factor somebody who learns it still cannot: signing in also
            takes a code of an app on your phone.
          </p>
          <div className={css.buttons}>
            <Button onClick={() => setOpen('set up')}>Set it up</Button>
          </div>
        </div>
      )}
      {(open === 'renew' || open === 'end') && (
        <Prove
          what={open}
          close={close}
          done={made => {
            close()
            setCodes(made)
          }}
        />
      )}
    </Card>
  )
}

function On({ f, open }: { f: Factor; open: (what: 'renew' | 'end') => void }) {
  return (
    <div className={css.form}>
      <p>
        <Chip tone="ok">On</Chip> since <When {...(f.confirmed ? { at: f.confirmed } : {})} />.{' '}
        {f.recovery_left > 0
          ? `${exact(f.recovery_left)} recovery codes are left.`
          : 'No recovery code is left: make new ones.'}
      </p>
      <div className={css.buttons}>
        <Button variant="default" size="xs" onClick={() => open('renew')}>
          New recovery codes…
        </Button>
        {!f.required && (
          <Button variant="default" size="xs" onClick={() => open('end')}>
            Take it away…
          </Button>
        )}
      </div>
    </div>
  )
}

const questions = {
  renew: ['New recovery codes', 'Make them', 'Those that you have count for nothing from then on.'],
  end: ['Take the second factor away?', 'Take it away', 'Your password alone lets you in then.'],
} as const

/** Asks for both factors before something is done to the second one. */
function Prove({
  what,
  close,
  done,
}: {
  what: keyof typeof questions
  close: () => void
  done: (codes: string[] | undefined) => void
}) {
  const [title, action, meaning] = questions[what]
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const send = useMutation({
    mutationFn: async (): Promise<string[] | undefined> => {
      if (what === 'renew') return (await renewRecovery(password, code.trim())).recovery_codes
      await endFactor(password, code.trim())
      return undefined
    },
    onSuccess: done,
  })
  const fields = send.error instanceof Problem ? send.error.fields : {}
  return (
    <FormDialog
      title={title}
      action={action}
      danger={what === 'end'}
      close={close}
      submit={() => send.mutate()}
      busy={send.isPending}
      ready={password !== '' && code.trim() !== ''}
      {...(send.error && !fields.password && !fields.code ? { error: send.error.message } : {})}
    >
      <p>{meaning}</p>
      <PasswordField value={password} set={setPassword} {...(fields.password ? { error: fields.password } : {})} />
      <CodeField recovery value={code} set={setCode} {...(fields.code ? { error: fields.code } : {})} />
    </FormDialog>
  )
}
