import { useQuery } from '@tanstack/react-query'
import { Navigate } from 'react-router'
import { queries, session } from '../api/queries.ts'
import { plain } from '../parts/format.ts'
import { PasswordForm } from '../parts/password.tsx'
import { Door } from './door.tsx'

/** Where somebody with a temporary password has to choose another one. */
export default function ChoosePassword() {
  const who = useQuery(session)
  if (who.data === null) return <Navigate to="/sign-in" replace />
  if (who.data && !who.data.temporary) return <Navigate to="/" replace />
  if (!who.data) return null
  return (
    <Door title="Choose a password">
      <h1>Choose a password</h1>
      <p>
        Welcome, {plain(who.data.username)}. Somebody else knows your password, as they gave it to you. Choose another
        one, that only you know.
      </p>
      <PasswordForm old="Temporary password" done={() => void queries.invalidateQueries({ queryKey: ['session'] })} />
    </Door>
  )
}
