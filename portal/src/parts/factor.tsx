import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { Problem } from '../api/client.ts'
import { beginFactor, confirmFactor, type NewFactor } from '../api/factor.ts'
import { Refusal, toggle } from '../pages/door.tsx'
import css from './factor.module.css'
import { Copy } from './parts.tsx'

const fieldsOf = (error: Error | null) => (error instanceof Problem ? error.fields : {})

export function PasswordField({ value, set, error }: { value: string; set: (v: string) => void; error?: string }) {
  return (
    <PasswordInput
      visibilityToggleButtonProps={toggle}
      label="Your password"
      name="password"
      autoComplete="current-password"
      required
      withAsterisk={false}
      maxLength={1024}
      value={value}
      onChange={e => set(e.currentTarget.value)}
      error={error}
    />
  )
}

/** A code of an authenticator app; where there may be a recovery code instead, it says so. */
export function CodeField({
  value,
  set,
  error,
  recovery = false,
  focus = false,
}: {
  value: string
  set: (v: string) => void
  error?: string
  recovery?: boolean
  focus?: boolean
}) {
  return (
    <TextInput
      label="Code"
      description={`The six digits that your authenticator app shows${recovery ? ', or a recovery code' : ''}`}
      name="code"
      autoComplete="one-time-code"
      inputMode={recovery ? 'text' : 'numeric'}
      autoCapitalize="none"
      spellCheck={false}
      required
      withAsterisk={false}
      maxLength={40}
      autoFocus={focus}
      value={value}
      onChange={e => set(e.currentTarget.value)}
      error={error}
    />
  )
}

/** Sets a second factor up: the password, the secret and its first code, the recovery codes. */
export function SetUpFactor({ done, cancel }: { done: () => void; cancel?: () => void }) {
  const [made, setMade] = useState<NewFactor>()
  const [codes, setCodes] = useState<string[]>()
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const begin = useMutation({ mutationFn: () => beginFactor(password), onSuccess: setMade })
  const confirm = useMutation({
    mutationFn: () => confirmFactor(code.trim()),
    onSuccess: r => setCodes(r.recovery_codes),
    onError: () => setCode(''),
  })
  const step = made ? confirm : begin
  const fields = fieldsOf(step.error)
  const at = made ? fields.code : fields.password
  if (codes) return <RecoveryCodes codes={codes} done={done} />
  return (
    <form
      className={css.form}
      onSubmit={e => {
        e.preventDefault()
        step.mutate()
      }}
    >
      {step.isError && !at && <Refusal>{step.error.message}</Refusal>}
      {made ? (
        <>
          <p>Scan this with an authenticator app, or type the secret into it. Then enter the code that it shows.</p>
          <div className={css.secret}>
            <img src={made.qr} alt="The secret as a QR code" width="264" height="264" />
            <p>
              <code>{made.secret}</code>
              <Copy text={made.secret} label="Copy the secret" />
            </p>
          </div>
          <CodeField value={code} set={setCode} focus {...(fields.code ? { error: fields.code } : {})} />
        </>
      ) : (
        <PasswordField value={password} set={setPassword} {...(fields.password ? { error: fields.password } : {})} />
      )}
      <div className={css.buttons}>
        <Button type="submit" loading={step.isPending} disabled={made ? code.trim() === '' : password === ''}>
          {made ? 'Switch it on' : 'Continue'}
        </Button>
        {cancel && (
          <Button variant="default" onClick={cancel}>
            Cancel
          </Button>
        )}
      </div>
    </form>
  )
}

/** Codes that are told once. */
export function RecoveryCodes({ codes, done }: { codes: string[]; done: () => void }) {
  return (
    <div className={css.form}>
      <p role="status">
        These recovery codes each stand in for a code once, if you lose your phone. They are told now and never again:
        print them, or put them where you keep passwords.
      </p>
      <ul className={css.codes} aria-label="Recovery codes">
        {codes.map(c => (
          <li key={c}>
            <code>{c}</code>
          </li>
        ))}
      </ul>
      <div className={css.buttons}>
        <Button onClick={done}>I have them</Button>
        <Copy text={codes.join('\n')} label="Copy the recovery codes" />
      </div>
    </div>
  )
}
