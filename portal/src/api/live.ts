import { useSyncExternalStore } from 'react'
import { queries } from './queries.ts'

/** Whether what is shown follows the hub. */
export type LiveState = 'connecting' | 'live' | 'reconnecting'

const topics = ['devices', 'sensors', 'alerts', 'overview'] as const
export type Topic = (typeof topics)[number]

let state: LiveState = 'connecting'
let source: EventSource | undefined
let retry: ReturnType<typeof setTimeout> | undefined
let failures = 0
const changes: Record<Topic, number> = { devices: 0, sensors: 0, alerts: 0, overview: 0 }
const listeners = new Set<() => void>()

function tell(next?: LiveState): void {
  if (next) state = next
  for (const l of listeners) l()
}

function subscribe(changed: () => void): () => void {
  listeners.add(changed)
  return () => listeners.delete(changed)
}

// A busy network changes many times a second; what is on screen is asked for
// again at most this often.
const quiet = 3000
const last: Record<string, number> = {}
const due: Record<string, ReturnType<typeof setTimeout>> = {}

function throttled(key: string, work: () => void): void {
  if (due[key]) return
  const wait = Math.max(0, (last[key] ?? 0) + quiet - Date.now())
  due[key] = setTimeout(() => {
    delete due[key]
    last[key] = Date.now()
    work()
  }, wait)
}

function idsOf(data: unknown): string[] {
  try {
    const body: unknown = JSON.parse(String(data))
    const ids = (body as { changed?: unknown })?.changed
    return Array.isArray(ids) ? ids.map(String) : []
  } catch {
    return []
  }
}

function heard(topic: Topic, data: unknown): void {
  if (topic === 'devices') {
    const ids = idsOf(data)
    // No ids means that anything may have changed.
    if (ids.length === 0) throttled('device', () => void queries.invalidateQueries({ queryKey: ['device'] }))
    for (const id of ids) {
      if (queries.getQueryState(['device', id]))
        throttled(`device ${id}`, () => void queries.invalidateQueries({ queryKey: ['device', id] }))
    }
  } else {
    // A list follows by itself, so that rows do not move under the pointer.
    const key = topic === 'alerts' ? 'alert' : topic
    throttled(topic, () => void queries.invalidateQueries({ queryKey: [key] }))
  }
  throttled(`count ${topic}`, () => {
    changes[topic]++
    tell()
  })
}

/** Follows the hub's stream until stop is called. */
export function follow(): () => void {
  clearTimeout(retry)
  source?.close()
  const es = new EventSource('/api/v1/stream')
  source = es
  es.onopen = () => {
    const again = failures > 0
    failures = 0
    tell('live')
    if (again) {
      // What happened while we were away was not told.
      for (const topic of topics) heard(topic, '')
    }
  }
  es.onerror = () => {
    failures++
    tell('reconnecting')
    if (es.readyState !== EventSource.CLOSED) return
    void queries.invalidateQueries({ queryKey: ['session'] })
    retry = setTimeout(follow, Math.min(30_000, 1000 * 2 ** Math.min(failures, 5)))
  }
  for (const topic of topics) es.addEventListener(topic, e => heard(topic, (e as MessageEvent).data))
  return () => {
    clearTimeout(retry)
    source?.close()
    source = undefined
    tell('connecting')
  }
}

export function useLiveState(): LiveState {
  return useSyncExternalStore(subscribe, () => state)
}

/** A number that grows when the hub tells of changes to a topic. */
export function useChanges(topic: Topic): number {
  return useSyncExternalStore(subscribe, () => changes[topic])
}
