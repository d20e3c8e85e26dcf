import { Checkbox } from '@mantine/core'
import { useId } from 'react'
import type { Role, SiteChoice } from '../api/people.ts'
import { plain } from './format.ts'
import css from './person.module.css'

/** What each role may, the least first. */
export const roles: { role: Role; text: string; may: string }[] = [
  { role: 'viewer', text: 'Viewer', may: 'sees devices, conversations and alerts' },
  { role: 'analyst', text: 'Analyst', may: 'also decides about alerts and devices' },
  { role: 'admin', text: 'Administrator', may: 'also manages users, sensors and settings' },
]

export const roleText = (role: string) => roles.find(r => r.role === role)?.text ?? role

/** The sites that somebody sees, in words. */
export function sitesText(of: SiteChoice, titles: Map<string, string> = new Map()): string {
  if (of.all_sites) return 'All sites'
  return of.sites.map(s => plain(titles.get(s) || s)).join(', ') || 'No site'
}

/** Chooses a role; most is the most powerful that may be chosen. */
export function RoleChoice({ role, most = 'admin', set }: { role: Role; most?: Role; set: (r: Role) => void }) {
  const name = useId()
  return (
    <fieldset className={css.choice}>
      <legend>Role</legend>
      {roles.slice(0, roles.findIndex(r => r.role === most) + 1).map(r => (
        <label key={r.role} className={css.option}>
          <input type="radio" name={name} checked={role === r.role} onChange={() => set(r.role)} />
          <span>
            <strong>{r.text}</strong> <span className="quiet">{r.may}</span>
          </span>
        </label>
      ))}
    </fieldset>
  )
}

/** Chooses all sites or some of them. */
export function SitesChoice({
  value,
  known,
  mayAll,
  set,
}: {
  value: SiteChoice
  known: { id: string; title?: string }[]
  mayAll: boolean
  set: (v: SiteChoice) => void
}) {
  const gone = value.sites.filter(s => !known.some(k => k.id === s)).map(id => ({ id, title: '' }))
  const toggle = (id: string) =>
    set({
      all_sites: false,
      sites: value.sites.includes(id) ? value.sites.filter(s => s !== id) : [...value.sites, id],
    })
  return (
    <fieldset className={css.choice}>
      <legend>Sites</legend>
      {mayAll && (
        <Checkbox
          label="All sites, those to come among them"
          checked={value.all_sites}
          onChange={e => set({ all_sites: e.currentTarget.checked, sites: value.sites })}
        />
      )}
      {!value.all_sites &&
        [...known, ...gone].map(s => (
          <Checkbox
            key={s.id}
            label={plain(s.title || s.id)}
            checked={value.sites.includes(s.id)}
            onChange={() => toggle(s.id)}
          />
        ))}
      {known.length === 0 && (
        <p className="quiet">
          There is no site yet. Sites come with the sensors that join; until then choose all sites.
        </p>
      )}
    </fieldset>
  )
}
