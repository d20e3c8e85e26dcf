import { Textarea, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'react-router'
import { dropIndicators, indicators, putIndicators, rules } from '../api/baseline.ts'
import type { Problem } from '../api/client.ts'
import { queries, useSession } from '../api/queries.ts'
import { exact, plain } from '../parts/format.ts'
import { Bones, Card, Chip, Empty, Failure, When } from '../parts/parts.tsx'
import { Page } from '../shell/shell.tsx'
import tools from '../table/table.module.css'
import { Severity } from './alerts.tsx'
import css from './pages.module.css'
import own from './triage.module.css'

const above = { to: '/alerts', text: 'Alerts' }

/** What alerts are raised by, and what is known to be bad. */
export default function Detections() {
  const found = useQuery(rules)
  const [q, setQ] = useState('')
  if (found.isError)
    return (
      <Page title="Rules" above={above}>
        <Failure error={found.error} retry={() => void found.refetch()} />
      </Page>
    )
  const words = q.toLowerCase().split(/\s+/).filter(Boolean)
  const shown = (found.data?.items ?? []).filter(r => {
    const text = [r.id, r.title, r.engine, r.severity, ...r.techniques].join(' ').toLowerCase()
    return words.every(w => text.includes(w))
  })
  return (
    <Page title="Rules" above={above}>
      <div className={css.pad}>
        <div className={css.columns}>
          <div className={`${css.wide} ${css.natural}`}>
            <Card title={`What is looked for (${exact(shown.length)})`} flush>
              <div className={own.search}>
                <TextInput
                  aria-label="Search rules"
                  placeholder="Search titles, engines, techniques"
                  value={q}
                  onChange={e => setQ(e.currentTarget.value)}
                />
              </div>
              {found.isPending && <Bones lines={8} />}
              {found.data && shown.length === 0 && (
                <Empty title="No rule fits">Search for a part of a title, or a technique such as T0858.</Empty>
              )}
              {shown.length > 0 && (
                <table className={css.plain} aria-label="Rules">
                  <thead>
                    <tr>
                      <th scope="col">Rule</th>
                      <th scope="col">Severity</th>
                      <th scope="col">Thresholds</th>
                      <th scope="col">ATT&CK</th>
                    </tr>
                  </thead>
                  <tbody>
                    {shown.map(r => (
                      <tr key={r.id}>
                        <td>
                          <strong>{plain(r.title)}</strong> {r.off && <Chip>Off</Chip>}
                          <div className="quiet">{plain(r.description)}</div>
                          <div className="quiet">
                            <Link to={`/alerts?rule=${encodeURIComponent(r.id)}`}>{plain(r.id)}</Link> {plain(r.engine)}
                          </div>
                        </td>
                        <td>
                          <Severity word={r.severity} />
                        </td>
                        <td>
                          {r.thresholds.map(t => (
                            <div key={t.name} title={plain(t.text)}>
                              {plain(t.name)}: {exact(t.value)} {t.unit !== t.name && plain(t.unit)}
                            </div>
                          ))}
                        </td>
                        <td>{r.techniques.map(plain).join(' ')}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              )}
            </Card>
          </div>
          <div className={css.stack}>
            <Card title="Change them">
              <p>
                Thresholds and rules that are off are set in the configuration file, under <code>detections</code>: such
                as <code>port-scan/ports: 100</code>.
              </p>
            </Card>
            <Indicators />
          </div>
        </div>
      </div>
    </Page>
  )
}

function Indicators() {
  const found = useQuery(indicators)
  const who = useSession()
  const admin = who?.role === 'admin' && who.all_sites
  const [name, setName] = useState('')
  const [text, setText] = useState('')
  const again = () => void queries.invalidateQueries({ queryKey: ['indicators'] })
  const put = useMutation({
    mutationFn: () => putIndicators(name.trim(), text),
    onSuccess: () => {
      setName('')
      setText('')
      again()
    },
  })
  const drop = useMutation({ mutationFn: dropIndicators, onSuccess: again })
  const lists = found.data?.items ?? []
  const failed = (put.error ?? drop.error) as Problem | null
  return (
    <Card title="Known to be bad">
      {lists.length === 0 ? (
        <p className="quiet">
          No list of indicators is put here. Addresses, networks and domains in one are looked for from then on.
        </p>
      ) : (
        <ul className={own.list}>
          {lists.map(l => (
            <li key={l.name}>
              <strong>{plain(l.name)}</strong> {exact(l.entries)} indicators
              <span className="quiet">
                , put by {plain(l.by)} <When at={l.put} />
              </span>{' '}
              {admin && (
                <button type="button" className={tools.facet} onClick={() => drop.mutate(l.name)}>
                  Drop
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
      {admin && (
        <form
          className={own.form}
          aria-label="Put a list of indicators"
          onSubmit={e => {
            e.preventDefault()
            put.mutate()
          }}
        >
          <TextInput label="Name of the list" value={name} required onChange={e => setName(e.currentTarget.value)} />
          <Textarea
            label="Indicators, one a line"
            description="Optionally with a date until it holds and a comment: 203.0.113.9,2026-12-31,botnet"
            minRows={4}
            autosize
            maxRows={12}
            value={text}
            required
            onChange={e => setText(e.currentTarget.value)}
          />
          <label className={own.file}>
            or a file
            <input
              type="file"
              accept=".txt,.csv,text/plain"
              onChange={async e => {
                const file = e.currentTarget.files?.[0]
                if (!file) return
                setText(await file.text())
                if (!name) setName(file.name.replace(/[^A-Za-z0-9._-]/g, '-').slice(0, 64))
              }}
            />
          </label>
          <div className={own.decisions}>
            <button type="submit" className={tools.facet} disabled={put.isPending}>
              Put
            </button>
          </div>
        </form>
      )}
      {failed && <p role="alert">{plain(failed.fields?.text ?? failed.message)}</p>}
    </Card>
  )
}
