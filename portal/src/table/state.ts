import { useCallback, useMemo, useState } from 'react'
import { useSearchParams } from 'react-router'

/** What a list shows, as it stands in the address bar, so that it can be shared. */
export interface ListState {
  q: string
  filters: Record<string, string[]>
  sort?: string
  order?: 'asc' | 'desc'
  active: number
  setQ: (q: string) => void
  toggle: (filter: string, value: string) => void
  drop: (filter: string) => void
  /** Sets filters that have one value each; an empty one is dropped. */
  put: (values: Record<string, string>) => void
  clear: () => void
  setSort: (sort: string, order: 'asc' | 'desc') => void
}

/** Reads and writes a list's state; keys are the filters that the list knows. */
export function useListState(keys: readonly string[]): ListState {
  const [params, setParams] = useSearchParams()
  const change = useCallback(
    (edit: (p: URLSearchParams) => void, replace = false) =>
      setParams(
        was => {
          const next = new URLSearchParams(was)
          edit(next)
          return next
        },
        // At once, so that a checkbox does not spring back while the router thinks;
        // not while typing, which sets it from an effect.
        { replace, flushSync: !replace },
      ),
    [setParams],
  )
  return useMemo(() => {
    const filters: Record<string, string[]> = {}
    for (const k of keys) {
      const values = params.getAll(k).filter(Boolean)
      if (values.length > 0) filters[k] = values
    }
    const order = params.get('order')
    const sort = params.get('sort')
    return {
      q: params.get('q') ?? '',
      filters,
      ...(sort ? { sort } : {}),
      ...(order === 'asc' || order === 'desc' ? { order } : {}),
      active: Object.values(filters).reduce((n, v) => n + v.length, 0),
      setQ: q =>
        change(p => {
          if (q) p.set('q', q)
          else p.delete('q')
          p.delete('page')
        }, true),
      toggle: (filter, value) =>
        change(p => {
          const had = p.getAll(filter)
          p.delete(filter)
          for (const v of had.includes(value) ? had.filter(v => v !== value) : [...had, value]) p.append(filter, v)
        }),
      drop: filter => change(p => p.delete(filter)),
      put: values =>
        change(p => {
          for (const [k, v] of Object.entries(values)) {
            if (v) p.set(k, v)
            else p.delete(k)
          }
        }),
      clear: () =>
        change(p => {
          for (const k of [...keys, 'q']) p.delete(k)
        }),
      setSort: (s, o) =>
        change(p => {
          p.set('sort', s)
          p.set('order', o)
        }),
    }
  }, [params, change, keys])
}

/** What was saved on this machine under a key. */
export function load<T>(key: string, fallback: T): T {
  try {
    const text = localStorage.getItem(key)
    return text === null ? fallback : (JSON.parse(text) as T)
  } catch {
    return fallback
  }
}

/** Saves something on this machine under a key. */
export function save(key: string, value: unknown): void {
  try {
    localStorage.setItem(key, JSON.stringify(value))
  } catch {
    // storage is off or full: the choice lasts as long as the page
  }
}

/** Forgets what was saved on this machine under a key. */
export function forgetLocal(key: string): void {
  try {
    localStorage.removeItem(key)
  } catch {
    // storage is off: there is nothing
  }
}

/**
 * All columns: those shown in their order, the others where they stand in the
 * standard order, so that a column stays in its place while it is switched.
 */
export function inPlace(all: readonly string[], shown: readonly string[]): string[] {
  const out = [...shown]
  for (const [i, id] of all.entries()) {
    if (out.includes(id)) continue
    const before = all.slice(0, i).findLast(x => out.includes(x))
    out.splice(before === undefined ? 0 : out.indexOf(before) + 1, 0, id)
  }
  return out
}

export interface ColumnState {
  /** The columns shown, in their order. */
  shown: string[]
  setShown: (ids: string[]) => void
  reset: () => void
  widths: Record<string, number>
  setWidths: (widths: Record<string, number>) => void
}

/** Which columns a list shows: from the address if it says so, else as chosen before on this machine. */
export function useColumns(name: string, all: readonly string[], standard: readonly string[]): ColumnState {
  const [params, setParams] = useSearchParams()
  const key = `tyto.${name}.columns`
  const [saved, setSaved] = useState(() => load<string[] | null>(key, null))
  const [widths, setWidths] = useState(() => load<Record<string, number>>(`${key}.widths`, {}))
  const told = params.get('cols')
  return useMemo(() => {
    const known = (ids: readonly string[]) => ids.filter(id => all.includes(id))
    const chosen = known(told ? told.split(',') : Array.isArray(saved) ? saved : standard)
    const tell = (ids: string[] | null) => {
      setSaved(ids)
      save(key, ids)
      setParams(
        was => {
          const next = new URLSearchParams(was)
          if (ids) next.set('cols', ids.join(','))
          else next.delete('cols')
          return next
        },
        { replace: true, flushSync: true },
      )
    }
    return {
      shown: chosen.length > 0 ? chosen : [...standard],
      setShown: tell,
      reset: () => {
        tell(null)
        setWidths({})
        save(`${key}.widths`, {})
      },
      widths,
      setWidths: next => {
        setWidths(next)
        save(`${key}.widths`, next)
      },
    }
  }, [told, saved, widths, all, standard, key, setParams])
}
