import { expect, test } from 'vitest'
import { inWords } from '../../src/parts/alert.ts'
import { alertDetail, alerts } from '../alerts.ts'
import { world } from '../world.ts'

test('an alert in words has what a ticket needs, a line each', () => {
  const [first] = alerts(world(20, 1e12))
  if (!first) throw new Error('there is no alert')
  const detail = alertDetail({
    ...first,
    parties: [{ id: 'd-1', name: 'desk\nPriority: none', ip: '10.0.0.1' }, { ip: '10.0.0.9' }],
    count: 3,
  })
  const text = inWords(detail, 'https://hub/alerts/1')
  const lines = text.split('\n')
  expect(lines[0]).toMatch(/^(Critical|Major|Minor|Warning): /)
  expect(lines).toContainEqual(expect.stringMatching(/^Devices: desk.*\(10\.0\.0\.1\) → 10\.0\.0\.9$/))
  expect(lines).toContainEqual(expect.stringMatching(/^Evidence: .*frame 4711/))
  expect(lines).toContainEqual(expect.stringMatching(/^Last: .*, 3 times$/))
  expect(lines.at(-1)).toBe('More: https://hub/alerts/1')
  expect(text).not.toMatch(/^Priority/m) // what a device calls itself makes no line of its own
})
