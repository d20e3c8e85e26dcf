import { useQuery } from '@tanstack/react-query'
import { useEffect, useId, useRef, useState } from 'react'
import { useNavigate } from 'react-router'
import { devicesPage } from '../api/queries.ts'
import type { DeviceRow } from '../api/types.ts'
import { nameOf } from '../parts/device.ts'
import dialogs from '../parts/dialog.module.css'
import { typeName } from '../parts/format.ts'
import type { Glyph } from '../parts/glyphs.ts'
import { DeviceIcon, Icon } from '../parts/icon.tsx'
import css from './shell.module.css'
import { useDebounced } from './timing.ts'

interface Command {
  icon: Glyph
  text: string
  to: string
}

const commands: Command[] = [
  { icon: 'overview', text: 'Overview', to: '/' },
  { icon: 'devices', text: 'Devices', to: '/devices' },
  { icon: 'plc', text: 'OT devices', to: '/devices?category=ot' },
  { icon: 'chip', text: 'IoT devices', to: '/devices?category=iot' },
  { icon: 'unknown', text: 'Devices not yet identified', to: '/devices?category=unknown' },
  { icon: 'clock', text: 'Newest devices', to: '/devices?sort=first_seen&order=desc' },
  { icon: 'bell', text: 'Alerts', to: '/alerts' },
  { icon: 'check', text: 'Baseline', to: '/baseline' },
  { icon: 'shield', text: 'Rules', to: '/rules' },
  { icon: 'conversations', text: 'Conversations', to: '/conversations' },
  { icon: 'globe', text: 'Conversations with the internet', to: '/conversations?scope=internet' },
  { icon: 'map', text: 'Map of who talks to whom', to: '/map' },
  { icon: 'sensors', text: 'Sensors', to: '/sensors' },
  { icon: 'plug', text: 'Integrations: SIEM, XDR, tickets', to: '/integrations' },
  { icon: 'user', text: 'Users', to: '/users' },
  { icon: 'lock', text: 'Audit log', to: '/audit' },
  { icon: 'user', text: 'Profile: password, sessions, tokens', to: '/profile' },
]

/** Finds a page or a device by its name. Opens with Ctrl-K. */
export function Palette({ close }: { close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const id = useId()
  const go = useNavigate()
  const wanted = useDebounced(text.trim(), 150)
  const found = useQuery({ ...devicesPage({ q: wanted }, 0, 8), enabled: wanted.length > 0 })
  const pages = commands.filter(c => c.text.toLowerCase().includes(text.trim().toLowerCase()))
  const devices: DeviceRow[] = wanted && text.trim() ? (found.data?.items ?? []) : []
  const total = pages.length + devices.length

  useEffect(() => dialog.current?.showModal(), [])

  const choose = (i: number) => {
    const page = pages[i - devices.length]
    const device = devices[i]
    close()
    if (device) void go(`/devices/${encodeURIComponent(device.id)}`)
    else if (page) void go(page.to)
    else if (text.trim()) void go(`/devices?q=${encodeURIComponent(text.trim())}`)
  }

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes a dialog by itself
    <dialog
      ref={dialog}
      className={`${dialogs.dialog} ${css.palette}`}
      aria-label="Go to"
      onClose={close}
      onClick={e => e.target === dialog.current && close()}
    >
      <input
        className={css.paletteInput}
        placeholder="Find a device or a page"
        aria-label="Find a device or a page"
        role="combobox"
        aria-expanded="true"
        aria-controls={id}
        aria-activedescendant={total > 0 ? `${id}-${at}` : undefined}
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={e => {
          setText(e.target.value)
          setAt(0)
        }}
        onKeyDown={e => {
          if (e.key === 'ArrowDown') setAt(i => (i + 1) % Math.max(1, total))
          else if (e.key === 'ArrowUp') setAt(i => (i - 1 + total) % Math.max(1, total))
          else if (e.key === 'Enter') choose(at)
          else return
          e.preventDefault()
        }}
      />
      <div className={css.results} id={id} role="listbox" aria-label="Found">
        {devices.map((d, i) => (
          <Choice key={d.id} id={`${id}-${i}`} chosen={i === at} choose={() => choose(i)}>
            <DeviceIcon type={d.type} category={d.category} />
            <span className="clip">
              {nameOf(d)}{' '}
              <span className="quiet">{[d.type_name || typeName(d.type), d.vendor].filter(Boolean).join(' · ')}</span>
            </span>
            <span className="quiet">{d.ip ?? d.mac}</span>
          </Choice>
        ))}
        {pages.map((p, i) => (
          <Choice
            key={p.to}
            id={`${id}-${i + devices.length}`}
            chosen={i + devices.length === at}
            choose={() => choose(i + devices.length)}
          >
            <Icon name={p.icon} />
            <span>{p.text}</span>
          </Choice>
        ))}
        {total === 0 && (
          <p className={css.resultGroup}>{found.isFetching ? 'Searching…' : 'No device and no page of that name.'}</p>
        )}
      </div>
    </dialog>
  )
}

function Choice({
  id,
  chosen,
  choose,
  children,
}: {
  id: string
  chosen: boolean
  choose: () => void
  children: React.ReactNode
}) {
  const self = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (chosen) self.current?.scrollIntoView({ block: 'nearest' })
  }, [chosen])
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents lint/a11y/useFocusableInteractive: the combobox above has the focus and the keys
    <div ref={self} id={id} className={css.result} role="option" aria-selected={chosen} onClick={choose}>
      {children}
    </div>
  )
}
