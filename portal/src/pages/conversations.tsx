import { lazy, Suspense } from 'react'
import { Link, useSearchParams } from 'react-router'
import { type ConversationFilter, conversationsPage } from '../api/queries.ts'
import type { Conversation, ConversationList } from '../api/types.ts'
import { categoryName } from '../parts/format.ts'
import { Icon } from '../parts/icon.tsx'
import { Bones, Empty } from '../parts/parts.tsx'
import { Page } from '../shell/shell.tsx'
import { ListView } from '../table/list.tsx'
import tools from '../table/table.module.css'
import { conversationRows, scopes } from './conversation-table.tsx'
import css from './pages.module.css'
import { Views } from './views.tsx'

const filters = ['protocol', 'scope', 'category', 'device'] as const
const standard = ['client', 'server', 'protocol', 'port', 'scope', 'operations', 'bytes', 'last_seen']
const standardSmall = ['client', 'server', 'protocol', 'bytes', 'last_seen']

const words = (f: string, v: string) =>
  f === 'scope' ? (scopes[v] ?? v) : f === 'category' ? `Only ${categoryName(v)}` : v

const History = lazy(() => import('../chart/history.tsx'))

/** Whether the chart is shown stands in the address. */
function useChart(): [boolean, () => void] {
  const [params, setParams] = useSearchParams()
  const on = params.get('chart') === '1'
  const turn = () =>
    setParams(
      was => {
        const next = new URLSearchParams(was)
        if (on) next.delete('chart')
        else next.set('chart', '1')
        return next
      },
      { replace: true },
    )
  return [on, turn]
}

export default function Conversations() {
  const [chart, turn] = useChart()
  return (
    <Page title="Conversations" className={css.fill}>
      <Views />
      <ListView<Conversation, ConversationList, ConversationFilter>
        rows={conversationRows}
        noun="conversation"
        search="Search names, addresses, protocol"
        standard={standard}
        standardSmall={standardSmall}
        filters={filters}
        facets={{ protocol: 'Protocol', scope: 'Scope' }}
        words={words}
        page={conversationsPage}
        topic="overview" // traffic is news of the overview
        tools={() => (
          <button type="button" className={tools.facet} aria-pressed={chart} data-on={chart} onClick={turn}>
            <Icon name="clock" size={16} />
            Over time
          </button>
        )}
        above={filter =>
          chart && (
            <section className={css.over} aria-label="Over time">
              <Suspense fallback={<Bones lines={4} />}>
                <History of={filter} />
              </Suspense>
            </section>
          )
        }
        hint="Nobody was heard saying this to anybody. Take a filter away, or search for a part of a name."
        none={
          <Empty icon="conversations" title="No conversations yet" action={<Link to="/sensors">See the sensors</Link>}>
            They appear here as soon as a sensor hears two devices talk.
          </Empty>
        }
      />
    </Page>
  )
}
