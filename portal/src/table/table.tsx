import { useMediaQuery } from '@mantine/hooks'
import { useQueryClient } from '@tanstack/react-query'
import {
  columnOrderingFeature,
  columnResizingFeature,
  columnSizingFeature,
  columnVisibilityFeature,
  rowSortingFeature,
  tableFeatures,
  useTable,
} from '@tanstack/react-table'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { useLocation, useNavigate, useNavigationType } from 'react-router'
import { Icon } from '../parts/icon.tsx'
import { Bone, Failure } from '../parts/parts.tsx'
import { useKeys } from '../shell/keys.ts'
import { type List, type Pages, type Source, usePages } from './pages.ts'
import type { ColumnState } from './state.ts'
import css from './table.module.css'

export interface Column<T> {
  id: string
  label: string
  /** The API's name for the order by this column; without it the column does not sort. */
  sort?: string
  width: number
  end?: boolean
  /** It does not begin narrower where there is less room. */
  fixed?: boolean
  /** The head is said to who cannot see the cells, and not written. */
  mute?: boolean
  cell: (row: T) => ReactNode
}

interface TableProps<T, L extends List<T>> {
  label: string
  /** First part of the query keys of the rows. */
  name: string
  columns: Column<T>[]
  state: ColumnState
  source: Source<L>
  sort: string
  order: 'asc' | 'desc'
  setSort: (sort: string, order: 'asc' | 'desc') => void
  rowId: (row: T, index: number) => string
  /** Where a row leads; rows without it are not links. */
  rowTo?: (row: T) => string | undefined
  /** A row as one cell, for narrow screens. */
  compact: (row: T) => ReactNode
  /** Grows when rows may have changed. */
  changes: number
  empty: ReactNode
  told?: (pages: Pages<T, L>) => void
  /** What keys do with the row that has the focus. */
  acts?: Record<string, (row: T) => void>
}

const features = tableFeatures({
  columnOrderingFeature,
  columnVisibilityFeature,
  columnSizingFeature,
  columnResizingFeature,
  rowSortingFeature,
})

interface Line<T> {
  index: number
  row?: T
}

const tall = 40
const tallCompact = 60

// Where a list was left, by its address, so that coming back finds it again.
const left = new Map<string, number>()

/** A list of any length: pages come as they scroll into view, and only what is in view is drawn. */
export function RemoteTable<T, L extends List<T>>(props: TableProps<T, L>) {
  const { columns, state, source, rowId, rowTo, told } = props
  const narrow = useMediaQuery('(max-width: 640px)', false, { getInitialValueInEffect: false })
  const small = useMediaQuery('(max-width: 1100px)', false, { getInitialValueInEffect: false })
  const scroller = useRef<HTMLDivElement>(null)
  const place = useLocation()
  const placeKey = place.pathname + place.search
  const back = useNavigationType() === 'POP' || (place.state as { back?: boolean } | null)?.back === true
  const returnTo = back ? (left.get(placeKey) ?? 0) : 0
  const [range, setRange] = useState({ first: 0, last: 0 })
  const pages = usePages<T, L>(source, range.first, range.last)
  const height = narrow ? tallCompact : tall

  const rows = useVirtualizer({
    count: pages.total,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: 10,
    initialOffset: returnTo,
    initialRect: { width: 1000, height: 800 },
  })
  const items = rows.getVirtualItems()
  const first = items[0]?.index ?? 0
  const last = items[items.length - 1]?.index ?? 0
  useEffect(() => setRange({ first, last }), [first, last])
  // biome-ignore lint/correctness/useExhaustiveDependencies: another height means measuring anew
  useEffect(() => rows.measure(), [height])

  // biome-ignore lint/correctness/useExhaustiveDependencies: another list begins at its top, or where it was left
  useEffect(() => {
    scroller.current?.scrollTo({ top: returnTo })
  }, [source.id])
  useLayoutEffect(() => {
    const box = scroller.current
    return () => {
      if (box) left.set(placeKey, box.scrollTop)
    }
  }, [placeKey])

  useEffect(() => {
    told?.(pages)
  })

  const pending = useLiveRows(props.name, props.changes, () => (scroller.current?.scrollTop ?? 0) < tall)
  const move = useRowKeys(scroller, rows.scrollToIndex, pages.total, first)
  const { acts } = props
  useKeys(
    Object.fromEntries(
      Object.entries(acts ?? {}).map(([key, act]) => [
        key,
        () => {
          const row = move.at() < 0 ? undefined : pages.at(move.at())
          if (row !== undefined) act(row)
        },
      ]),
    ),
  )
  const table = useColumnTable(
    props,
    small ? 0.75 : 1,
    items.map(i => ({ index: i.index, ...withRow(pages.at(i.index)) })),
  )

  const go = useNavigate()
  const top = items[0]?.start ?? 0
  const bottom = rows.getTotalSize() - (items[items.length - 1]?.end ?? 0)
  const width = narrow ? undefined : table.getTotalSize()

  if (pages.error && pages.total === 0) return <Failure error={pages.error} retry={pages.retry} />
  if (!pages.loading && pages.total === 0) return <>{props.empty}</>
  return (
    <div className={css.frame}>
      {pending.waiting && (
        <button
          type="button"
          className={css.pill}
          onClick={() => {
            scroller.current?.scrollTo({ top: 0 })
            pending.show()
          }}
        >
          <Icon name="arrowUp" size={14} /> Something changed: show the newest
        </button>
      )}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: it only notes which row has the focus */}
      <div
        className={css.scroll}
        ref={scroller}
        aria-busy={pages.stale || pages.loading}
        data-stale={pages.stale}
        onFocus={move.focused}
      >
        <table
          className={css.table}
          aria-label={props.label}
          aria-rowcount={pages.total + 1}
          style={{ minWidth: width }}
        >
          {!narrow && (
            <colgroup>
              {table.getVisibleLeafColumns().map(c => (
                <col key={c.id} style={{ width: c.getSize() }} />
              ))}
            </colgroup>
          )}
          <thead className={narrow ? 'spoken' : undefined}>
            {table.getHeaderGroups().map(group => (
              <tr key={group.id} aria-rowindex={1}>
                {group.headers.map(header => {
                  const column = columns.find(c => c.id === header.column.id)
                  return column ? (
                    <Head
                      key={header.id}
                      column={column}
                      sort={props.sort}
                      order={props.order}
                      setSort={props.setSort}
                      resize={header.getResizeHandler()}
                    />
                  ) : null
                })}
              </tr>
            ))}
          </thead>
          <tbody>
            <Gap height={top} />
            {table.getRowModel().rows.map(line => {
              const { index, row } = line.original
              const to = row && rowTo?.(row)
              return (
                <tr
                  key={row ? rowId(row, index) : `wait-${index}`}
                  data-index={index}
                  aria-rowindex={index + 2}
                  data-link={to !== undefined}
                  style={{ height }}
                  onClick={event => {
                    if (!to || (event.target as HTMLElement).closest('a,button') || window.getSelection()?.toString())
                      return
                    if (event.ctrlKey || event.metaKey) window.open(to, '_blank', 'noopener')
                    else void go(to)
                  }}
                >
                  {narrow ? (
                    <td>{row ? props.compact(row) : <Bone width="60%" />}</td>
                  ) : (
                    line.getVisibleCells().map(cell => {
                      const column = columns.find(c => c.id === cell.column.id)
                      return (
                        <td key={cell.id} className={column?.end ? css.end : undefined}>
                          {row ? (
                            column?.cell(row)
                          ) : (
                            <Bone width={`${40 + ((index * 7 + cell.column.id.length * 13) % 45)}%`} />
                          )}
                        </td>
                      )
                    })
                  )}
                </tr>
              )
            })}
            {pages.loading && <Skeleton columns={narrow ? 1 : state.shown.length} height={height} />}
            <Gap height={bottom} />
          </tbody>
        </table>
      </div>
      {pages.error && (
        <div className={css.foot} role="alert">
          {pages.error.message}{' '}
          <button type="button" className={css.link} onClick={pages.retry}>
            Try again
          </button>
        </div>
      )}
    </div>
  )
}

function withRow<T>(row: T | undefined): { row?: T } {
  return row === undefined ? {} : { row }
}

/** Columns begin narrower where there is less room, and share what is left. */
function useColumnTable<T, L extends List<T>>(
  { columns, state, rowId }: TableProps<T, L>,
  share: number,
  lines: Line<T>[],
) {
  const definitions = useMemo(
    () =>
      columns.map(c => ({
        id: c.id,
        header: c.label,
        size: c.fixed ? c.width : Math.round(c.width * share),
        minSize: Math.min(60, c.width),
        maxSize: 800,
        enableSorting: c.sort !== undefined,
      })),
    [columns, share],
  )
  const visible = useMemo(
    () => Object.fromEntries(columns.map(c => [c.id, state.shown.includes(c.id)])),
    [columns, state.shown],
  )
  return useTable<typeof features, Line<T>>({
    features,
    columns: definitions,
    data: lines,
    getRowId: line => (line.row ? rowId(line.row, line.index) : `wait-${line.index}`),
    manualSorting: true,
    columnResizeMode: 'onChange',
    state: { columnOrder: state.shown, columnVisibility: visible, columnSizing: state.widths },
    onColumnSizingChange: change => state.setWidths(typeof change === 'function' ? change(state.widths) : change),
  })
}

/** Asks again for rows that changed, at once at the top of the list, else when asked to. */
function useLiveRows(name: string, changes: number, atTop: () => boolean) {
  const client = useQueryClient()
  const [waiting, setWaiting] = useState(false)
  const seen = useRef(changes)
  const show = () => {
    setWaiting(false)
    void client.invalidateQueries({ queryKey: [name] })
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: only news counts
  useEffect(() => {
    if (seen.current === changes) return
    seen.current = changes
    if (atTop()) show()
    else setWaiting(true)
  }, [changes])
  return { waiting, show }
}

/** Moves the focus from row to row with j and k. */
function useRowKeys(
  scroller: React.RefObject<HTMLDivElement | null>,
  scrollTo: (index: number, o?: { align?: 'auto' }) => void,
  total: number,
  first: number,
) {
  const [wanted, setWanted] = useState<number>()
  const at = useRef(-1)
  useEffect(() => {
    if (wanted === undefined) return
    const link = scroller.current?.querySelector<HTMLElement>(`tr[data-index="${wanted}"] a`)
    if (!link) return
    link.focus({ preventScroll: true })
    setWanted(undefined)
  })
  const step = (by: number) => {
    if (total === 0) return
    const next = at.current < 0 ? first : Math.min(total - 1, Math.max(0, at.current + by))
    at.current = next
    scrollTo(next, { align: 'auto' })
    setWanted(next)
  }
  useKeys({ j: () => step(1), k: () => step(-1) })
  return {
    at: () => at.current,
    focused: (event: React.FocusEvent) => {
      const index = (event.target as HTMLElement).closest('tr')?.dataset.index
      if (index !== undefined) at.current = Number(index)
    },
  }
}

interface HeadProps<T> {
  column: Column<T>
  sort: string
  order: 'asc' | 'desc'
  setSort: (sort: string, order: 'asc' | 'desc') => void
  resize: (event: unknown) => void
}

const numbersFirst = new Set(['last_seen', 'first_seen', 'packets', 'bytes'])

function Head<T>({ column, sort, order, setSort, resize }: HeadProps<T>) {
  const by = column.sort
  const sorted = by !== undefined && by === sort
  const next = sorted ? (order === 'asc' ? 'desc' : 'asc') : by && numbersFirst.has(by) ? 'desc' : 'asc'
  return (
    <th
      scope="col"
      className={column.end ? css.end : undefined}
      aria-sort={sorted ? (order === 'asc' ? 'ascending' : 'descending') : undefined}
    >
      {by ? (
        <button type="button" className={css.sort} data-sorted={sorted} onClick={() => setSort(by, next)}>
          <span className="clip">{column.label}</span>
          <Icon name={sorted && order === 'asc' ? 'arrowUp' : 'arrowDown'} size={13} />
        </button>
      ) : (
        <span className={column.mute ? 'spoken' : 'clip'}>{column.label}</span>
      )}
      <span className={css.grip} aria-hidden="true" onMouseDown={resize} onTouchStart={resize} />
    </th>
  )
}

function Gap({ height }: { height: number }) {
  return height > 0 ? (
    <tr aria-hidden="true" className={css.gap}>
      <td style={{ height }} />
    </tr>
  ) : null
}

function Skeleton({ columns, height }: { columns: number; height: number }) {
  return (
    <>
      {Array.from({ length: 14 }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines have nothing but their place
        <tr key={i} style={{ height }} aria-hidden="true">
          {Array.from({ length: columns }, (_, c) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: as above
            <td key={c}>
              <Bone width={`${40 + ((i * 7 + c * 13) % 45)}%`} />
            </td>
          ))}
        </tr>
      ))}
    </>
  )
}
