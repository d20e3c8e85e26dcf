import { Menu } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from 'react'
import { Link, NavLink, Outlet, useLocation, useNavigate } from 'react-router'
import { DELETE, take } from '../api/client.ts'
import { follow, useLiveState } from '../api/live.ts'
import { forget, useSession, version } from '../api/queries.ts'
import { plain } from '../parts/format.ts'
import type { Glyph } from '../parts/glyphs.ts'
import { Icon, Owl } from '../parts/icon.tsx'
import { Help } from './help.tsx'
import { useKeys } from './keys.ts'
import { Palette } from './palette.tsx'
import { SchemeMenu } from './scheme.tsx'
import css from './shell.module.css'

const places: { to: string; text: string; icon: Glyph; admin?: 'sites' | 'all' }[] = [
  { to: '/', text: 'Overview', icon: 'overview' },
  { to: '/devices', text: 'Devices', icon: 'devices' },
  { to: '/alerts', text: 'Alerts', icon: 'bell' },
  { to: '/baseline', text: 'Baseline', icon: 'check' },
  { to: '/conversations', text: 'Conversations', icon: 'conversations' },
  { to: '/map', text: 'Map', icon: 'map' },
  { to: '/sensors', text: 'Sensors', icon: 'sensors' },
  { to: '/integrations', text: 'Integrations', icon: 'plug' },
  { to: '/users', text: 'Users', icon: 'user', admin: 'sites' },
  { to: '/audit', text: 'Audit', icon: 'lock', admin: 'all' },
]

interface Tools {
  palette: () => void
  help: () => void
}

const ToolsContext = createContext<Tools>({ palette: () => {}, help: () => {} })

/** The frame around every page for who is signed in. */
export function Shell() {
  const [open, setOpen] = useState<'palette' | 'help'>()
  const go = useNavigate()
  useEffect(() => follow(), [])
  useKeys({
    '?': () => setOpen('help'),
    'g o': () => void go('/'),
    'g d': () => void go('/devices'),
    'g a': () => void go('/alerts'),
    'g b': () => void go('/baseline'),
    'g c': () => void go('/conversations'),
    'g m': () => void go('/map'),
    'g s': () => void go('/sensors'),
    'g i': () => void go('/integrations'),
    'g u': () => void go('/users'),
    'g l': () => void go('/audit'),
    'g p': () => void go('/profile'),
  })
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'k') return
      event.preventDefault()
      setOpen(was => (was === 'palette' ? undefined : 'palette'))
    }
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  }, [])
  const tools = useMemo(() => ({ palette: () => setOpen('palette'), help: () => setOpen('help') }), [])
  return (
    <ToolsContext value={tools}>
      <div className={css.shell}>
        <a className={css.skip} href="#page">
          Skip to the page
        </a>
        <Rail />
        <div className={css.main}>
          <Outlet />
        </div>
      </div>
      {open === 'palette' && <Palette close={() => setOpen(undefined)} />}
      {open === 'help' && <Help close={() => setOpen(undefined)} />}
    </ToolsContext>
  )
}

function Rail() {
  const who = useSession()
  const shown = places.filter(p => !p.admin || (who?.role === 'admin' && (p.admin === 'sites' || who.all_sites)))
  const running = useQuery(version).data
  return (
    <aside className={css.rail} aria-label="Tyto">
      <Link to="/" className={css.brand} aria-label="Tyto, overview">
        <Owl />
        <span>Tyto</span>
      </Link>
      <nav className={css.nav} aria-label="Pages">
        {shown.map(p => (
          <NavLink key={p.to} to={p.to} end={p.to === '/'} title={p.text}>
            <Icon name={p.icon} size={20} />
            <span>{p.text}</span>
          </NavLink>
        ))}
      </nav>
      <div className={css.railFoot}>
        {running && (
          <span title={plain(`Commit ${running.commit || 'unknown'}, ${running.go}`)}>
            Version {plain(running.version)}
          </span>
        )}
        <span>Listens. Never sends.</span>
      </div>
    </aside>
  )
}

interface PageProps {
  title: string
  above?: { to: string; text: string }
  side?: ReactNode
  children: ReactNode
  className?: string
}

/** A page: its bar, with title and tools, and what is below. */
export function Page({ title, above, side, children, className }: PageProps) {
  const body = useRef<HTMLElement>(null)
  const { pathname, key } = useLocation()
  const first = useRef(key === 'default')
  useEffect(() => {
    document.title = `${title} · Tyto`
  }, [title])
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new page takes the focus, a new query does not
  useEffect(() => {
    if (!first.current) body.current?.focus({ preventScroll: true })
    first.current = false
  }, [pathname])
  return (
    <>
      <header className={css.bar}>
        <div className={css.title}>
          {above && (
            <span className={css.crumb}>
              <Link to={above.to} state={{ back: true }}>
                {above.text}
              </Link>
              <Icon name="right" size={14} />
            </span>
          )}
          <h1 title={title}>{title}</h1>
          {side}
        </div>
        <BarTools />
      </header>
      <main id="page" ref={body} tabIndex={-1} className={[css.page, className].filter(Boolean).join(' ')}>
        {children}
      </main>
    </>
  )
}

function BarTools() {
  const tools = useContext(ToolsContext)
  return (
    <>
      <button type="button" className={css.find} onClick={tools.palette} title="Find a device or a page">
        <Icon name="search" size={16} />
        <span>Find…</span>
        <kbd>Ctrl K</kbd>
      </button>
      <Live />
      <SchemeMenu />
      <UserMenu help={tools.help} />
    </>
  )
}

const liveText = { live: 'Live', connecting: 'Connecting', reconnecting: 'Reconnecting' }
const liveTitle = {
  live: 'What you see follows the hub',
  connecting: 'Connecting to the hub',
  reconnecting: 'The hub cannot be reached; what you see may be old',
}

function Live() {
  const state = useLiveState()
  return (
    <span className={css.live} data-state={state} role="status" title={liveTitle[state]}>
      <i aria-hidden="true" />
      <span className={css.liveText}>{liveText[state]}</span>
    </span>
  )
}

function UserMenu({ help }: { help: () => void }) {
  const who = useSession()
  const name = plain(who?.username ?? '')
  const leave = useMutation({
    mutationFn: () => take(DELETE('/api/v1/session')),
    onSettled: forget,
  })
  return (
    <Menu position="bottom-end" width={220} shadow="md">
      <Menu.Target>
        <button type="button" className={css.tool} aria-label={`Account: ${name}`} title={name}>
          <Icon name="user" />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          Signed in as {name}, {who?.role}
        </Menu.Label>
        <Menu.Item leftSection={<Icon name="user" size={16} />} component={Link} to="/profile">
          Profile
        </Menu.Item>
        <Menu.Item leftSection={<Icon name="help" size={16} />} onClick={help} rightSection={<kbd>?</kbd>}>
          Keys
        </Menu.Item>
        <Menu.Item leftSection={<Icon name="out" size={16} />} onClick={() => leave.mutate()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
