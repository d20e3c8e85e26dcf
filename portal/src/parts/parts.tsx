import { Button } from '@mantine/core'
import { type ReactNode, useEffect, useState, useSyncExternalStore } from 'react'
import { Problem } from '../api/client.ts'
import { ago, categoryName, moment, plain } from './format.ts'
import type { Glyph } from './glyphs.ts'
import { Icon } from './icon.tsx'
import css from './parts.module.css'

// One clock for all relative times on the page.
let now = Date.now()
const watchers = new Set<() => void>()
setInterval(() => {
  now = Date.now()
  for (const w of watchers) w()
}, 15_000)

function useNow(): number {
  return useSyncExternalStore(
    changed => {
      watchers.add(changed)
      return () => watchers.delete(changed)
    },
    () => now,
  )
}

/** A time, as one says it; the title has it in full. */
export function When({ at }: { at?: string }) {
  const at_ = ago(at, Math.max(useNow(), Date.now() - 15_000))
  return (
    <time dateTime={at} title={moment(at)}>
      {at_}
    </time>
  )
}

/** Text that came from the network. */
export function Said({ text }: { text?: string }) {
  return text ? <span title={plain(text)}>{plain(text)}</span> : <span className="quiet">–</span>
}

const words = ['guessed', 'inferred', 'shown', 'stated', 'confirmed']
const meaning: Record<string, string> = {
  guessed: 'Guessed: a weak hint, such as a vendor prefix or a port',
  inferred: 'Inferred: a strong habit, such as a host name pattern or a cloud domain',
  shown: 'Shown: its behaviour shows it',
  stated: 'Stated: the device says so itself, in a field made for it',
  confirmed: 'Confirmed: a person, or an agent on the device, says so',
}

/** How sure a value is: the word, and a meter of five. */
export function Confidence({ word, bare = false }: { word?: string; bare?: boolean }) {
  if (!word) return null
  const level = words.indexOf(word)
  return (
    <span className={css.confidence} data-word={word} title={meaning[word]}>
      <span className={css.meter} aria-hidden="true">
        {words.map((w, i) => (
          <i key={w} data-on={i <= level} />
        ))}
      </span>
      <span className={bare ? 'spoken' : undefined}>{word}</span>
    </span>
  )
}

export function Chip({
  tone,
  category,
  title,
  children,
}: {
  tone?: 'ok' | 'warn' | 'bad'
  category?: string
  title?: string
  children: ReactNode
}) {
  return (
    <span className={css.chip} data-tone={tone} data-category={category} title={title && plain(title)}>
      {typeof children === 'string' ? plain(children) : children}
    </span>
  )
}

/** How something is, in a word, with more in the title. */
export function StateChip({ of }: { of: { tone?: 'ok' | 'warn' | 'bad'; text: string; title: string } }) {
  return (
    <Chip {...(of.tone ? { tone: of.tone } : {})} title={of.title}>
      {of.text}
    </Chip>
  )
}

export function CategoryChip({ category }: { category?: string }) {
  return <Chip category={category || 'unknown'}>{categoryName(category)}</Chip>
}

/** A titled part of a page. */
export function Card({
  title,
  side,
  flush,
  children,
  id,
}: {
  title?: ReactNode
  side?: ReactNode
  flush?: boolean
  children: ReactNode
  id?: string
}) {
  return (
    <section className={css.card} id={id} aria-label={typeof title === 'string' ? title : undefined}>
      {title !== undefined && (
        <header className={css.cardHead}>
          <h2>{title}</h2>
          {side}
        </header>
      )}
      <div className={flush ? css.flush : css.cardBody}>{children}</div>
    </section>
  )
}

/** What stands where nothing is to show, and what to do about it. */
export function Empty({
  icon = 'search',
  title,
  children,
  action,
}: {
  icon?: Glyph
  title: string
  children?: ReactNode
  action?: ReactNode
}) {
  return (
    <div className={css.state}>
      <Icon name={icon} size={30} />
      <h2>{title}</h2>
      {children && <p>{children}</p>}
      {action && <div className={css.stateActions}>{action}</div>}
    </div>
  )
}

/** A failed request, why, and a way to try again. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const text = error instanceof Error ? error.message : String(error)
  const status = error instanceof Problem && error.status > 0 ? ` (${error.status})` : ''
  return (
    <div className={css.state} role="alert">
      <Icon name="warning" size={30} />
      <h2>This could not be loaded</h2>
      <p>
        {text}
        {status}
      </p>
      {retry && (
        <div className={css.stateActions}>
          <Button variant="default" size="xs" onClick={retry}>
            Try again
          </Button>
        </div>
      )}
    </div>
  )
}

/** Grey lines in the place of text that is on its way. */
export function Bones({ lines = 4 }: { lines?: number }) {
  return (
    <div role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines have nothing but their place
        <span key={i} className={css.bone} style={{ width: `${[92, 70, 84, 58][i % 4]}%`, marginBlock: 12 }} />
      ))}
    </div>
  )
}

export function Bone({ width }: { width: string }) {
  return <span className={css.bone} style={{ width }} />
}

/** Copies a text, and says that it did. */
export function Copy({ text, label }: { text: string; label: string }) {
  const [done, setDone] = useState(false)
  useEffect(() => {
    if (!done) return
    const timer = setTimeout(() => setDone(false), 1500)
    return () => clearTimeout(timer)
  }, [done])
  return (
    <button
      type="button"
      className={css.copy}
      title={label}
      aria-label={done ? 'Copied' : label}
      onClick={event => {
        event.stopPropagation()
        navigator.clipboard?.writeText(text).then(
          () => setDone(true),
          () => setDone(false),
        )
      }}
    >
      <Icon name={done ? 'check' : 'copy'} size={14} />
    </button>
  )
}
