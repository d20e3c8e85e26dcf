let kept = ''

/**
 * Takes the one-time token out of the address (#token=…) before anything else
 * runs, so that it is neither in the history nor in a screenshot.
 */
export function keepToken(): void {
  const found = /^#token=([^&]+)/.exec(window.location.hash)
  if (!found?.[1]) return
  try {
    kept = decodeURIComponent(found[1])
  } catch {
    kept = found[1]
  }
  window.history.replaceState(null, '', '/setup')
}

export function keptToken(): string {
  return kept
}
