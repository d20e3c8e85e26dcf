/** Where to go after signing in: a page of this portal, never another site. */
export function safeNext(next: string | null): string {
  return next && /^\/(?![/\\])/.test(next) && !/^\/(sign-in|setup)/.test(next) ? next : '/'
}
