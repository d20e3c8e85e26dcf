import { useQueries } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'

/** Rows are asked for this many at a time. */
export const pageSize = 100

/** A page of a list, as the API answers. */
export interface List<T> {
  items: T[]
  total: number
}

/** Where a list comes from: the same id means the same rows in the same order. */
export interface Source<L> {
  id: string
  page: (
    offset: number,
    limit: number,
  ) => { queryKey: readonly unknown[]; queryFn: (context: { signal: AbortSignal }) => Promise<L> }
}

export interface Pages<T, L> {
  total: number
  /** A row, if it has come. */
  at: (index: number) => T | undefined
  /** Any page of the list: what is the same on all pages can be read from it. */
  any?: L
  /** The rows are those of the list asked for before; the new ones are on their way. */
  stale: boolean
  loading: boolean
  fetching: boolean
  error: Error | null
  retry: () => void
}

/** The pages of a list that hold the rows from first to last. */
export function usePages<T, L extends List<T>>(source: Source<L>, first: number, last: number): Pages<T, L> {
  const from = Math.floor(Math.max(0, first) / pageSize)
  const to = Math.max(from, Math.floor(Math.max(0, last) / pageSize))
  const numbers = Array.from({ length: to - from + 1 }, (_, i) => from + i)
  const results = useQueries({ queries: numbers.map(n => source.page(n * pageSize, pageSize)) })
  const mine = new Map<number, L>()
  for (const [i, n] of numbers.entries()) {
    const data = results[i]?.data
    if (data) mine.set(n, data)
  }

  // While the first page of another list is on its way, the last list stays on
  // the screen: a search must not blink at every letter.
  const before = useRef<{ id: string; pages: Map<number, L> }>({ id: '', pages: new Map() })
  const stale = mine.size === 0 && before.current.pages.size > 0
  const pages = stale ? before.current.pages : mine
  useEffect(() => {
    if (mine.size > 0) before.current = { id: source.id, pages: mine }
  })

  const any = pages.values().next().value
  const failed = results.find(r => r.isError)
  return {
    total: any?.total ?? 0,
    at: index => pages.get(Math.floor(index / pageSize))?.items[index % pageSize],
    ...(any ? { any } : {}),
    stale,
    loading: !any && results.some(r => r.isPending),
    fetching: results.some(r => r.isFetching),
    error: failed?.error ?? null,
    retry: () => {
      for (const r of results) if (r.isError) void r.refetch()
    },
  }
}
