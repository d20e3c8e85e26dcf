import { Button } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type AuditFilter, auditPage, verifyAudit } from '../api/people.ts'
import { useSession } from '../api/queries.ts'
import type { AuditRecord } from '../api/types.ts'
import { exact, plain } from '../parts/format.ts'
import { Icon } from '../parts/icon.tsx'
import { Bones, Card, Chip, Copy, Empty, Failure, When } from '../parts/parts.tsx'
import { Page } from '../shell/shell.tsx'
import { useListState } from '../table/state.ts'
import tools from '../table/table.module.css'
import { NoneFits, Search } from '../table/tools.tsx'
import css from './pages.module.css'
import mine from './people.module.css'
import { NotYours } from './users.tsx'

const filters = ['who', 'what', 'since', 'before', 'page'] as const
const limit = 100

/** The kinds of things that are done, by how their names begin. */
const kinds: [string, string][] = [
  ['session.', 'Signing in and out'],
  ['password.', 'Passwords'],
  ['user.', 'Users'],
  ['token.', 'Tokens'],
  ['alert.', 'Alerts'],
]

/** Who did what, the newest first. */
export default function Audit() {
  const me = useSession()
  const state = useListState(filters)
  const one = (f: (typeof filters)[number]) => state.filters[f]?.[0] ?? ''
  const page = Math.max(0, Number.parseInt(one('page'), 10) || 0)
  const filter: AuditFilter = {
    ...(state.q ? { q: state.q } : {}),
    ...(one('who') ? { who: one('who') } : {}),
    ...(one('what') ? { what: one('what') } : {}),
    ...(dayOf(one('since')) ? { since: `${one('since')}T00:00:00Z` } : {}),
    ...(dayOf(one('before')) ? { before: `${one('before')}T00:00:00Z` } : {}),
  }
  const allowed = me?.role === 'admin' && me.all_sites
  const found = useQuery({ ...auditPage(filter, page * limit, limit), enabled: allowed })
  if (me && !allowed) return <NotYours />
  const set = (f: (typeof filters)[number], value: string) =>
    state.put({ [f]: value, ...(f === 'page' ? {} : { page: '' }) })
  const query = new URLSearchParams(Object.entries(filter)).toString()
  const chosen = Object.keys(filter).length > 0
  return (
    <Page title="Audit">
      <div className={css.pad}>
        <div className={`${tools.tools} ${mine.filters}`}>
          <Search state={state} label="Search names, objects, addresses" />
          <div className={tools.more}>
            <select
              className={mine.select}
              aria-label="What was done"
              value={one('what')}
              onChange={e => set('what', e.currentTarget.value)}
            >
              <option value="">Everything</option>
              {kinds.map(([key, text]) => (
                <option key={key} value={key}>
                  {text}
                </option>
              ))}
              {one('what') && !kinds.some(([k]) => k === one('what')) && (
                <option value={one('what')}>{plain(one('what'))}</option>
              )}
            </select>
            <span className={mine.dates}>
              <input
                className={mine.date}
                type="date"
                aria-label="From this day on"
                value={dayOf(one('since'))}
                onChange={e => set('since', e.currentTarget.value)}
              />
              –
              <input
                className={mine.date}
                type="date"
                aria-label="Before this day"
                value={dayOf(one('before'))}
                onChange={e => set('before', e.currentTarget.value)}
              />
            </span>
            <a className={tools.facet} href={`/api/v1/audit.csv?${query}`} download>
              <Icon name="download" size={14} /> CSV
            </a>
          </div>
        </div>
        <Verify />
        <Card flush>
          {found.data ? (
            found.data.items.length > 0 ? (
              <>
                <Records items={found.data.items} who={w => set('who', w)} />
                <nav className={mine.pager} aria-label="Pages of the audit log">
                  <span className="quiet">
                    {exact(page * limit + 1)}–{exact(page * limit + found.data.items.length)} of{' '}
                    {exact(found.data.total)}
                  </span>
                  <div>
                    <Button
                      variant="default"
                      size="xs"
                      disabled={page === 0}
                      onClick={() => set('page', page > 1 ? String(page - 1) : '')}
                    >
                      Newer
                    </Button>
                    <Button
                      variant="default"
                      size="xs"
                      disabled={(page + 1) * limit >= found.data.total}
                      onClick={() => set('page', String(page + 1))}
                    >
                      Older
                    </Button>
                  </div>
                </nav>
              </>
            ) : chosen ? (
              <NoneFits noun="record" clear={state.clear}>
                Take a filter away, or search for another word.
              </NoneFits>
            ) : (
              <Empty title="Nothing was done yet">
                What people and programs change, or try to, is written down here.
              </Empty>
            )
          ) : found.isError ? (
            <Failure error={found.error} retry={() => void found.refetch()} />
          ) : (
            <div style={{ padding: 16 }}>
              <Bones lines={8} />
            </div>
          )}
        </Card>
      </div>
    </Page>
  )
}

const dayOf = (text: string) => (/^\d{4}-\d{2}-\d{2}$/.test(text) ? text : '')

function Records({ items, who }: { items: AuditRecord[]; who: (name: string) => void }) {
  return (
    <div className={css.scrollX}>
      <table className={`${css.plain} ${mine.audit}`}>
        <colgroup>
          {[120, 170, 150, undefined, 200, 140].map((width, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the columns have nothing but their place
            <col key={i} style={{ width }} />
          ))}
        </colgroup>
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Who</th>
            <th scope="col">What</th>
            <th scope="col">About</th>
            <th scope="col">Outcome</th>
            <th scope="col">From</th>
          </tr>
        </thead>
        <tbody>
          {items.map(r => (
            <tr key={r.number}>
              <td className={css.fixed}>
                <When at={r.time} />
              </td>
              <td>
                {r.who ? (
                  <button type="button" className={css.more} title="Show what they did" onClick={() => who(r.who)}>
                    {plain(r.who)}
                  </button>
                ) : (
                  <span className="quiet">nobody</span>
                )}
              </td>
              <td>{plain(r.what)}</td>
              <td>{plain(r.object ?? '')}</td>
              <td>
                <Outcome text={r.outcome} />
              </td>
              <td>{plain(r.from ?? '')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Outcome({ text }: { text: string }) {
  if (text === 'ok') return <Chip tone="ok">ok</Chip>
  const [word = '', ...more] = text.split(': ')
  return (
    <>
      <Chip tone="bad">{plain(word)}</Chip> {plain(more.join(': '))}
    </>
  )
}

/** Verifies the chain of records, and tells its head. */
function Verify() {
  const ask = useMutation({ mutationFn: () => verifyAudit('') })
  const v = ask.data
  return (
    <div className={mine.verdict} role="status">
      <Button variant="default" size="xs" loading={ask.isPending} onClick={() => ask.mutate()}>
        Verify
      </Button>
      {ask.isError && <Chip tone="bad">{ask.error.message}</Chip>}
      {v &&
        (v.whole ? (
          <>
            <Chip tone="ok">Whole</Chip>
            <span>{exact(v.records)} records, each follows from the one before it. Head:</span>
            <code>{v.head}</code>
            {v.head && <Copy text={v.head} label="Copy the head" />}
          </>
        ) : (
          <>
            <Chip tone="bad">Tampered with</Chip>
            <span>
              Record {exact(v.broken)} does not follow from the one before it. The {exact(v.records)} before it are
              whole.
            </span>
          </>
        ))}
      {!v && !ask.isError && (
        <span className="quiet">Each record’s hash covers the one before it: what is changed later shows.</span>
      )}
    </div>
  )
}
