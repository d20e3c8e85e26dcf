import { Select, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type ReactNode, useRef, useState } from 'react'
import { Link } from 'react-router'
import { consequences, decideAll, type MuteWish, muteMore, remark, type Status } from '../api/baseline.ts'
import { queries, useSession } from '../api/queries.ts'
import type { Alert, AlertDetail } from '../api/types.ts'
import { partyText, statuses } from '../parts/alert.ts'
import { count, plain } from '../parts/format.ts'
import { Card, StateChip } from '../parts/parts.tsx'
import { useKeys } from '../shell/keys.ts'
import tools from '../table/table.module.css'
import css from './triage.module.css'

/** Who may decide about alerts. */
export function useDecides(): boolean {
  const role = useSession()?.role
  return role === 'admin' || role === 'analyst'
}

interface Choice {
  status: Status
  text: string
  key: string
  title: string
}

/** What can be decided, and by which keys. */
export const choices: Choice[] = [
  { status: 'closed', text: 'Close', key: 'e', title: 'Dealt with; it is new once more when it occurs again' },
  { status: 'muted', text: 'Mute', key: 'm', title: 'Count it only' },
  { status: 'learned', text: 'Learn', key: 'l', title: 'It is usual here: part of the baseline from now on' },
  { status: 'active', text: 'Take up', key: 'u', title: 'Work on it, or undo what was decided' },
]

interface Done {
  what: { id: string; was: string }[]
  status: Status
}

/** Decides about alerts, and remembers what they were before, to undo it. */
export function useTriage() {
  const [done, setDone] = useState<Done>()
  const made = useMutation({
    mutationFn: ({ rows, status, comment }: { rows: Alert[]; status: Status; comment?: string }) =>
      decideAll(
        rows.map(a => a.id),
        status,
        comment,
      ),
    onSuccess: (_, { rows, status }) => {
      setDone({ what: rows.map(a => ({ id: a.id, was: a.status })), status })
      for (const a of rows) void queries.invalidateQueries({ queryKey: ['alert', a.id] })
      void queries.invalidateQueries({ queryKey: ['alerts'] })
      void queries.invalidateQueries({ queryKey: ['overview'] })
    },
  })
  const undo = async () => {
    if (!done) return
    const back = new Map<Status, string[]>()
    for (const { id, was } of done.what) {
      const to = was === 'new' ? 'active' : (was as Status)
      back.set(to, [...(back.get(to) ?? []), id])
    }
    for (const [status, ids] of back) await decideAll(ids, status, 'undone')
    setDone(undefined)
    for (const { id } of done.what) void queries.invalidateQueries({ queryKey: ['alert', id] })
    void queries.invalidateQueries({ queryKey: ['alerts'] })
    void queries.invalidateQueries({ queryKey: ['overview'] })
  }
  return { done, undo, made, clear: () => setDone(undefined) }
}

/** What is said of alerts that were chosen, or just decided about. */
export function TriageBar({
  chosen,
  clear,
  triage,
}: {
  chosen: Alert[]
  clear: () => void
  triage: ReturnType<typeof useTriage>
}) {
  const [comment, setComment] = useState('')
  const field = useRef<HTMLInputElement>(null)
  useKeys(chosen.length > 0 ? { c: () => field.current?.focus() } : {})
  if (chosen.length === 0) {
    const { done } = triage
    if (triage.made.isError)
      return (
        <p className={css.bar} role="alert">
          {triage.made.error.message}
        </p>
      )
    if (!done) return null
    return (
      <p className={css.bar} role="status">
        {done.what.length === 1 ? 'One alert is' : `${count(done.what.length)} alerts are`}{' '}
        {(statuses[done.status]?.text ?? done.status).toLowerCase()}.
        <button type="button" className={tools.facet} onClick={() => void triage.undo()}>
          Undo
        </button>
        <button type="button" className={tools.facet} onClick={triage.clear}>
          Done
        </button>
      </p>
    )
  }
  return (
    <section className={css.bar} aria-label="Decide about the chosen alerts">
      <strong>{count(chosen.length)} chosen</strong>
      <TextInput
        ref={field}
        size="xs"
        aria-label="Comment"
        placeholder="Comment (c)"
        value={comment}
        maxLength={2000}
        onChange={e => setComment(e.currentTarget.value)}
        onKeyDown={e => e.key === 'Escape' && e.currentTarget.blur()}
      />
      {choices.map(c => (
        <button
          key={c.status}
          type="button"
          className={tools.facet}
          title={`${c.title} (${c.key})`}
          disabled={triage.made.isPending}
          onClick={() => {
            triage.made.mutate({ rows: chosen, status: c.status, comment: comment.trim() })
            setComment('')
            clear()
          }}
        >
          {c.text}
        </button>
      ))}
      <button type="button" className={tools.facet} onClick={clear}>
        Choose none
      </button>
    </section>
  )
}

/** The decisions about one alert, with a comment, by mouse and by keys. */
export function Decide({ detail }: { detail: AlertDetail }) {
  const decides = useDecides()
  const [comment, setComment] = useState('')
  const [more, setMore] = useState(false)
  const field = useRef<HTMLInputElement>(null)
  const a = detail.alert
  const after = () => {
    setComment('')
    void queries.invalidateQueries({ queryKey: ['alert', a.id] })
    void queries.invalidateQueries({ queryKey: ['alerts'] })
    void queries.invalidateQueries({ queryKey: ['overview'] })
  }
  const made = useMutation({
    mutationFn: (status: Status) => decideAll([a.id], status, comment.trim()),
    onSuccess: after,
  })
  const said = useMutation({ mutationFn: () => remark(a.id, comment.trim()), onSuccess: after })
  const pick = (c: Choice) => {
    if (a.status !== c.status && !made.isPending) made.mutate(c.status)
  }
  useKeys(
    decides ? { ...Object.fromEntries(choices.map(c => [c.key, () => pick(c)])), c: () => field.current?.focus() } : {},
  )
  if (!decides) return null
  const failed = made.error ?? said.error
  return (
    <>
      <TextInput
        ref={field}
        label="Comment"
        value={comment}
        maxLength={2000}
        onChange={e => setComment(e.currentTarget.value)}
        onKeyDown={e => e.key === 'Escape' && e.currentTarget.blur()}
        my="xs"
      />
      <div className={css.decisions}>
        {choices.map(c => (
          <button
            key={c.status}
            type="button"
            className={tools.facet}
            title={`${c.title} (${c.key})`}
            disabled={made.isPending || a.status === c.status}
            onClick={() => pick(c)}
          >
            {c.text}
          </button>
        ))}
        <button
          type="button"
          className={tools.facet}
          disabled={said.isPending || comment.trim() === ''}
          title="Add the comment, and leave the alert as it is"
          onClick={() => said.mutate()}
        >
          Comment only
        </button>
        <button type="button" className={tools.facet} aria-expanded={more} onClick={() => setMore(!more)}>
          Mute more…
        </button>
      </div>
      {a.learnable && (
        <p className="quiet">
          Learning makes this part of the <Link to={`/baseline?zone=${encodeURIComponent(a.zone)}`}>baseline</Link>.
        </p>
      )}
      {failed && <p role="alert">{failed.message}</p>}
      {more && <MuteMore alert={a} close={() => setMore(false)} />}
    </>
  )
}

const days = [
  ['1', 'an hour'],
  ['24', 'a day'],
  ['168', 'a week'],
  ['720', 'a month'],
  ['', 'ever'],
] as const

/** Mutes alerts like one: of its rule, its devices, or a network. */
function MuteMore({ alert: a, close }: { alert: Alert; close: () => void }) {
  const first = a.parties.find(p => p.id)
  const [whom, setWhom] = useState<string>(first ? 'device' : 'rule')
  const [subnet, setSubnet] = useState(a.parties[0]?.ip ? `${a.parties[0].ip}/24` : '')
  const [hours, setHours] = useState<string>('168')
  const made = useMutation({
    mutationFn: () => {
      const wish: MuteWish = { zone: a.zone, rule: a.rule }
      if (whom === 'device' && first?.id) wish.device = first.id
      if (whom === 'subnet') wish.subnet = subnet
      if (hours) wish.hours = Number(hours)
      return muteMore(wish)
    },
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['mutes'] })
      close()
    },
  })
  return (
    <form
      className={css.form}
      aria-label="Mute alerts like this one"
      onSubmit={e => {
        e.preventDefault()
        made.mutate()
      }}
    >
      <Select
        label={`Mute all alerts of ${plain(a.rule)}`}
        data={[
          ...(first ? [{ value: 'device', label: `about ${partyText(first)}` }] : []),
          { value: 'subnet', label: 'about addresses of a network' },
          { value: 'rule', label: 'in this zone' },
        ]}
        value={whom}
        onChange={v => setWhom(v ?? 'rule')}
        allowDeselect={false}
      />
      {whom === 'subnet' && (
        <TextInput label="Network" value={subnet} onChange={e => setSubnet(e.currentTarget.value)} required />
      )}
      <Select
        label="For"
        data={days.map(([value, label]) => ({ value, label }))}
        value={hours}
        onChange={v => setHours(v ?? '')}
        allowDeselect={false}
      />
      <div className={css.decisions}>
        <button type="submit" className={tools.facet} disabled={made.isPending}>
          Mute
        </button>
        <button type="button" className={tools.facet} onClick={close}>
          Cancel
        </button>
      </div>
      {made.isError && (
        <p role="alert">{Object.values((made.error as { fields?: object }).fields ?? {})[0] ?? made.error.message}</p>
      )}
    </form>
  )
}

/** What came of an alert, and what it came of. */
export function Consequences({ detail }: { detail: AlertDetail }): ReactNode {
  const a = detail.alert
  const found = useQuery({ ...consequences(a.id), enabled: a.children > 0 })
  if (a.parent)
    return (
      <p className="quiet">
        This is a consequence of <Link to={`/alerts/${encodeURIComponent(a.parent)}`}>another alert</Link>: decide
        there.
      </p>
    )
  if (a.children === 0) return null
  return (
    <Card title={`What came of it (${count(a.children)})`}>
      <ul className={css.list}>
        {(found.data?.items ?? []).map(x => (
          <li key={x.id}>
            <Link to={`/alerts/${encodeURIComponent(x.id)}`}>{plain(x.title)}</Link>{' '}
            <StateChip of={statuses[x.status] ?? { text: x.status, title: '' }} />
            <div className="quiet">{plain(x.detail ?? '')}</div>
          </li>
        ))}
      </ul>
    </Card>
  )
}
