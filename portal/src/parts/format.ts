import { taxonomy } from './taxonomy.ts'

/** Text forms of what the API tells. Pure functions: they are tested without a browser. */

/** An id as words: serial_number is "Serial number". */
function words(id: string): string {
  const text = plain(id).replaceAll('_', ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** What a table has for an id. Ids may come from elsewhere: what every object has, such as constructor, is none. */
export function known<T>(names: Record<string, T>, id: string): T | undefined {
  return Object.hasOwn(names, id) ? names[id] : undefined
}

function named(names: Record<string, string>, id: string): string {
  return known(names, id) ?? words(id)
}

/** The name of a type of the taxonomy: ip_camera is "IP camera". */
export function typeName(id: string | undefined): string {
  if (!id) return 'Unknown'
  return known(taxonomy, id)?.[0] ?? words(id)
}

const categories: Record<string, string> = {
  it: 'IT',
  iot: 'IoT',
  ot: 'OT',
  network: 'Network',
  medical: 'Medical',
  unknown: 'Unknown',
}

export function categoryName(id: string | undefined): string {
  return named(categories, id ?? 'unknown')
}

const attributes: Record<string, string> = {
  nic_vendor: 'Network card',
  os: 'Operating system',
  model_number: 'Order number',
  hostname: 'Host name',
  hardware: 'Hardware revision',
  serial: 'Serial number',
  purdue_level: 'Purdue level',
  mode: 'Operating mode',
  key: 'Key switch',
  part_model: 'Module',
  part_firmware: 'Firmware of the module',
  part_serial: 'Serial number of the module',
  service: 'Service',
  clue: 'Clue',
  identity: 'Identity key',
}

export function attributeName(id: string): string {
  return named(attributes, id)
}

const whole = new Intl.NumberFormat('en')
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

/** A count, in full below ten thousand. */
export function count(n: number | undefined): string {
  if (n === undefined) return '–'
  return n < 10_000 ? whole.format(n) : compact.format(n)
}

/** A count, always in full. */
export function exact(n: number | undefined): string {
  return n === undefined ? '–' : whole.format(n)
}

const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB']

/** A number of bytes, in powers of 1000. */
export function bytes(n: number | undefined): string {
  if (n === undefined) return '–'
  let i = 0
  let x = n
  while (x >= 999.5 && i < units.length - 1) {
    x /= 1000
    i++
  }
  return `${i === 0 || x >= 99.95 ? Math.round(x) : x.toFixed(1)} ${units[i]}`
}

/** A share of one, with as many digits as it takes to tell it from zero. */
export function percent(x: number): string {
  if (x === 0) return '0 %'
  const p = x * 100
  if (p < 0.001) return '< 0.001 %'
  return `${p >= 10 ? p.toFixed(0) : p.toPrecision(2)} %`
}

/** The share of a count in a total, for the width of a bar, never invisible if not zero. */
export function share(n: number, total: number): number {
  return total <= 0 || n <= 0 ? 0 : Math.max(0.015, Math.min(1, n / total))
}

const day = 86_400_000

/** Go's zero time, and what is no time at all. */
function isTime(at: string | undefined): at is string {
  return at !== undefined && at !== '' && !at.startsWith('0001-') && !Number.isNaN(Date.parse(at))
}

/** A time as one says it: "4 min ago", or the date if that was long ago. */
export function ago(at: string | undefined, now: number): string {
  if (!isTime(at)) return '–'
  const then = Date.parse(at)
  const gone = now - then
  if (gone < -60_000) return date(at)
  if (gone < 10_000) return 'just now'
  if (gone < 60_000) return `${Math.floor(gone / 1000)} s ago`
  if (gone < 3_600_000) return `${Math.floor(gone / 60_000)} min ago`
  if (gone < day) return `${Math.floor(gone / 3_600_000)} h ago`
  if (gone < 14 * day) return `${Math.floor(gone / day)} d ago`
  return date(at)
}

const dates = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })
const moments = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZoneName: 'short',
})

export function date(at: string | undefined): string {
  return isTime(at) ? dates.format(new Date(at)) : '–'
}

/** A time in full, in the reader's time zone. */
export function moment(at: string | undefined): string {
  return isTime(at) ? moments.format(new Date(at)) : 'never'
}

/** The name of a capture without its folders. */
export function fileName(path: string): string {
  return plain(path.slice(path.lastIndexOf('/') + 1) || path)
}

/** Text of the network, with control characters and direction marks made visible. */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, c => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`)
}
