import type { ReactNode } from 'react'
import { useEffect } from 'react'
import { Icon, Owl } from '../parts/icon.tsx'
import css from './pages.module.css'

/** The page outside: for signing in and for setting up. */
export function Door({ title, children }: { title: string; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Tyto`
  }, [title])
  return (
    <div className={css.door}>
      <div className={css.doorSide}>
        <svg className={css.ears} viewBox="0 0 620 620" aria-hidden="true">
          {[60, 110, 160, 210, 260, 309].map(r => (
            <circle key={r} cx="310" cy="310" r={r} />
          ))}
        </svg>
        <div className={css.doorBrand}>
          <Owl size={40} />
          Tyto
        </div>
        <p>Every device on your network, what it does, and how we know. By listening alone.</p>
        <small>Tyto alba, the barn owl, hunts in the dark by ear.</small>
      </div>
      <main className={css.doorForm}>{children}</main>
    </div>
  )
}

export function Refusal({ children }: { children: ReactNode }) {
  return (
    <div className={css.refusal} role="alert">
      <Icon name="warning" />
      <span>{children}</span>
    </div>
  )
}

/** The button that shows a password; it is reached with the keyboard, too. */
export const toggle = { 'aria-label': 'Show what was typed', tabIndex: 0 }
