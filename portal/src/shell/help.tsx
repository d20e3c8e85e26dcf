import { Dialog } from '../parts/dialog.tsx'
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
  return (
    <Dialog title="Keys" close={close} light>
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
    </Dialog>
  )
}
