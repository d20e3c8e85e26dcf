import { categoryName, typeName } from './format.ts'
import { type Glyph, glyphOf, glyphs } from './glyphs.ts'
import css from './parts.module.css'

/** A picture without meaning of its own: what it stands for is written beside it. */
export function Icon({ name, size = 18 }: { name: Glyph; size?: number }) {
  return (
    <svg
      className={css.icon}
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={size > 22 ? 1.5 : 1.75}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={glyphs[name]} />
    </svg>
  )
}

/** The picture of a device's type, in the colour of its category. */
export function DeviceIcon({ type, category, size }: { type?: string; category?: string; size?: number }) {
  return (
    <span
      className={css.deviceIcon}
      data-category={category ?? 'unknown'}
      title={`${typeName(type)} · ${categoryName(category)}`}
    >
      <Icon name={glyphOf(type, category)} size={size} />
    </span>
  )
}

/** The mark: the face of a barn owl. */
export function Owl({ size = 28 }: { size?: number }) {
  return (
    <svg className={css.icon} width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <path
        fill="var(--owl)"
        d="M16 3.5C13 1.8 9.6 1.7 7 3.3 3.6 5.4 2.3 9.8 3.2 14.5c1.2 6.3 5.9 11.6 12.8 15.5 6.9-3.9 11.6-9.2 12.8-15.5.9-4.7-.4-9.1-3.8-11.2-2.6-1.6-6-1.5-9 .2z"
      />
      <path
        fill="#fbf6ea"
        d="M16 6.9c-2.5-1.9-5.4-2.1-7.4-.8-2.5 1.6-3.3 5-2.6 8.3 1 4.7 4.6 8.9 10 12.1 5.4-3.2 9-7.4 10-12.1.7-3.3-.1-6.7-2.6-8.3-2-1.3-4.9-1.1-7.4.8z"
      />
      <ellipse cx="11.3" cy="12.7" rx="2.5" ry="2.9" fill="#101a23" transform="rotate(-14 11.3 12.7)" />
      <ellipse cx="20.7" cy="12.7" rx="2.5" ry="2.9" fill="#101a23" transform="rotate(14 20.7 12.7)" />
      <path
        fill="#c48f6a"
        d="M16 9.5c.9 2.3 1.5 4.8 1.5 7 0 1.7-.6 3-1.5 3.9-.9-.9-1.5-2.2-1.5-3.9 0-2.2.6-4.7 1.5-7z"
      />
    </svg>
  )
}
