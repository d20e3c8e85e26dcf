import { Popover, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { Link, useSearchParams } from 'react-router'
import { forgetFilter, type SavedFilter, savedFilters, saveFilter } from '../api/filters.ts'
import { useSession } from '../api/queries.ts'
import { plain } from '../parts/format.ts'
import { Icon } from '../parts/icon.tsx'
import { forgetLocal, load } from './state.ts'
import css from './table.module.css'

/** How long the name of a filter may be. */
const longest = 60

/** The same view whatever the order in which it was put together. */
const sorted = (search: string): string => {
  const params = new URLSearchParams(search)
  params.sort()
  return params.toString()
}

/** Filters used to be kept by the browser: they go to the hub, once. */
async function takeOver(list: string): Promise<void> {
  const key = `tyto.${list}.views`
  const found = load<unknown>(key, [])
  if (!Array.isArray(found)) return
  for (const f of found as (Partial<SavedFilter> | null)[]) {
    const [name, search] = [String(f?.name ?? '').trim(), String(f?.search ?? '')]
    if (name && search) await saveFilter(list, name.slice(0, longest), search, false)
  }
  if (found.length > 0) forgetLocal(key)
}

/** Filters of a list that somebody gave a name: search, filters, order and columns, as they stand in the address. */
export function KeptViews({ list }: { list: string }) {
  const found = useQuery(savedFilters).data
  const all = found?.items.filter(f => f.list === list) ?? []
  const known = found !== undefined
  const [shown, setShown] = useState(false)
  const [params] = useSearchParams()
  const here = sorted(params.toString())
  const at = all.find(f => sorted(f.search) === here)
  useEffect(() => {
    if (known) takeOver(list).catch(() => {}) // they stay in the browser, and are taken over another time
  }, [list, known])
  return (
    <Popover opened={shown} onChange={setShown} position="bottom-end" width={300} shadow="md" trapFocus returnFocus>
      <Popover.Target>
        <button type="button" className={css.facet} data-on={at !== undefined} onClick={() => setShown(!shown)}>
          <Icon name="filter" size={16} />
          {at ? <span className="clip">{plain(at.name)}</span> : 'Saved'}
        </button>
      </Popover.Target>
      <Popover.Dropdown p={6}>
        <Names of={all.filter(f => f.own)} label="Saved filters" at={at} close={() => setShown(false)} />
        <Names of={all.filter(f => !f.own)} label="Shared by others" at={at} close={() => setShown(false)} />
        {here === '' ? (
          <p className={css.keptNote}>Search, filter or sort the list; then you can save that here under a name.</p>
        ) : (
          <Save list={list} search={here} />
        )}
      </Popover.Dropdown>
    </Popover>
  )
}

function Names({
  of: all,
  label,
  at,
  close,
}: {
  of: SavedFilter[]
  label: string
  at: SavedFilter | undefined
  close: () => void
}) {
  const shares = useSession()?.role !== 'viewer'
  const changed = useMutation({ mutationFn: (work: () => Promise<unknown>) => work() })
  if (all.length === 0) return null
  return (
    <>
      {!all[0]?.own && <p className={css.keptNote}>{label}</p>}
      <ul className={css.facetList} aria-label={label}>
        {all.map(f => (
          <li key={`${f.owner} ${f.name}`} className={css.columnItem}>
            <Link
              className={`${css.keptName} clip`}
              to={{ search: f.search }}
              aria-current={f === at ? 'true' : undefined}
              onClick={close}
            >
              {plain(f.name)}
              {!f.own && <small className="quiet"> {plain(f.owner)}</small>}
            </Link>
            {f.own && shares && (
              <button
                type="button"
                className={css.nudge}
                aria-pressed={f.shared}
                aria-label={`Share ${plain(f.name)}`}
                title={
                  f.shared ? 'Others find it; keep it for yourself' : 'Let others find it, who see all that you see'
                }
                disabled={changed.isPending}
                onClick={() => changed.mutate(() => saveFilter(f.list, f.name, f.search, !f.shared))}
              >
                {f.shared ? 'Shared' : 'Share'}
              </button>
            )}
            {f.own && (
              <button
                type="button"
                className={css.nudge}
                aria-label={`Forget ${plain(f.name)}`}
                disabled={changed.isPending}
                onClick={() => changed.mutate(() => forgetFilter(f.list, f.name))}
              >
                <Icon name="close" size={14} />
              </button>
            )}
          </li>
        ))}
      </ul>
      {changed.isError && (
        <p className={css.keptNote} role="alert">
          {changed.error.message}
        </p>
      )}
    </>
  )
}

function Save({ list, search }: { list: string; search: string }) {
  const [name, setName] = useState('')
  const made = useMutation({
    mutationFn: () => saveFilter(list, name.trim(), search, false),
    onSuccess: () => setName(''),
  })
  return (
    <form
      className={css.keptForm}
      onSubmit={e => {
        e.preventDefault()
        if (name.trim() && !made.isPending) made.mutate()
      }}
    >
      <TextInput
        size="xs"
        aria-label="Name for what the list shows now"
        placeholder="Name for what the list shows now"
        maxLength={longest}
        value={name}
        error={made.error?.message}
        onChange={e => setName(e.currentTarget.value)}
        data-autofocus
      />
      <button type="submit" className={css.facet} disabled={!name.trim() || made.isPending}>
        Save
      </button>
    </form>
  )
}
