import { useEffect, useRef } from 'react'
import { Icon } from '../parts/icon.tsx'
import css from './shell.module.css'

const keys: [string[], string][] = [
  [['Ctrl', 'K'], 'Find a device or a page'],
  [['/'], 'Search in the list'],
  [['j'], 'Next row'],
  [['k'], 'Previous row'],
  [['Enter'], 'Open the row'],
  [['x'], 'Choose the alert, for several at once'],
  [['e'], 'Close the alert'],
  [['m'], 'Mute the alert'],
  [['l'], 'Learn that the alert is usual'],
  [['u'], 'Take up the alert, undo what was decided'],
  [['c'], 'Comment on the alert'],
  [['Esc'], 'Leave the search, close what is open'],
  [['g', 'o'], 'Overview'],
  [['g', 'd'], 'Devices'],
  [['g', 'a'], 'Alerts'],
  [['g', 'b'], 'Baseline'],
  [['g', 'c'], 'Conversations'],
  [['g', 'm'], 'Map'],
  [['g', 's'], 'Sensors'],
  [['g', 'i'], 'Integrations'],
  [['g', 'u'], 'Users'],
  [['g', 'l'], 'Audit log'],
  [['g', 'p'], 'Profile'],
  [['?'], 'These keys'],
]

/** The keys of the portal. Opens with a question mark. */
export function Help({ close }: { close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes a dialog by itself
    <dialog
      ref={dialog}
      className={css.dialog}
      aria-label="Keys"
      onClose={close}
      onClick={e => e.target === dialog.current && close()}
    >
      <div className={css.helpHead}>
        <h2>Keys</h2>
        <button type="button" className={css.tool} onClick={close} aria-label="Close">
          <Icon name="close" size={16} />
        </button>
      </div>
      <dl className={css.keys}>
        {keys.map(([press, what]) => (
          <div key={what} style={{ display: 'contents' }}>
            <dt>
              {press.map(k => (
                <kbd key={k}>{k}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <p className={css.helpFoot}>
        <a href="/licences.txt" target="_blank" rel="noreferrer">
          Licences of what this portal is built with
        </a>
      </p>
    </dialog>
  )
}
