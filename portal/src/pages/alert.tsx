import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from 'react-router'
import { Problem } from '../api/client.ts'
import { alert, useSession } from '../api/queries.ts'
import type { AlertDetail } from '../api/types.ts'
import { inWords, partyText, statuses } from '../parts/alert.ts'
import { exact, plain } from '../parts/format.ts'
import { Bones, Card, Chip, Copy, Empty, Failure, StateChip, When } from '../parts/parts.tsx'
import { Page } from '../shell/shell.tsx'
import { Around } from './alert-context.tsx'
import { Severity } from './alerts.tsx'
import { Frame } from './evidence.tsx'
import css from './pages.module.css'
import { Consequences, Decide } from './triage.tsx'

const above = { to: '/alerts', text: 'Alerts' }

export default function One() {
  const { id = '' } = useParams()
  const found = useQuery(alert(id))
  if (found.data) return <Found key={id} detail={found.data} />
  if (found.error instanceof Problem && found.error.status === 404)
    return (
      <Page title="Not found" above={above}>
        <Empty icon="bell" title="There is no alert of that id" action={<Link to="/alerts">All alerts</Link>} />
      </Page>
    )
  return (
    <Page title={found.isError ? 'Alert' : 'Loading…'} above={above}>
      {found.isError ? (
        <Failure error={found.error} retry={() => void found.refetch()} />
      ) : (
        <div className={css.pad}>
          <Card>
            <Bones lines={6} />
          </Card>
        </div>
      )}
    </Page>
  )
}

function Found({ detail }: { detail: AlertDetail }) {
  const a = detail.alert
  const mayTakePackets = (useSession()?.role ?? 'viewer') !== 'viewer'
  return (
    <Page title={plain(a.title)} above={above}>
      <div className={css.pad}>
        <div className={css.columns}>
          <div className={`${css.wide} ${css.natural} ${css.pile}`}>
            <Card
              title="What happened"
              side={
                <span className={css.pair}>
                  <span className="quiet">For a ticket</span>
                  <Copy text={inWords(detail, location.href)} label="Copy the alert as text" />
                </span>
              }
            >
              <dl className={css.pairs}>
                <dt>Severity</dt>
                <dd>
                  <Severity word={a.severity} />
                </dd>
                <dt>Status</dt>
                <dd>
                  <StateChip of={statuses[a.status] ?? { text: a.status, title: '' }} />
                </dd>
                <dt>Devices</dt>
                <dd>
                  {a.parties.map((p, i) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: who did it stands first, to whom second
                    <span key={i}>
                      {i > 0 && ' → '}
                      {p.id ? <Link to={`/devices/${encodeURIComponent(p.id)}`}>{partyText(p)}</Link> : partyText(p)}
                      {p.name && p.ip && <span className="quiet"> {p.ip}</span>}
                    </span>
                  ))}
                </dd>
                <Between parties={a.parties} />
                {a.detail && (
                  <>
                    <dt>Seen</dt>
                    <dd>{plain(a.detail)}</dd>
                  </>
                )}
                <dt>First</dt>
                <dd>
                  <When at={a.first_seen} />
                </dd>
                <dt>Last</dt>
                <dd>
                  <When at={a.last_seen} />
                </dd>
                <dt>Count</dt>
                <dd>{exact(a.count)}</dd>
                <dt>Evidence</dt>
                <dd>
                  {detail.evidence.protocol && <Chip>{plain(detail.evidence.protocol)}</Chip>}{' '}
                  <Frame from={detail.evidence} />
                </dd>
                {detail.packets && mayTakePackets && (
                  <>
                    <dt>Packets</dt>
                    <dd>
                      <a href={`/api/v1/alerts/${encodeURIComponent(a.id)}/packets`} download>
                        Download them as a capture (pcapng)
                      </a>
                    </dd>
                  </>
                )}
                <dt>ATT&CK</dt>
                <dd>
                  {a.techniques.map(t => (
                    <Chip key={t}>{t}</Chip>
                  ))}
                </dd>
              </dl>
            </Card>
            <Consequences detail={detail} />
            <History detail={detail} />
            <Around detail={detail} />
          </div>
          <div className={css.stack}>
            <Card title="What to do">
              <p>{detail.action ?? 'The rule that raised it is not there any more.'}</p>
              <Decide detail={detail} />
            </Card>
            <Card title="The rule">
              <p className={css.said}>{detail.description}</p>
              <dl className={css.pairs}>
                <dt>Id</dt>
                <dd>{plain(a.rule)}</dd>
                {detail.thresholds.map(t => (
                  <Threshold key={t.name} of={t} />
                ))}
              </dl>
            </Card>
          </div>
        </div>
      </div>
    </Page>
  )
}

/** The way to what the two of an alert said to each other. */
function Between({ parties: [one, other] }: { parties: AlertDetail['alert']['parties'] }) {
  const [known, peer] = one?.id ? [one, other] : [other, one]
  const address = peer?.ip ?? peer?.mac
  if (!known?.id || !address) return null
  const to = `/conversations?device=${encodeURIComponent(known.id)}&q=${encodeURIComponent(address)}&chart=1`
  return (
    <>
      <dt>Between them</dt>
      <dd>
        <Link to={to}>What they said to each other</Link>
      </dd>
    </>
  )
}

function Threshold({ of: t }: { of: AlertDetail['thresholds'][number] }) {
  return (
    <>
      <dt>{plain(t.text)}</dt>
      <dd>
        {exact(t.value)} {plain(t.unit)}
      </dd>
    </>
  )
}

function History({ detail }: { detail: AlertDetail }) {
  if (detail.history.length === 0) return null
  return (
    <Card title="History" flush>
      <table className={css.plain}>
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Who</th>
            <th scope="col">Status</th>
            <th scope="col">Comment</th>
          </tr>
        </thead>
        <tbody>
          {detail.history.map(h => (
            <tr key={`${h.time} ${h.status}`}>
              <td className={css.fixed}>
                <When at={h.time} />
              </td>
              <td>{plain(h.who ?? 'The hub')}</td>
              <td>{statuses[h.status]?.text ?? h.status}</td>
              <td>{plain(h.comment ?? '')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  )
}
