import { Link, useSearchParams } from 'react-router'
import tools from '../table/table.module.css'
import { scopes } from './conversation-table.tsx'

/** Where conversations among devices stay: not in the internet, and not with groups. */
const local = Object.keys(scopes).filter(s => s !== 'internet' && s !== 'multicast')

/** A view is a filter with a name: the categories of all devices of a conversation, and where it goes. */
const views = [
  { name: 'Everything', category: [], scope: [] },
  { name: 'IoT to IoT', category: ['iot'], scope: local },
  { name: 'IoT to internet', category: ['iot'], scope: ['internet'] },
  { name: 'OT to OT', category: ['ot'], scope: local },
  { name: 'OT to internet', category: ['ot'], scope: ['internet'] },
] as const

const same = (a: readonly string[], b: readonly string[]) => a.length === b.length && b.every(x => a.includes(x))

/** The views of who talks to whom. Each is a link that sets two filters and leaves the others. */
export function Views() {
  const [params] = useSearchParams()
  return (
    <nav className={tools.views} aria-label="Views">
      {views.map(v => {
        const to = new URLSearchParams(params)
        to.delete('category')
        to.delete('scope')
        for (const c of v.category) to.append('category', c)
        for (const s of v.scope) to.append('scope', s)
        const here = same(params.getAll('category'), v.category) && same(params.getAll('scope'), v.scope)
        return (
          <Link key={v.name} to={{ search: to.toString() }} aria-current={here ? 'true' : undefined}>
            {v.name}
          </Link>
        )
      })}
    </nav>
  )
}
