import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { GET, take } from './client.ts'
import type { ConversationFilter } from './queries.ts'
import type { components } from './schema.ts'

export type History = components['schemas']['History']
export type HistoryPoint = components['schemas']['HistoryPoint']

/** A time from its beginning up to before its end, in milliseconds. */
export interface Span {
  from: number
  to: number
}

/** What went over the conversations that a filter selects, in a span, or in all the time that is kept. */
export const history = ({ sort, order, ...filter }: ConversationFilter, span?: Span) => {
  const time = (at: number) => new Date(at).toISOString()
  const query = { ...filter, ...(span && { from: time(span.from), to: time(span.to) }) }
  return queryOptions({
    queryKey: ['history', query],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }): Promise<History> =>
      take(GET('/api/v1/conversations/history', { params: { query }, signal })),
  })
}
