import { Button, PasswordInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { Problem } from '../api/client.ts'
import { choosePassword } from '../api/people.ts'
import { Refusal, toggle } from '../pages/door.tsx'

const shortest = 12

/** Chooses another password; old is what the present one is called. */
export function PasswordForm({ old, done, className }: { old: string; done: () => void; className?: string }) {
  const [now, setNow] = useState('')
  const [password, setPassword] = useState('')
  const [again, setAgain] = useState('')
  const [left, setLeft] = useState(false)
  const choose = useMutation({
    mutationFn: () => choosePassword(now, password),
    onSuccess: () => {
      setNow('')
      setPassword('')
      setAgain('')
      setLeft(false)
      done()
    },
  })
  const fields = choose.error instanceof Problem ? choose.error.fields : {}
  const field = (label: string, value: string, set: (v: string) => void, more: object) => (
    <PasswordInput
      visibilityToggleButtonProps={toggle}
      label={label}
      required
      withAsterisk={false}
      maxLength={1024}
      value={value}
      onChange={e => set(e.currentTarget.value)}
      {...more}
    />
  )
  return (
    <form
      className={className}
      onSubmit={e => {
        e.preventDefault()
        if (password === again) choose.mutate()
      }}
    >
      {choose.isError && !fields.old && !fields.password && <Refusal>{choose.error.message}</Refusal>}
      {field(old, now, setNow, { name: 'password', autoComplete: 'current-password', error: fields.old })}
      {field('New password', password, setPassword, {
        description: `At least ${shortest} characters, and not the user name`,
        name: 'new-password',
        autoComplete: 'new-password',
        minLength: shortest,
        error: fields.password,
      })}
      {field('New password again', again, setAgain, {
        name: 'new-password-again',
        autoComplete: 'new-password',
        onBlur: () => setLeft(true),
        error: again !== '' && left && again !== password && 'The two passwords differ',
      })}
      <Button
        type="submit"
        loading={choose.isPending}
        disabled={!now || password.length < shortest || password !== again}
      >
        Change the password
      </Button>
    </form>
  )
}
