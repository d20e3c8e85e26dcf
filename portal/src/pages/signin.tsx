import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Navigate, useSearchParams } from 'react-router'
import { POST, Problem, take } from '../api/client.ts'
import { signIn } from '../api/people.ts'
import { queries, session, setup } from '../api/queries.ts'
import { CodeField } from '../parts/factor.tsx'
import { known, plain } from '../parts/format.ts'
import { Door, Refusal, toggle } from './door.tsx'
import { safeNext } from './next.ts'
import mine from './people.module.css'

/** Why the identity provider did not let somebody in, and what to do. */
const refusals: Record<string, string> = {
  provider:
    'The identity provider cannot be reached. Try again in a minute, or ask an administrator: the hub’s log says why.',
  state: 'That took too long, or was begun in another window. Try again.',
  denied: 'The identity provider refused, or you did. Try again, or ask who runs it whether you may use Tyto.',
  token: 'What the identity provider answered cannot be trusted. Ask an administrator: the audit log says why.',
  domain: 'Your e-mail address is not of a domain that may sign in here, or is not verified. Ask an administrator.',
  role: 'Nothing gives you a role here. Ask who manages groups to add you to one that may use Tyto.',
  sites: 'Nothing gives you a site here. Ask who manages groups to add you to one of a site.',
  name: 'Your user name at the identity provider has characters that are not allowed here. Ask an administrator.',
  taken: 'There is a local account of your name. Ask an administrator to delete it, or sign in with its password.',
  disabled: 'Your account is disabled here. Ask an administrator.',
}

const wrongCode = (err: Error | null) => (err instanceof Problem ? err.fields.code : undefined)

export function Signin() {
  const [params] = useSearchParams()
  const [username, setUsername] = useState('')
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const who = useQuery(session)
  const first = useQuery(setup)
  const ways = useQuery(signIn)
  const refused = params.get('refused')
  const enter = useMutation({
    mutationFn: (code: string) =>
      take(POST('/api/v1/session', { body: { username, password, ...(code && { code }) } })),
    onSuccess: who => queries.setQueryData(['session'], who),
    onError: err => {
      if (wrongCode(err) === undefined) setPassword('')
      setCode('')
    },
  })
  // The password was right, and a code of the second factor is wanted, or was wrong.
  const wanted = wrongCode(enter.error)
  const second = wanted !== undefined || code !== ''
  if (who.data) return <Navigate to={safeNext(params.get('next'))} replace />
  if (first.data?.needed) return <Navigate to="/setup" replace />
  return (
    <Door title="Sign in">
      <form
        onSubmit={e => {
          e.preventDefault()
          enter.mutate(code.trim())
        }}
      >
        <h1>Sign in</h1>
        {refused && !enter.isError && (
          <Refusal>{known(refusals, refused) ?? 'The hub could not sign you in; its log says why.'}</Refusal>
        )}
        {enter.isError && wanted === undefined && <Refusal>{enter.error.message}</Refusal>}
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
        {second && (
          <CodeField
            recovery
            focus
            value={code}
            set={setCode}
            {...(wanted && enter.variables ? { error: wanted } : {})}
          />
        )}
        <Button
          type="submit"
          loading={enter.isPending}
          disabled={!username || !password || (second && code.trim() === '')}
        >
          Sign in
        </Button>
        {ways.data?.provider && (
          <>
            <span className={mine.or}>or</span>
            <Button
              component="a"
              variant="default"
              href={`/api/v1/oidc/login?next=${encodeURIComponent(safeNext(params.get('next')))}`}
            >
              Sign in with {plain(ways.data.provider)}
            </Button>
          </>
        )}
      </form>
    </Door>
  )
}
