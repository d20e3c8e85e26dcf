import { Button } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'react-router'
import {
  type Integration,
  integrations,
  machines,
  replay,
  test,
  unconnected,
  undelivered,
} from '../api/integrations.ts'
import { useSession } from '../api/queries.ts'
import { exact, known, plain } from '../parts/format.ts'
import { Icon } from '../parts/icon.tsx'
import { Bones, Card, Chip, Empty, Failure, Said, StateChip, When } from '../parts/parts.tsx'
import { Page } from '../shell/shell.tsx'
import mine from './integrations.module.css'
import css from './pages.module.css'

const example = `forward:
  - name: soc
    severity: minor
    syslog: {address: "siem.example.org:6514", transport: tls}
connect:
  - name: defender
    zone: default
    defender:
      tenant: …
      client: …
      secret: {file: /etc/tyto/defender-secret}`

export default function Integrations() {
  const who = useSession()
  const may = who?.all_sites === true && who.role !== 'viewer'
  const data = useQuery({ ...integrations, enabled: may })
  return (
    <Page title="Integrations">
      {!may ? (
        <Empty icon="plug" title="Integrations are for those who see all sites">
          Ask an administrator for the role of an analyst, or more, for all sites.
        </Empty>
      ) : data.data ? (
        data.data.items.length > 0 ? (
          <div className={css.pad}>
            {data.data.items.map(i => (
              <One key={`${i.direction} ${i.name}`} of={i} admin={who?.role === 'admin'} />
            ))}
          </div>
        ) : (
          <Empty
            icon="plug"
            title="Nothing is passed on, and no product is connected"
            action={<pre className={mine.example}>{example}</pre>}
          >
            Write destinations and connectors into the configuration, check it with <code>tyto config check</code>, and
            start the hub anew: a SIEM, Sentinel, Splunk, ServiceNow, Defender, or a webhook of yours.
          </Empty>
        )
      ) : data.isError ? (
        <Failure error={data.error} retry={() => void data.refetch()} />
      ) : (
        <div className={css.pad}>
          <Card>
            <Bones lines={5} />
          </Card>
        </div>
      )}
    </Page>
  )
}

function stateOf(i: Integration): { tone?: 'ok' | 'warn' | 'bad'; text: string; title: string } {
  switch (i.state) {
    case 'failing':
      return { tone: 'bad', text: 'Failing', title: 'The last attempt failed; it is tried on' }
    case 'working':
      return { tone: 'ok', text: 'Working', title: 'The last attempt went well' }
    default:
      return { text: 'Waiting', title: 'Nothing was sent or fetched yet' }
  }
}

const products: Record<string, string> = {
  syslog: 'Syslog',
  sentinel: 'Microsoft Sentinel',
  splunk: 'Splunk',
  servicenow: 'ServiceNow',
  defender: 'Microsoft Defender',
  webhook: 'Webhook',
  file: 'File',
}

/** What a count of a connector is called. */
const counts: Record<string, string> = {
  machines: 'Machines there',
  heard: 'Of these heard here',
  alerts: 'Alerts brought in',
  alerts_unplaced: 'Alerts about none here',
  incidents: 'Incidents that changed there',
  incidents_unknown: 'Of alerts that are gone',
  decided: 'Decided as there',
  pushed: 'Tags and values pushed',
  refused: 'Refused for good',
  expired: 'Too old, given up',
}

function One({ of: i, admin }: { of: Integration; admin: boolean }) {
  const [open, setOpen] = useState<'undelivered' | 'machines' | 'unconnected'>()
  const out = i.direction === 'out'
  const ofMachines = !out && i.product === 'defender'
  const tried = useMutation({ mutationFn: () => test(i.name) })
  const again = useMutation({ mutationFn: () => replay(i.name) })
  const toggle = (what: typeof open) => setOpen(was => (was === what ? undefined : what))
  return (
    <Card
      flush
      title={
        <span className={css.sensorHead}>
          <Icon name={out ? 'out' : 'conversations'} />
          {plain(i.name)}
          <Chip>{known(products, i.product) ?? plain(i.product)}</Chip>
          <StateChip of={stateOf(i)} />
        </span>
      }
      side={<span className="quiet">{i.wants.map(plain).join(' · ')}</span>}
    >
      <dl className={mine.facts}>
        {out && (
          <Fact name="Backlog" tone={i.state === 'failing' && i.backlog > 0} title="Entries of the log not read yet">
            {exact(i.backlog)}
          </Fact>
        )}
        {(out || ofMachines) && (
          <Fact name={out ? 'Delivered' : 'Observations told'} title={out ? 'Since the hub started' : 'So far'}>
            {exact(i.delivered)}
          </Fact>
        )}
        {out && (
          <Fact name="Undelivered" tone={i.undelivered > 0} title="Set aside; they can be tried again">
            {exact(i.undelivered)}
          </Fact>
        )}
        <Fact name="Failed attempts">{exact(i.failures)}</Fact>
        <Fact name={out ? 'Last sent' : 'Last fetched'}>
          {i.last ? <When at={i.last} /> : <span className="quiet">never</span>}
        </Fact>
        {Object.entries(i.counts ?? {})
          .filter(([name, n]) => n > 0 || name === 'machines' || name === 'incidents')
          .map(([name, n]) => (
            <Fact key={name} name={known(counts, name) ?? plain(name)}>
              {exact(n)}
            </Fact>
          ))}
      </dl>
      {i.error && (
        <div
          className={mine.trouble}
          data-over={i.state !== 'failing'}
          role={i.state === 'failing' ? 'alert' : undefined}
        >
          <strong>{i.state === 'failing' ? 'It does not work' : 'The last trouble, which is over'}</strong>
          <code>{plain(i.error)}</code>
          {i.remedy && <span>{plain(i.remedy)}</span>}
        </div>
      )}
      <div className={mine.tools}>
        {admin && (
          <Button size="xs" variant="default" loading={tried.isPending} onClick={() => tried.mutate()}>
            {out ? 'Send test' : 'Test'}
          </Button>
        )}
        {admin && out && i.undelivered > 0 && (
          <Button size="xs" variant="default" loading={again.isPending} onClick={() => again.mutate()}>
            Try all again
          </Button>
        )}
        {out && i.undelivered > 0 && (
          <Opens is={open === 'undelivered'} toggle={() => toggle('undelivered')} text="What it did not take" />
        )}
        {ofMachines && (
          <>
            <Opens
              is={open === 'unconnected'}
              toggle={() => toggle('unconnected')}
              text="Seen by Tyto, not in Defender"
            />
            <Opens
              is={open === 'machines'}
              toggle={() => toggle('machines')}
              text="In Defender, never seen on the wire"
            />
          </>
        )}
      </div>
      <p className={mine.said} role="status" hidden={!tried.data && !tried.error && !again.data && !again.error}>
        {tried.error && `The test could not be made: ${plain(tried.error.message)}`}
        {tried.data &&
          (tried.data.ok
            ? `The test went well: ${plain(tried.data.answer ?? 'taken')}`
            : `The test failed: ${plain(tried.data.error ?? '')} ${plain(tried.data.remedy ?? '')}`)}
        {again.error && ` It cannot be tried again: ${plain(again.error.message)}`}
        {again.data !== undefined && ` ${exact(again.data)} events are tried again.`}
      </p>
      {open === 'undelivered' && <Left name={i.name} admin={admin} />}
      {open === 'unconnected' && <Unknown name={i.name} />}
      {open === 'machines' && <Unheard name={i.name} />}
    </Card>
  )
}

function Fact({
  name,
  title,
  tone = false,
  children,
}: {
  name: string
  title?: string
  tone?: boolean
  children: React.ReactNode
}) {
  return (
    <div title={title}>
      <dt>{name}</dt>
      <dd data-tone={tone ? 'warn' : undefined}>{children}</dd>
    </div>
  )
}

function Opens({ is, toggle, text }: { is: boolean; toggle: () => void; text: string }) {
  return (
    <button type="button" className={css.more} aria-expanded={is} onClick={toggle}>
      {text}
    </button>
  )
}

function Left({ name, admin }: { name: string; admin: boolean }) {
  const data = useQuery(undelivered(name))
  const again = useMutation({ mutationFn: (id: number) => replay(name, [id]) })
  if (data.isError) return <Failure error={data.error} retry={() => void data.refetch()} />
  if (!data.data) return <Bones lines={3} />
  return (
    <div className={css.scrollX}>
      <table className={`${css.plain} ${mine.list}`} aria-label={`What ${name} did not take`}>
        <thead>
          <tr>
            <th scope="col">Set aside</th>
            <th scope="col">Event</th>
            <th scope="col">Why</th>
            {admin && (
              <th scope="col">
                <span className="spoken">Try again</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {data.data.items.map(u => (
            <tr key={u.id}>
              <td className={css.fixed}>
                <When at={u.time} />
              </td>
              <td>
                <Said text={u.title} /> <span className="quiet">{u.kind}</span>
              </td>
              <td>
                <Said text={u.reason} />
              </td>
              {admin && (
                <td className={css.end}>
                  <button type="button" className={css.more} onClick={() => again.mutate(u.id)}>
                    Try again
                  </button>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const step = 25
const most = 500

function Tail({ shown, total, more, csv }: { shown: number; total: number; more: () => void; csv: string }) {
  return (
    <div className={css.panelTools}>
      <span className="quiet">
        {exact(shown)} of {exact(total)}
      </span>
      {shown < total && shown < most && (
        <button type="button" className={css.more} onClick={more}>
          Show more
        </button>
      )}
      <a href={csv} download>
        All as CSV
      </a>
    </div>
  )
}

function Unknown({ name }: { name: string }) {
  const [limit, setLimit] = useState(step)
  const data = useQuery({ ...unconnected(name, limit), placeholderData: was => was })
  if (data.isError) return <Failure error={data.error} retry={() => void data.refetch()} />
  if (!data.data) return <Bones lines={3} />
  if (data.data.total === 0)
    return (
      <Empty icon="check" title="Defender knows every device that was seen">
        Nothing is to be onboarded.
      </Empty>
    )
  return (
    <>
      <Tail
        shown={data.data.items.length}
        total={data.data.total}
        more={() => setLimit(limit * 4)}
        csv={`/api/v1/connectors/${encodeURIComponent(name)}/unconnected.csv`}
      />
      <div className={css.scrollX}>
        <table className={`${css.plain} ${mine.list}`} aria-label="Seen by Tyto, not in Defender">
          <thead>
            <tr>
              <th scope="col">Device</th>
              <th scope="col">Type</th>
              <th scope="col">Operating system</th>
              <th scope="col">Can be onboarded</th>
              <th scope="col">Seen</th>
            </tr>
          </thead>
          <tbody>
            {data.data.items.map(({ device: d, can, why }) => (
              <tr key={d.id}>
                <td>
                  <Link to={`/devices/${encodeURIComponent(d.id)}`}>{plain(d.hostname || d.ip || d.mac || d.id)}</Link>{' '}
                  <span className="quiet">{plain(d.ip ?? '')}</span>
                </td>
                <td>
                  <Said text={d.type_name || d.type || ''} />
                </td>
                <td>
                  <Said text={d.os ?? ''} />
                </td>
                <td>
                  <Chip {...(can ? { tone: 'ok' as const } : {})}>{can ? 'Yes' : 'No'}</Chip> {plain(why)}
                </td>
                <td className={css.fixed}>
                  <When at={d.last_seen} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}

const onboarding: Record<string, string> = {
  onboarded: 'Onboarded',
  can_be_onboarded: 'Can be onboarded',
  unsupported: 'Unsupported',
  insufficient_info: 'Not enough known',
}

function Unheard({ name }: { name: string }) {
  const [limit, setLimit] = useState(step)
  const data = useQuery({ ...machines(name, limit), placeholderData: was => was })
  if (data.isError) return <Failure error={data.error} retry={() => void data.refetch()} />
  if (!data.data) return <Bones lines={3} />
  if (data.data.total === 0)
    return (
      <Empty icon="check" title="Every machine of Defender was heard on the wire">
        The sensors see all of them.
      </Empty>
    )
  return (
    <>
      <Tail
        shown={data.data.items.length}
        total={data.data.total}
        more={() => setLimit(limit * 4)}
        csv={`/api/v1/connectors/${encodeURIComponent(name)}/machines.csv?unheard=true`}
      />
      <div className={css.scrollX}>
        <table className={`${css.plain} ${mine.list}`} aria-label="In Defender, never seen on the wire">
          <thead>
            <tr>
              <th scope="col">Machine</th>
              <th scope="col">Operating system</th>
              <th scope="col">Onboarding</th>
              <th scope="col">Addresses</th>
              <th scope="col">Zone</th>
              <th scope="col">Seen by Defender</th>
            </tr>
          </thead>
          <tbody>
            {data.data.items.map(m => (
              <tr key={m.id}>
                <td>
                  {m.device ? (
                    <Link to={`/devices/${encodeURIComponent(m.device)}`}>{plain(m.name || m.id)}</Link>
                  ) : (
                    <Said text={m.name || m.id} />
                  )}
                </td>
                <td>
                  <Said text={m.os ?? ''} />
                </td>
                <td>{onboarding[m.onboarding ?? ''] ?? <Said text={m.onboarding ?? ''} />}</td>
                <td>{[...m.ips, ...m.macs].slice(0, 4).map(plain).join(', ')}</td>
                <td>
                  <Said text={m.zone ?? ''} />
                </td>
                <td className={css.fixed}>{m.last_seen ? <When at={m.last_seen} /> : '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}
