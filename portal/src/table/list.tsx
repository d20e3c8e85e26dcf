import { useMediaQuery } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useMemo, useState } from 'react'
import { type Topic, useChanges } from '../api/live.ts'
import { device } from '../api/queries.ts'
import type { Count } from '../api/types.ts'
import { nameOf } from '../parts/device.ts'
import { KeptViews } from './kept.tsx'
import type { List, Source } from './pages.ts'
import { useColumns, useListState } from './state.ts'
import css from './table.module.css'
import { type Column, RemoteTable } from './table.tsx'
import { ColumnMenu, Facet, FilterChips, ListCount, NoneFits, Search, SortSelect } from './tools.tsx'

/** A list whose answers count the rows by the values of its filters. */
interface Counted<T> extends List<T> {
  facets: Record<string, Count[]>
}

/** How the rows of a list look. */
export interface Rows<T> {
  label: string
  /** First part of the query keys, and the name under which the columns are remembered. */
  name: string
  columns: Column<T>[]
  rowId: (row: T, index: number) => string
  rowTo?: (row: T) => string
  compact: (row: T) => ReactNode
}

interface Props<T, L, F> {
  rows: Rows<T>
  noun: string
  search: string
  standard: readonly string[]
  standardSmall: readonly string[]
  /** The filters that the address may have; device is one device, the others may be given more than once. */
  filters: readonly string[]
  /** Those of the filters that can be chosen here, and their labels. */
  facets: Record<string, string>
  /** A value of a filter in words. */
  words: (filter: string, value: string) => string
  page: (filter: F, offset: number, limit: number) => ReturnType<Source<L>['page']>
  /** What the API is asked for, of what the address says. */
  shape?: (filter: F) => F
  topic: Topic
  /** Stands before the columns that are chosen. */
  lead?: Column<T> | undefined
  acts?: Record<string, (row: T) => void>
  tools?: (filter: F) => ReactNode
  above?: (filter: F) => ReactNode
  hint: ReactNode
  /** What stands where there is nothing at all yet. */
  none: ReactNode
}

/** A list with its search, filters and columns, all of which stand in the address. */
export function ListView<T, L extends Counted<T>, F extends { q?: string; device?: string }>(props: Props<T, L, F>) {
  const { rows, page, shape } = props
  const { columns } = rows
  const state = useListState(props.filters)
  const small = useMediaQuery('(max-width: 1100px)', false, { getInitialValueInEffect: false })
  const narrow = useMediaQuery('(max-width: 640px)', false, { getInitialValueInEffect: false })
  const all = useMemo(() => columns.map(c => c.id), [columns])
  const shown = useColumns(rows.name, all, small ? props.standardSmall : props.standard)
  const sort = columns.find(c => c.sort && c.sort === state.sort)?.sort ?? 'last_seen'
  const order = state.order ?? 'desc'
  const changes = useChanges(props.topic)
  const [known, setKnown] = useState<{ list?: L; loading: boolean }>({ loading: true })
  const { device: [id = ''] = [], ...lists } = state.filters
  const about = useQuery({ ...device(id), enabled: id !== '' }).data?.row
  const words = (f: string, v: string) => (f === 'device' ? (about ? nameOf(about) : v) : props.words(f, v))
  const asked: unknown = { ...lists, ...(id && { device: id }), ...(state.q && { q: state.q }), sort, order }
  const key = JSON.stringify(shape ? shape(asked as F) : asked)
  const filter = useMemo(() => JSON.parse(key) as F, [key])
  const source = useMemo(
    () => ({ id: key, page: (offset: number, limit: number) => page(filter, offset, limit) }),
    [key, filter, page],
  )
  const { lead } = props
  return (
    <>
      <div className={css.tools}>
        <Search state={state} label={props.search} />
        <div className={css.more}>
          {Object.entries(props.facets).map(([f, label]) => (
            <Facet
              key={f}
              label={label}
              rows={known.list?.facets[f] ?? []}
              chosen={state.filters[f] ?? []}
              name={v => words(f, v)}
              toggle={v => state.toggle(f, v)}
              clear={() => state.drop(f)}
            />
          ))}
          <ListCount total={known.list?.total ?? 0} noun={props.noun} loading={known.loading} />
          {narrow ? (
            <SortSelect columns={columns} sort={sort} order={order} setSort={state.setSort} />
          ) : (
            <ColumnMenu columns={columns} state={shown} />
          )}
          <KeptViews list={rows.name} />
          {props.tools?.(filter)}
        </div>
      </div>
      <FilterChips state={state} name={words} />
      {props.above?.(filter)}
      <RemoteTable<T, L>
        {...rows}
        columns={lead ? [lead, ...columns] : columns}
        state={lead ? { ...shown, shown: [lead.id, ...shown.shown] } : shown}
        source={source}
        sort={sort}
        order={order}
        setSort={state.setSort}
        changes={changes}
        told={p => {
          if (p.any !== known.list || p.loading !== known.loading)
            setKnown({ ...(p.any ? { list: p.any } : {}), loading: p.loading })
        }}
        empty={
          state.q || state.active > 0 ? (
            <NoneFits noun={props.noun} clear={state.clear}>
              {props.hint}
            </NoneFits>
          ) : (
            props.none
          )
        }
        {...(props.acts ? { acts: props.acts } : {})}
      />
    </>
  )
}
