import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import { createBrowserRouter, Navigate, Outlet, useLocation, useRouteError } from 'react-router'
import { RouterProvider } from 'react-router/dom'
import { session, setup } from './api/queries.ts'
import { Devices } from './pages/devices.tsx'
import { Overview } from './pages/overview.tsx'
import { FirstAdmin } from './pages/setup.tsx'
import { Signin } from './pages/signin.tsx'
import { Bones, Empty, Failure } from './parts/parts.tsx'
import { Page, Shell } from './shell/shell.tsx'

// What is not on the way from sign-in to the list of devices loads when it is wanted.
const Device = lazy(() => import('./pages/device.tsx'))
const Conversations = lazy(() => import('./pages/conversations.tsx'))
const NetMap = lazy(() => import('./pages/map.tsx'))
const Alerts = lazy(() => import('./pages/alerts.tsx'))
const Alert = lazy(() => import('./pages/alert.tsx'))
const Detections = lazy(() => import('./pages/detections.tsx'))
const Baseline = lazy(() => import('./pages/baseline.tsx'))
const Users = lazy(() => import('./pages/users.tsx'))
const Audit = lazy(() => import('./pages/audit.tsx'))
const Profile = lazy(() => import('./pages/profile.tsx'))
const NeedFactor = lazy(() => import('./pages/factor.tsx'))
const ChoosePassword = lazy(() => import('./pages/choose.tsx'))
const Integrations = lazy(() => import('./pages/integrations.tsx'))
const Sensors = lazy(() => import('./pages/sensors.tsx'))

/** Lets through who is signed in; sends others to sign in, or to set up. */
function Gate() {
  const who = useQuery(session)
  const first = useQuery({ ...setup, enabled: who.data === null })
  const { pathname, search } = useLocation()
  if (who.isError) return <Failure error={who.error} retry={() => void who.refetch()} />
  if (who.data?.temporary) return <Navigate to="/password" replace />
  if (who.data?.unfactored) return <Navigate to="/second-factor" replace />
  if (who.data) return <Outlet />
  if (who.data === undefined || first.isPending) return null
  if (first.data?.needed) return <Navigate to="/setup" replace />
  const next = pathname === '/' && search === '' ? '' : `?next=${encodeURIComponent(pathname + search)}`
  return <Navigate to={`/sign-in${next}`} replace />
}

function Waiting() {
  return (
    <Page title="Loading…">
      <div style={{ padding: 24 }}>
        <Bones lines={8} />
      </div>
    </Page>
  )
}

function Inside() {
  return (
    <Suspense fallback={<Waiting />}>
      <Outlet />
    </Suspense>
  )
}

function Lost() {
  return (
    <Page title="Not found">
      <Empty title="There is no such page">Choose one on the left, or press Ctrl-K to find a device.</Empty>
    </Page>
  )
}

/** What is shown when a page breaks, such as when a new version replaced the files of this one. */
function Broken() {
  return <Failure error={useRouteError()} retry={() => window.location.reload()} />
}

const router = createBrowserRouter([
  { path: '/sign-in', element: <Signin />, errorElement: <Broken /> },
  { path: '/setup', element: <FirstAdmin />, errorElement: <Broken /> },
  {
    path: '/password',
    element: (
      <Suspense fallback={null}>
        <ChoosePassword />
      </Suspense>
    ),
    errorElement: <Broken />,
  },
  {
    path: '/second-factor',
    element: (
      <Suspense fallback={null}>
        <NeedFactor />
      </Suspense>
    ),
    errorElement: <Broken />,
  },
  {
    element: <Gate />,
    errorElement: <Broken />,
    children: [
      {
        element: <Shell />,
        children: [
          {
            element: <Inside />,
            errorElement: <Broken />,
            children: [
              { path: '/', element: <Overview /> },
              { path: '/devices', element: <Devices /> },
              { path: '/devices/:id', element: <Device /> },
              { path: '/alerts', element: <Alerts /> },
              { path: '/alerts/:id', element: <Alert /> },
              { path: '/baseline', element: <Baseline /> },
              { path: '/rules', element: <Detections /> },
              { path: '/conversations', element: <Conversations /> },
              { path: '/map', element: <NetMap /> },
              { path: '/sensors', element: <Sensors /> },
              { path: '/integrations', element: <Integrations /> },
              { path: '/users', element: <Users /> },
              { path: '/audit', element: <Audit /> },
              { path: '/profile', element: <Profile /> },
              { path: '*', element: <Lost /> },
            ],
          },
        ],
      },
    ],
  },
])

export function App() {
  return <RouterProvider router={router} />
}
