import type { ReactNode } from 'react'
import css from '../pages/pages.module.css'

interface Head {
  text: string
  /** Numbers stand at the end of their cell. */
  end?: boolean
  /** The head is said to who cannot see the cells, and not written. */
  mute?: boolean
}

/** A small table, which scrolls sideways where it is wider than its place. */
export function Sheet({
  heads,
  className = '',
  busy = false,
  children,
}: {
  heads: (string | Head)[]
  className?: string | undefined
  busy?: boolean
  children: ReactNode
}) {
  return (
    <div className={css.scrollX} aria-busy={busy}>
      <table className={`${css.plain} ${className}`}>
        <thead>
          <tr>
            {heads.map(h => {
              const { text, end = false, mute = false } = typeof h === 'string' ? { text: h } : h
              return (
                <th key={text} scope="col" className={end ? css.end : undefined}>
                  {mute ? <span className="spoken">{text}</span> : text}
                </th>
              )
            })}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  )
}
