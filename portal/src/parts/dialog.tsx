import { Button } from '@mantine/core'
import { type ReactNode, useEffect, useRef } from 'react'
import { Refusal } from '../pages/door.tsx'
import css from './dialog.module.css'
import { Icon } from './icon.tsx'
import { Copy } from './parts.tsx'

/** A form over the page. Escape closes it, and the focus goes back to where it was. */
export function FormDialog({
  title,
  close,
  submit,
  action,
  busy = false,
  ready = true,
  danger = false,
  error,
  children,
}: {
  title: string
  close: () => void
  submit: () => void
  action: string
  busy?: boolean
  ready?: boolean
  danger?: boolean
  error?: string
  children?: ReactNode
}) {
  return (
    <Dialog title={title} close={close}>
      <form
        onSubmit={e => {
          e.preventDefault()
          if (ready && !busy) submit()
        }}
      >
        <div className={css.body}>
          {error && <Refusal>{error}</Refusal>}
          {children}
        </div>
        <footer className={css.foot}>
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" loading={busy} disabled={!ready} className={danger ? css.danger : undefined}>
            {action}
          </Button>
        </footer>
      </form>
    </Dialog>
  )
}

/** Shows a text that is told once. */
export function ToldOnce({
  title,
  text,
  label,
  close,
  children,
}: {
  title: string
  text: string
  label: string
  close: () => void
  children: ReactNode
}) {
  return (
    <Dialog title={title} close={close}>
      <div className={css.body}>
        <p>{children}</p>
        <p className={css.secret}>
          <code>{text}</code>
          <Copy text={text} label={label} />
        </p>
        <p className="quiet">It is told once, and kept nowhere in this form. Copy it before you close this.</p>
      </div>
      <footer className={css.foot}>
        <Button onClick={close}>Close</Button>
      </footer>
    </Dialog>
  )
}

/** Something over the page. A light one holds nothing that could be lost: a click beside it closes it, too. */
export function Dialog({
  title,
  close,
  light = false,
  children,
}: {
  title: string
  close: () => void
  light?: boolean
  children: ReactNode
}) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes a dialog by itself
    <dialog
      ref={dialog}
      className={css.dialog}
      aria-label={title}
      onClose={close}
      onClick={e => light && e.target === dialog.current && close()}
    >
      <header className={css.head}>
        <h2>{title}</h2>
        <button type="button" className={css.close} onClick={close} aria-label="Close">
          <Icon name="close" size={16} />
        </button>
      </header>
      {children}
    </dialog>
  )
}
