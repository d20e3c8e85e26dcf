import { useEffect, useRef } from 'react'

/** Tells whether a key press belongs to where it was typed, not to the page. */
export function isTyping(event: KeyboardEvent): boolean {
  const at = event.target
  if (!(at instanceof HTMLElement)) return false
  return (
    at.isContentEditable ||
    /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName) ||
    at.closest('[role="menu"],[role="dialog"],dialog') !== null
  )
}

/**
 * Calls what is bound to a key, or to two in a row ("g d"), unless one is typing.
 * The bindings may be a new object each time.
 */
export function useKeys(bindings: Record<string, (event: KeyboardEvent) => void>): void {
  const latest = useRef(bindings)
  useEffect(() => {
    latest.current = bindings
  })
  useEffect(() => {
    let before = ''
    let at = 0
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return
      const pair = event.timeStamp - at < 900 ? `${before} ${event.key}` : ''
      const bound = latest.current[pair] ?? latest.current[event.key]
      before = event.key
      at = event.timeStamp
      if (!bound) return
      event.preventDefault()
      bound(event)
    }
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  }, [])
}
