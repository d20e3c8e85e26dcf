// Writes what the portal takes from the rest of the project: the types of the API,
// from its contract, and the names of the taxonomy. Both are committed; a test
// says when they are old.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import openapi, { astToString } from 'openapi-typescript'

const root = import.meta.dirname

/** The text of src/api/schema.ts. */
export async function schema() {
  const ast = await openapi(new URL('../api/openapi.json', import.meta.url), { alphabetize: true })
  return `// Generated from api/openapi.json by npm run generate.\n\n${astToString(ast)}`
}

/** The text of src/parts/taxonomy.ts. */
export function taxonomy() {
  const rows = readFileSync(join(root, '../fingerprint/taxonomy.tsv'), 'utf8')
    .split('\n')
    .filter(line => line && !line.startsWith('#'))
    .map(line => line.split('\t'))
    .map(([id, name, category]) => `  ${JSON.stringify(id)}: [${JSON.stringify(name)}, ${JSON.stringify(category)}],`)
  return [
    '// Generated from fingerprint/taxonomy.tsv by npm run generate.',
    '',
    '/** Each type of device: its name and its category. */',
    'export const taxonomy: Record<string, readonly [name: string, category: string]> = {',
    ...rows,
    '}',
    '',
  ].join('\n')
}

/** Writes a file if that changes it, so that make has nothing to do otherwise. */
function keep(name, text) {
  const file = join(root, name)
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text)
}

if (process.argv[1] === import.meta.filename) {
  keep('src/api/schema.ts', await schema())
  keep('src/parts/taxonomy.ts', taxonomy())
}
