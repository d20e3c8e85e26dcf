import { expect, test } from 'vitest'
import { inPlace } from '../../src/table/state.ts'

test('a column that is switched off keeps its place in the menu', () => {
  const all = ['a', 'b', 'c', 'd']
  expect(inPlace(all, all)).toEqual(all)
  expect(inPlace(all, ['a', 'c'])).toEqual(all)
  expect(inPlace(all, ['d', 'b'])).toEqual(['a', 'd', 'b', 'c'])
  expect(inPlace(all, [])).toEqual(all)
})
