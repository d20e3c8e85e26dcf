import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

// What a browser fetches before the overview stands: the page, what it names,
// the typeface of Latin text. In kB of 1000 bytes, gzip, which is the larger of the two codings.
const budget = 300

const dist = join(import.meta.dirname, '..', '..', 'dist')

/** The files of the first load, and their sizes as sent. */
function firstLoad(coding: 'gz' | 'br'): [string, number][] {
  const html = readFileSync(join(dist, 'index.html'), 'utf8')
  const named = [...html.matchAll(/(?:src|href)="\/([^"]+)"/g)].map(m => m[1] ?? '')
  const styles = named.filter(f => f.endsWith('.css')).map(f => readFileSync(join(dist, f), 'utf8'))
  const fonts = styles.flatMap(css => [...css.matchAll(/url\(\/?([^)]*sans-latin-wght[^)]*)\)/g)].map(m => m[1] ?? ''))
  return ['index.html', ...named, ...new Set(fonts)].map(f => {
    const packed = join(dist, `${f}.${coding}`)
    return [f, statSync(existsSync(packed) ? packed : join(dist, f)).size]
  })
}

test('the first load is within its budget', () => {
  expect(existsSync(join(dist, 'index.html')), 'not built: run npm run build').toBe(true)
  const sum = (files: [string, number][]) => files.reduce((n, [, size]) => n + size, 0) / 1000
  const files = firstLoad('gz')
  const [gz, br] = [sum(files), sum(firstLoad('br'))]
  process.stdout.write(
    `first load: ${gz.toFixed(1)} kB gzip, ${br.toFixed(1)} kB brotli, in ${files.length} files (budget ${budget} kB)\n`,
  )
  expect(
    files.some(([f]) => f.endsWith('.woff2')),
    'the typeface is not counted',
  ).toBe(true)
  expect(gz).toBeLessThan(budget)
})

test('nothing of the page is inline', () => {
  const html = readFileSync(join(dist, 'index.html'), 'utf8')
  expect(html).not.toMatch(/<style|style=|<script>|<script(?![^>]*src=)|\son\w+=/)
})
