import { describe, expect, test } from 'vitest'
import { bars, ceiling, day, lengthText, ticks, tickText } from '../../src/chart/scale.ts'

describe('a chart over time', () => {
  const from = new Date(2026, 4, 4, 9, 20).getTime()
  test('writes full hours and days below it, few enough to read', () => {
    const hours = ticks({ from, to: from + day / 2 }, 7)
    expect(hours.map(t => tickText(t, { from, to: from + day / 2 }))).toEqual(['12:00', '15:00', '18:00', '21:00'])
    const days = ticks({ from, to: from + 6 * day }, 7)
    expect(tickText(days[0] ?? 0, { from, to: from + 6 * day })).toBe('5 May')
    for (const length of [0.001, 0.1, 1, 3, 20, 90, 400, 5000, 100_000])
      for (const most of [1, 4, 7])
        expect(ticks({ from, to: from + length * day }, most).length).toBeLessThanOrEqual(most + 1)
    expect(tickText(from, { from, to: from + 900 * day })).toBe('May 2026')
  })
  test('ends at a number that is easy to read', () => {
    expect([0, 1, 1.2, 3, 7, 9, 10, 11, 4_900, 1e9].map(ceiling)).toEqual([1, 1, 1.5, 3, 8, 10, 10, 15, 5000, 1e9])
  })
  test('says how long a bar is', () => {
    expect([60, 300, 3600, 10_800, 86_400, 604_800, 2_419_200].map(lengthText)).toEqual([
      'minute',
      '5 minutes',
      'hour',
      '3 hours',
      'day',
      'week',
      '4 weeks',
    ])
  })
  test('draws a bar for each value that is not zero, visible however small', () => {
    const path = bars([0, 0, 5], [10, 0, 1e-9], 10, 300, 100)
    expect(path.match(/M/g)).toHaveLength(2)
    expect(path).toContain('M0.50 100.0h99.00v-100.0')
    expect(path).toContain('M200.50 50.0h99.00v-1.5')
    expect(bars([], [], 1, 300, 100)).toBe('')
  })
})
