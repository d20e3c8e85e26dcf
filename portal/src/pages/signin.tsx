import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Navigate, useSearchParams } from 'react-router'
import { POST, take } from '../api/client.ts'
import { queries, session, setup } from '../api/queries.ts'
import { Door, Refusal, toggle } from './door.tsx'
import { safeNext } from './next.ts'

export function Signin() {
  const [params] = useSearchParams()
  const [username, setUsername] = useState('')
  const [password, setPassword] = useState('')
  const who = useQuery(session)
  const first = useQuery(setup)
  const enter = useMutation({
    mutationFn: () => take(POST('/api/v1/session', { body: { username, password } })),
    onSuccess: who => queries.setQueryData(['session'], who),
    onError: () => setPassword(''),
  })
  if (who.data) return <Navigate to={safeNext(params.get('next'))} replace />
  if (first.data?.needed) return <Navigate to="/setup" replace />
  return (
    <Door title="Sign in">
      <form
        onSubmit={e => {
          e.preventDefault()
          enter.mutate()
        }}
      >
        <h1>Sign in</h1>
        {enter.isError && <Refusal>{enter.error.message}</Refusal>}
        <TextInput
          label="User name"
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
          required
          withAsterisk={false}
          maxLength={64}
          value={username}
          onChange={e => setUsername(e.currentTarget.value)}
        />
        <PasswordInput
          visibilityToggleButtonProps={toggle}
          label="Password"
          name="password"
          autoComplete="current-password"
          required
          withAsterisk={false}
          maxLength={1024}
          value={password}
          onChange={e => setPassword(e.currentTarget.value)}
        />
        <Button type="submit" loading={enter.isPending} disabled={!username || !password}>
          Sign in
        </Button>
      </form>
    </Door>
  )
}
