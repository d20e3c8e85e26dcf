import { Popover, TextInput } from '@mantine/core'
import { useState } from 'react'
import { Link, useSearchParams } from 'react-router'
import { Icon } from '../parts/icon.tsx'
import { load, save } from './state.ts'
import css from './table.module.css'

/** A view of a list that has a name: search, filters, order and columns, as they stand in the address. */
interface Kept {
  name: string
  search: string
}

/** How many views a list keeps, and how long their names may be. */
const most = 30
const longest = 60

const isKept = (x: unknown): x is Kept =>
  typeof (x as Kept | null)?.name === 'string' && typeof (x as Kept | null)?.search === 'string'

/** The same view whatever the order in which it was put together. */
const sorted = (search: string): string => {
  const params = new URLSearchParams(search)
  params.sort()
  return params.toString()
}

/** Views that somebody gave a name, on this machine; in the address they can be passed on. */
export function KeptViews({ list }: { list: string }) {
  const key = `tyto.${list}.views`
  const [kept, setKept] = useState(() => {
    const found = load<unknown>(key, [])
    return Array.isArray(found) ? found.filter(isKept).slice(0, most) : []
  })
  const [name, setName] = useState('')
  const [shown, setShown] = useState(false)
  const [params] = useSearchParams()
  const here = sorted(params.toString())
  const at = kept.find(v => sorted(v.search) === here)
  const change = (next: Kept[]) => {
    setKept(next)
    save(key, next)
  }
  const keep = () => {
    const called = name.trim()
    if (!called || here === '') return
    change([...kept.filter(v => v.name !== called), { name: called, search: here }].slice(-most))
    setName('')
  }
  return (
    <Popover opened={shown} onChange={setShown} position="bottom-end" width={290} shadow="md" trapFocus returnFocus>
      <Popover.Target>
        <button type="button" className={css.facet} data-on={at !== undefined} onClick={() => setShown(!shown)}>
          <Icon name="filter" size={16} />
          {at ? <span className="clip">{at.name}</span> : 'Saved'}
        </button>
      </Popover.Target>
      <Popover.Dropdown p={6}>
        {kept.length > 0 && (
          <ul className={css.facetList} aria-label="Saved filters">
            {kept.map(v => (
              <li key={v.name} className={css.columnItem}>
                <Link
                  className={`${css.keptName} clip`}
                  to={{ search: v.search }}
                  aria-current={v === at ? 'true' : undefined}
                  onClick={() => setShown(false)}
                >
                  {v.name}
                </Link>
                <button
                  type="button"
                  className={css.nudge}
                  aria-label={`Forget ${v.name}`}
                  onClick={() => change(kept.filter(x => x !== v))}
                >
                  <Icon name="close" size={14} />
                </button>
              </li>
            ))}
          </ul>
        )}
        {here === '' ? (
          <p className={css.keptNote}>Search, filter or sort the list; then you can save that here under a name.</p>
        ) : (
          <form
            className={css.keptForm}
            onSubmit={e => {
              e.preventDefault()
              keep()
            }}
          >
            <TextInput
              size="xs"
              aria-label="Name for what the list shows now"
              placeholder="Name for what the list shows now"
              maxLength={longest}
              value={name}
              onChange={e => setName(e.currentTarget.value)}
              data-autofocus
            />
            <button type="submit" className={css.facet} disabled={!name.trim()}>
              Save
            </button>
          </form>
        )}
      </Popover.Dropdown>
    </Popover>
  )
}
