import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Navigate } from 'react-router'
import { POST, Problem, take } from '../api/client.ts'
import { queries, session, setup } from '../api/queries.ts'
import { Door, Refusal, toggle } from './door.tsx'
import { keptToken } from './token.ts'

const shortest = 12

const refused = 'This is not the token that Tyto printed last. Take its link again; it works once.'

/** Makes the first administrator, with the token that the program printed when it started. */
export function FirstAdmin() {
  const [token, setToken] = useState(keptToken)
  const [username, setUsername] = useState('')
  const [password, setPassword] = useState('')
  const [again, setAgain] = useState('')
  const [left, setLeft] = useState(false)
  const who = useQuery(session)
  const first = useQuery(setup)
  const make = useMutation({
    mutationFn: () =>
      take(POST('/api/v1/setup', { body: { token: token.trim(), username: username.trim(), password } })),
    onSuccess: who => {
      queries.setQueryData(['setup'], { needed: false })
      queries.setQueryData(['session'], who)
    },
  })
  if (who.data) return <Navigate to="/" replace />
  if (first.data && !first.data.needed) return <Navigate to="/sign-in" replace />
  const fields = make.error instanceof Problem ? make.error.fields : {}
  const told = Object.keys(fields).some(f => ['token', 'username', 'password'].includes(f))
  const differs = again !== '' && left && again !== password
  return (
    <Door title="Set up">
      <form
        onSubmit={e => {
          e.preventDefault()
          if (again === password) make.mutate()
        }}
      >
        <h1>Create the first administrator</h1>
        <p>Tyto printed a one-time token when it started. It proves that you are who runs it.</p>
        {make.isError && !told && <Refusal>{make.error.message}</Refusal>}
        <TextInput
          label="One-time token"
          name="token"
          autoComplete="off"
          spellCheck={false}
          required
          withAsterisk={false}
          maxLength={128}
          value={token}
          onChange={e => setToken(e.currentTarget.value)}
          error={fields.token === 'refused' ? refused : fields.token}
          autoFocus={token === ''}
        />
        <TextInput
          label="User name"
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          withAsterisk={false}
          maxLength={64}
          value={username}
          onChange={e => setUsername(e.currentTarget.value)}
          error={fields.username}
          autoFocus={token !== ''}
        />
        <PasswordInput
          visibilityToggleButtonProps={toggle}
          label="Password"
          description={`At least ${shortest} characters, and not the user name`}
          name="new-password"
          autoComplete="new-password"
          required
          withAsterisk={false}
          minLength={shortest}
          maxLength={1024}
          value={password}
          onChange={e => setPassword(e.currentTarget.value)}
          error={fields.password}
        />
        <PasswordInput
          visibilityToggleButtonProps={toggle}
          label="Password again"
          name="new-password-again"
          autoComplete="new-password"
          required
          withAsterisk={false}
          maxLength={1024}
          value={again}
          onChange={e => setAgain(e.currentTarget.value)}
          onBlur={() => setLeft(true)}
          error={differs && 'The two passwords differ'}
        />
        <Button
          type="submit"
          loading={make.isPending}
          disabled={!token.trim() || !username.trim() || password.length < shortest || password !== again}
        >
          Create and sign in
        </Button>
      </form>
    </Door>
  )
}
