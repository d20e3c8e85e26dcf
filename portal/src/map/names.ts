/** A place that something takes in the picture, in pixels. */
export interface Box {
  x: number
  y: number
  w: number
  h: number
}

/** A name that wants a place beside its device. */
export interface Named {
  /** The middle and the radius of the device. */
  x: number
  y: number
  r: number
  /** The size of the name. */
  w: number
  h: number
}

const cell = 64

/** What is taken of the picture, found by where it is. */
class Taken {
  private readonly cells = new Map<string, Box[]>()

  private *near(b: Box): Generator<string> {
    for (let x = Math.floor(b.x / cell); x <= Math.floor((b.x + b.w) / cell); x++)
      for (let y = Math.floor(b.y / cell); y <= Math.floor((b.y + b.h) / cell); y++) yield `${x} ${y}`
  }

  add(b: Box): void {
    for (const key of this.near(b)) {
      const there = this.cells.get(key)
      if (there) there.push(b)
      else this.cells.set(key, [b])
    }
  }

  free(b: Box): boolean {
    for (const key of this.near(b))
      for (const o of this.cells.get(key) ?? [])
        if (b.x < o.x + o.w && o.x < b.x + b.w && b.y < o.y + o.h && o.y < b.y + b.h) return false
    return true
  }
}

const gap = 3

/** Where a name may stand: right of its device, left of it, below, above. */
const sides = ({ x, y, r, w, h }: Named): Box[] => [
  { x: x + r + gap, y: y - h / 2, w, h },
  { x: x - r - gap - w, y: y - h / 2, w, h },
  { x: x - w / 2, y: y + r + 1, w, h },
  { x: x - w / 2, y: y - r - 1 - h, w, h },
]

/**
 * Gives names a place, the first ones first: in the picture as a whole, on no
 * device, on nothing that is taken and on no other name. Who finds none goes
 * without; at most so many are placed.
 */
export function place<T extends Named>(
  wanted: readonly T[],
  taken: readonly Box[],
  picture: { width: number; height: number },
  most: number,
): { name: T; at: Box }[] {
  const full = new Taken()
  for (const t of taken) full.add(t)
  const placed: { name: T; at: Box }[] = []
  for (const name of wanted) {
    if (placed.length === most) break
    const at = sides(name).find(
      b => b.x >= 0 && b.y >= 0 && b.x + b.w <= picture.width && b.y + b.h <= picture.height && full.free(b),
    )
    if (!at) continue
    full.add(at)
    placed.push({ name, at })
  }
  return placed
}
