import { Popover, TextInput } from '@mantine/core'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import type { Count } from '../api/types.ts'
import { count, exact } from '../parts/format.ts'
import { Icon } from '../parts/icon.tsx'
import { Empty } from '../parts/parts.tsx'
import { useKeys } from '../shell/keys.ts'
import { useDebounced } from '../shell/timing.ts'
import { type ColumnState, inPlace, type ListState } from './state.ts'
import css from './table.module.css'
import type { Column } from './table.tsx'

/** The search field of a list. The slash key focuses it; Escape leaves it. */
export function Search({ state, label }: { state: ListState; label: string }) {
  const [text, setText] = useState(state.q)
  const input = useRef<HTMLInputElement>(null)
  const settled = useDebounced(text, 250)
  const asked = useRef(state.q)
  useEffect(() => {
    if (settled === asked.current) return
    asked.current = settled
    state.setQ(settled.trim())
  }, [settled, state])
  useEffect(() => {
    // The address changed by itself: somebody went back, or cleared all filters.
    if (state.q === asked.current.trim()) return
    asked.current = state.q
    setText(state.q)
  }, [state.q])
  useKeys({ '/': () => input.current?.select() })
  return (
    <TextInput
      ref={input}
      className={css.search}
      size="sm"
      type="search"
      aria-label={label}
      placeholder={label}
      maxLength={200}
      spellCheck={false}
      leftSection={<Icon name="search" size={16} />}
      rightSection={text ? null : <kbd>/</kbd>}
      value={text}
      onChange={e => setText(e.currentTarget.value)}
      onKeyDown={e => {
        if (e.key !== 'Escape') return
        if (text) setText('')
        else e.currentTarget.blur()
        e.preventDefault()
      }}
    />
  )
}

interface FacetProps {
  label: string
  rows: Count[]
  chosen: string[]
  name: (key: string) => ReactNode
  toggle: (key: string) => void
  clear: () => void
}

/** A filter: the values there are, how many rows each has, and which are chosen. */
export function Facet({ label, rows, chosen, name, toggle, clear }: FacetProps) {
  const [find, setFind] = useState('')
  const missing = chosen.filter(c => !rows.some(r => r.key === c)).map(key => ({ key, count: 0 }))
  const all = [...missing, ...rows]
  const shown = all.filter(r => r.key.toLowerCase().replaceAll('_', ' ').includes(find.toLowerCase()))
  return (
    <Popover position="bottom-start" width={270} shadow="md" trapFocus returnFocus onClose={() => setFind('')}>
      <Popover.Target>
        <button type="button" className={css.facet} data-on={chosen.length > 0}>
          {label}
          {chosen.length > 0 && <strong>{chosen.length}</strong>}
          <Icon name="down" size={14} />
        </button>
      </Popover.Target>
      <Popover.Dropdown p={6}>
        {all.length > 8 && (
          <TextInput
            size="xs"
            mb={6}
            aria-label={`Find in ${label}`}
            placeholder={`Find in ${label.toLowerCase()}`}
            value={find}
            onChange={e => setFind(e.currentTarget.value)}
          />
        )}
        <fieldset className={css.facetList} aria-label={label}>
          {shown.map(r => (
            <label key={r.key} className={css.facetItem}>
              <input type="checkbox" checked={chosen.includes(r.key)} onChange={() => toggle(r.key)} />
              <span className="clip">{name(r.key)}</span>
              <span className="quiet">{count(r.count)}</span>
            </label>
          ))}
          {shown.length === 0 && <p className="quiet">Nothing to choose from.</p>}
        </fieldset>
        {chosen.length > 0 && (
          <button type="button" className={css.link} style={{ margin: '6px 8px' }} onClick={clear}>
            Clear
          </button>
        )}
      </Popover.Dropdown>
    </Popover>
  )
}

interface ChipsProps {
  state: ListState
  name: (filter: string, value: string) => string
}

/** The filters in force, each with a way out. */
export function FilterChips({ state, name }: ChipsProps) {
  if (state.active === 0) return null
  return (
    <ul className={css.chips} aria-label="Filters">
      {Object.entries(state.filters).flatMap(([filter, values]) =>
        values.map(v => (
          <li key={`${filter} ${v}`}>
            <button
              type="button"
              className={css.chip}
              onClick={() => state.toggle(filter, v)}
              aria-label={`Remove filter ${name(filter, v)}`}
            >
              {name(filter, v)}
              <Icon name="close" size={18} />
            </button>
          </li>
        )),
      )}
      <li>
        <button type="button" className={css.link} onClick={state.clear}>
          Clear all
        </button>
      </li>
    </ul>
  )
}

/** Which columns there are, and in which order. */
export function ColumnMenu<T>({ columns, state }: { columns: Column<T>[]; state: ColumnState }) {
  const order = inPlace(
    columns.map(c => c.id),
    state.shown,
  )
  const move = (id: string, by: number) => {
    const next = [...state.shown]
    const i = next.indexOf(id)
    next.splice(i, 1)
    next.splice(i + by, 0, id)
    state.setShown(next)
  }
  return (
    <Popover position="bottom-end" width={280} shadow="md" trapFocus returnFocus>
      <Popover.Target>
        <button type="button" className={css.facet}>
          <Icon name="columns" size={16} />
          Columns
        </button>
      </Popover.Target>
      <Popover.Dropdown p={6}>
        <div className={css.popHead}>
          Columns
          <button type="button" className={css.link} onClick={state.reset}>
            Reset
          </button>
        </div>
        <ul className={css.facetList}>
          {order.map(id => {
            const c = columns.find(x => x.id === id)
            if (!c) return null
            const at = state.shown.indexOf(id)
            const on = at >= 0
            return (
              <li key={c.id} className={css.columnItem}>
                <label>
                  <input
                    type="checkbox"
                    checked={on}
                    disabled={on && state.shown.length === 1}
                    onChange={() => state.setShown(order.filter(x => (x === id ? !on : state.shown.includes(x))))}
                  />
                  {c.label}
                </label>
                {on && (
                  <>
                    <button
                      type="button"
                      className={css.nudge}
                      disabled={at === 0}
                      aria-label={`Move ${c.label} forward`}
                      onClick={() => move(id, -1)}
                    >
                      <Icon name="up" size={14} />
                    </button>
                    <button
                      type="button"
                      className={css.nudge}
                      disabled={at === state.shown.length - 1}
                      aria-label={`Move ${c.label} back`}
                      onClick={() => move(id, 1)}
                    >
                      <Icon name="down" size={14} />
                    </button>
                  </>
                )}
              </li>
            )
          })}
        </ul>
      </Popover.Dropdown>
    </Popover>
  )
}

/** The order of a list, where there is no room for column heads. */
export function SortSelect<T>({
  columns,
  sort,
  order,
  setSort,
}: {
  columns: Column<T>[]
  sort: string
  order: 'asc' | 'desc'
  setSort: ListState['setSort']
}) {
  return (
    <select
      className={css.select}
      aria-label="Order"
      value={`${sort} ${order}`}
      onChange={e => {
        const [s = '', o] = e.currentTarget.value.split(' ')
        setSort(s, o === 'asc' ? 'asc' : 'desc')
      }}
    >
      {columns
        .filter((c, i) => c.sort && columns.findIndex(x => x.sort === c.sort) === i)
        .flatMap(c => [
          <option key={`${c.id} a`} value={`${c.sort} asc`}>
            {c.label} ↑
          </option>,
          <option key={`${c.id} d`} value={`${c.sort} desc`}>
            {c.label} ↓
          </option>,
        ])}
    </select>
  )
}

export function ListCount({ total, noun, loading }: { total: number; noun: string; loading: boolean }) {
  return (
    <span className={css.count} role="status">
      {loading ? '…' : `${exact(total)} ${noun}${total === 1 ? '' : 's'}`}
    </span>
  )
}

/** What stands where search and filters let nothing through. */
export function NoneFits({ noun, clear, children }: { noun: string; clear: () => void; children: ReactNode }) {
  return (
    <Empty
      title={`No ${noun} fits`}
      action={
        <button type="button" className={css.facet} onClick={clear}>
          Clear search and filters
        </button>
      }
    >
      {children}
    </Empty>
  )
}
