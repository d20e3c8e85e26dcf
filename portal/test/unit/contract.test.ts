import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import contract from '../../../api/openapi.json' with { type: 'json' }
import { schema, taxonomy } from '../../generate.mjs'
import { createFake } from '../fake.ts'
import { policy } from '../serve.ts'

const root = join(import.meta.dirname, '..', '..')
const ajv = new Ajv2020({ strict: false, validateFormats: false })
ajv.addSchema({ $id: 'contract', ...contract })

type Operation = { responses: Record<string, { content?: Record<string, { schema: { $ref?: string } }> }> }

function schemaOf(path: string): string {
  const { get } = (contract.paths as Record<string, { get?: Operation }>)[path] ?? {}
  return get?.responses['200']?.content?.['application/json']?.schema.$ref ?? ''
}

const ask = async (url: string, fake = createFake({ devices: 300, signedIn: true })) =>
  fake.answer(new Request(`http://fake${url}`))

describe('the double keeps the contract', () => {
  const fake = createFake({ devices: 300, signedIn: true, now: Date.parse('2026-05-04T12:00:00Z') })
  const id = fake.world.rows[3]?.id
  const plc = fake.world.rows.find(r => r.type === 'plc')?.id
  test.each([
    ['/api/v1/setup', '/api/v1/setup'],
    ['/api/v1/session', '/api/v1/session'],
    ['/api/v1/version', '/api/v1/version'],
    ['/api/v1/overview', '/api/v1/overview'],
    ['/api/v1/devices', '/api/v1/devices?category=ot&category=it&sort=ip&order=asc&limit=50&offset=10&q=plc'],
    ['/api/v1/devices/{id}', `/api/v1/devices/${id}`],
    ['/api/v1/devices/{id}/conversations', `/api/v1/devices/${id}/conversations?limit=5`],
    ['/api/v1/devices/{id}/acts', `/api/v1/devices/${plc}/acts?verb=program&verb=transfer`],
    ['/api/v1/conversations', '/api/v1/conversations?scope=internet&sort=bytes'],
    ['/api/v1/conversations/history', '/api/v1/conversations/history?scope=lan&points=50'],
    ['/api/v1/map', '/api/v1/map?category=ot&scope=lan&links=20'],
    ['/api/v1/sensors', '/api/v1/sensors?state=expired&sort=attention&limit=25&offset=0'],
    ['/api/v1/sites', '/api/v1/sites'],
    ['/api/v1/integrations', '/api/v1/integrations'],
    ['/api/v1/integrations/{name}/undelivered', '/api/v1/integrations/splunk/undelivered'],
    ['/api/v1/connectors/{name}/machines', '/api/v1/connectors/defender/machines?unheard=true'],
    ['/api/v1/connectors/{name}/unconnected', '/api/v1/connectors/defender/unconnected?limit=5'],
    ['/api/v1/join-tokens', '/api/v1/join-tokens'],
    ['/api/v1/alerts', '/api/v1/alerts?severity=critical&status=new'],
    ['/api/v1/alerts/{id}', '/api/v1/alerts/00000000000000a0'],
    ['/api/v1/filters', '/api/v1/filters'],
    ['/api/v1/baseline', '/api/v1/baseline'],
    ['/api/v1/facts', '/api/v1/facts?kind=conversation&status=usual&limit=5'],
    ['/api/v1/mutes', '/api/v1/mutes'],
    ['/api/v1/detections', '/api/v1/detections'],
    ['/api/v1/indicators', '/api/v1/indicators'],
    ['/api/v1/sign-in', '/api/v1/sign-in'],
    ['/api/v1/users', '/api/v1/users'],
    ['/api/v1/tokens', '/api/v1/tokens'],
    ['/api/v1/me/totp', '/api/v1/me/totp'],
    ['/api/v1/sessions', '/api/v1/sessions'],
    ['/api/v1/audit', '/api/v1/audit?what=user.&limit=20'],
    ['/api/v1/audit/verify', '/api/v1/audit/verify'],
  ])('%s', async (path, url) => {
    const answer = await ask(url, fake)
    expect(answer.status).toBe(200)
    const check = ajv.compile({ $ref: `contract${schemaOf(path)}` })
    check(await answer.json())
    expect(check.errors).toBeNull()
  })

  test.each([
    '?colour=red',
    '?sort=colour',
    '?order=up',
    '?limit=0',
    '?limit=501',
    '?offset=-1',
    `?q=${'x'.repeat(201)}`,
  ])('refuses %s', async query => {
    const answer = await ask(`/api/v1/devices${query}`)
    expect(answer.status).toBe(422)
    expect(answer.headers.get('Content-Type')).toBe('application/problem+json')
  })

  test('refuses who is not signed in', async () => {
    const answer = await createFake({ devices: 1 }).answer(new Request('http://fake/api/v1/devices'))
    expect(answer.status).toBe(401)
  })

  test('is the same every time', () => {
    const make = () => JSON.stringify(createFake({ devices: 50, now: 1e12 }).world)
    expect(make()).toBe(make())
  })
})

test('what is generated is of the contract and of the taxonomy', async () => {
  const kept = (name: string) => readFileSync(join(root, 'src', name), 'utf8')
  expect(kept('api/schema.ts') === (await schema()), 'run npm run generate').toBe(true)
  expect(kept('parts/taxonomy.ts') === taxonomy(), 'run npm run generate').toBe(true)
})

test('the policy allows nothing inline and no other host', () => {
  expect(policy()).not.toMatch(/unsafe|https?:|\*/)
})

test('the lock file names no registry', () => {
  expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved"/)
})

describe('problems', () => {
  let problemOf: typeof import('../../src/api/client.ts').problemOf
  beforeAll(async () => {
    vi.stubGlobal('window', { location: { origin: 'http://fake' } })
    ;({ problemOf } = await import('../../src/api/client.ts'))
  })
  test('carry the detail, and what is wrong with fields', () => {
    const p = problemOf(422, {
      title: 'Unprocessable Entity',
      detail: 'validation failed',
      errors: [{ location: 'body.password', message: 'too short' }],
    })
    expect([p.status, p.message, p.fields]).toEqual([422, 'validation failed', { password: 'too short' }])
  })
  test('without a document still say something', () => {
    expect(problemOf(502, '<html>').message).toBe('The hub answered with status 502.')
    expect(problemOf(500, null).fields).toEqual({})
  })
})
