import { useMediaQuery } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link, useSearchParams } from 'react-router'
import { device } from '../api/queries.ts'
import type { ConversationList } from '../api/types.ts'
import { nameOf } from '../parts/device.ts'
import { categoryName } from '../parts/format.ts'
import { Empty } from '../parts/parts.tsx'
import { Page } from '../shell/shell.tsx'
import { useColumns, useListState } from '../table/state.ts'
import tools from '../table/table.module.css'
import { ColumnMenu, Facet, FilterChips, ListCount, Search, SortSelect } from '../table/tools.tsx'
import { ConversationTable, conversationColumns, conversationSorts, scopes } from './conversation-table.tsx'
import css from './pages.module.css'
import { Views } from './views.tsx'

const filters = ['protocol', 'scope', 'category', 'device'] as const
const all = conversationColumns.map(c => c.id)
const standard = ['client', 'server', 'protocol', 'port', 'scope', 'operations', 'bytes', 'last_seen']
const standardNarrow = ['client', 'server', 'protocol', 'bytes', 'last_seen']

export default function Conversations() {
  const state = useListState(filters)
  const [params] = useSearchParams()
  const id = params.get('device') ?? ''
  const about = useQuery({ ...device(id), enabled: id !== '' }).data?.row
  const small = useMediaQuery('(max-width: 1100px)', false, { getInitialValueInEffect: false })
  const narrow = useMediaQuery('(max-width: 640px)', false, { getInitialValueInEffect: false })
  const shown = useColumns('conversations', all, small ? standardNarrow : standard)
  const sort = conversationSorts.find(s => s === state.sort) ?? 'last_seen'
  const order = state.order ?? 'desc'
  const [known, setKnown] = useState<{ list?: ConversationList; loading: boolean }>({ loading: true })
  const { device: only, ...lists } = state.filters
  const facet = (key: 'protocol' | 'scope', label: string, name: (key: string) => string) => (
    <Facet
      label={label}
      rows={known.list?.facets[key] ?? []}
      chosen={state.filters[key] ?? []}
      name={name}
      toggle={v => state.toggle(key, v)}
      clear={() => state.drop(key)}
    />
  )
  return (
    <Page title="Conversations" className={css.fill}>
      <Views />
      <div className={tools.tools}>
        <Search state={state} label="Search names, addresses, protocol" />
        <div className={tools.more}>
          {facet('protocol', 'Protocol', v => v)}
          {facet('scope', 'Scope', v => scopes[v] ?? v)}
          <ListCount total={known.list?.total ?? 0} noun="conversation" loading={known.loading} />
          {narrow ? (
            <SortSelect columns={conversationColumns} sort={sort} order={order} setSort={state.setSort} />
          ) : (
            <ColumnMenu columns={conversationColumns} state={shown} />
          )}
        </div>
      </div>
      <FilterChips
        state={state}
        name={(f, v) =>
          f === 'device'
            ? about
              ? nameOf(about)
              : v
            : f === 'scope'
              ? (scopes[v] ?? v)
              : f === 'category'
                ? `Only ${categoryName(v)}`
                : v
        }
      />
      <ConversationTable
        filter={{ ...lists, ...(only?.[0] ? { device: only[0] } : {}), ...(state.q ? { q: state.q } : {}) }}
        sort={sort}
        order={order}
        setSort={state.setSort}
        state={shown}
        told={p => {
          if (p.any !== known.list || p.loading !== known.loading)
            setKnown({ ...(p.any ? { list: p.any } : {}), loading: p.loading })
        }}
        empty={
          state.q || state.active > 0 ? (
            <Empty
              title="No conversation fits"
              action={
                <button type="button" className={tools.facet} onClick={state.clear}>
                  Clear search and filters
                </button>
              }
            >
              Nobody was heard saying this to anybody. Take a filter away, or search for a part of a name.
            </Empty>
          ) : (
            <Empty
              icon="conversations"
              title="No conversations yet"
              action={<Link to="/sensors">See the sensors</Link>}
            >
              They appear here as soon as a sensor hears two devices talk.
            </Empty>
          )
        }
      />
    </Page>
  )
}
