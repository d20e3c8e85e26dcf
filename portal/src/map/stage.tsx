import Graph from 'graphology'
import { useEffect, useRef } from 'react'
import Sigma from 'sigma'
import type { CameraState } from 'sigma/types'
import type { MapDevice } from '../api/types.ts'
import type { Layout } from './layout.ts'
import css from './map.module.css'
import { endName, internet, type Line, multicast, otherZone } from './model.ts'
import { type Box, type Named, place } from './names.ts'

/** What the colours of the page are now, by name. */
export type Colours = (name: string) => string

interface Props {
  devices: ReadonlyMap<string, MapDevice>
  lines: readonly Line[]
  places: Layout
  /** The colour of a protocol's lines. */
  colourOf: (protocol: string) => string
  colours: Colours
  /** The ends that stay bright; all of them if there is no such set. */
  bright: ReadonlySet<string> | undefined
  chosen: string | undefined
  choose: (id: string | undefined) => void
  open: (id: string) => void
  label: string
}

type Node = { x: number; y: number; size: number; color: string; label: string; always: boolean }
type Edge = { size: number; color: string }

/** Where the camera goes, for who has no mouse. */
interface Handle {
  sigma: Sigma<Node, Edge>
}

// How far the camera goes in and out: the share of the map that is seen.
const nearest = 0.02
const farthest = 3

// From here on lines are hidden while the map moves, so that it moves smoothly on any machine.
const manyLines = 1500

const clamp = (low: number, n: number, high: number) => Math.max(low, Math.min(high, n))

/** What is to be seen of it all: the groups, and who is beyond them. */
function frameOf(places: Layout, lines: readonly Line[]): Layout['frame'] {
  const { x, y } = places.frame
  const beyond = (id: string) => lines.some(l => l.ends.includes(id))
  return {
    x: [x[0], beyond(otherZone) ? places.otherZone.x + 1 : x[1]],
    y: [beyond(multicast) ? places.multicast.y - 1 : y[0], beyond(internet) ? places.internet.y + 1 : y[1]],
  }
}

/** The graph for a picture of some pixels. */
function build({ devices, lines, places, colourOf, colours }: Props, pixels: number): Graph<Node, Edge> {
  const graph = new Graph<Node, Edge>({ type: 'undirected', multi: false })
  const { x, y } = frameOf(places, lines)
  const size = clamp(2.2, (0.36 * pixels) / Math.max(x[1] - x[0], y[1] - y[0], 1), 9)
  for (const [id, at] of places.at) {
    const d = devices.get(id)
    if (!d) continue
    graph.addNode(id, {
      ...at,
      size,
      color: colours(`--cat-${d.category}`),
      label: endName(id, devices),
      always: false,
    })
  }
  for (const [id, at] of [
    [internet, places.internet],
    [multicast, places.multicast],
    [otherZone, places.otherZone],
  ] as const) {
    if (lines.some(l => l.ends.includes(id)))
      graph.addNode(id, { ...at, size: 12, color: colours('--edge'), label: endName(id, devices), always: true })
  }
  for (const l of lines) {
    const [a, b] = l.ends
    if (!graph.hasNode(a) || !graph.hasNode(b)) continue
    const width = clamp(0.4, Math.log10(l.bytes + 1) * 0.45 - 1, 3.5)
    graph.addEdgeWithKey(l.id, a, b, { size: width, color: colourOf(l.protocol) })
  }
  return graph
}

/** A canvas as large as the picture, wiped. */
function wiped(
  canvas: HTMLCanvasElement,
  { width, height }: { width: number; height: number },
): CanvasRenderingContext2D | null {
  const ratio = window.devicePixelRatio || 1
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)]
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w
    canvas.height = h
  }
  const pen = canvas.getContext('2d')
  pen?.setTransform(ratio, 0, 0, ratio, 0, 0)
  pen?.clearRect(0, 0, width, height)
  return pen
}

/** Draws the groups, discs or bands, behind the devices, and their names before them. */
function drawGroups(
  below: HTMLCanvasElement,
  above: HTMLCanvasElement,
  sigma: Sigma<Node, Edge>,
  places: Layout,
  colours: Colours,
  bright: ReadonlySet<string> | undefined,
): void {
  const size = sigma.getDimensions()
  const [pen, text] = [wiped(below, size), wiped(above, size)]
  if (!pen || !text) return
  pen.fillStyle = colours('--surface-2')
  pen.strokeStyle = colours('--line-2')
  text.font = `600 12px ${colours('--font')}`
  text.fillStyle = colours('--ink')
  text.strokeStyle = colours('--surface')
  text.lineWidth = 4
  text.lineJoin = 'round'
  const taken: Box[] = []
  for (const g of places.groups) {
    const middle = sigma.graphToViewport(g)
    const edge = sigma.graphToViewport({ x: g.x + (g.w ?? 2 * g.r) / 2, y: g.y + (g.h ?? 2 * g.r) / 2 })
    const [w, h] = [Math.abs(edge.x - middle.x), Math.abs(edge.y - middle.y)]
    if (middle.x + w < 0 || middle.x - w > size.width || middle.y + h < 0 || middle.y - h > size.height) continue
    pen.beginPath()
    if (g.w === undefined) pen.arc(middle.x, middle.y, w, 0, 2 * Math.PI)
    else pen.roundRect(middle.x - w, middle.y - h, 2 * w, 2 * h, 8)
    pen.fill()
    pen.stroke()
    text.textAlign = g.w === undefined ? 'center' : 'left'
    const name = fitting(text, g.name, Math.max(2 * w, 40))
    if (name) {
      const [x, y] = g.w === undefined ? [middle.x, middle.y - h + 4] : [middle.x - w + 10, middle.y - h + 16]
      text.strokeText(name, x, y)
      text.fillText(name, x, y)
      const wide = text.measureText(name).width
      taken.push({ x: text.textAlign === 'left' ? x : x - wide / 2, y: y - 12, w: wide, h: 16 })
    }
  }
  drawNames(text, sigma, taken, colours, bright)
}

/** So many devices have their names beside them at once; who wants another points at it, or comes nearer. */
const mostNames = 90

/** Writes the names of devices where there is room, of those who talk to most first. */
function drawNames(
  pen: CanvasRenderingContext2D,
  sigma: Sigma<Node, Edge>,
  taken: Box[],
  colours: Colours,
  bright: ReadonlySet<string> | undefined,
): void {
  const graph = sigma.getGraph()
  const { width, height } = sigma.getDimensions()
  pen.font = `12px ${colours('--font')}`
  pen.lineWidth = 3
  pen.textAlign = 'left'
  const wanted: (Named & { text: string; rank: number })[] = []
  graph.forEachNode((id, a) => {
    const { x, y } = sigma.graphToViewport(a)
    if (x < 0 || x > width || y < 0 || y > height) return
    taken.push(
      a.always
        ? { x: x - 14, y: y - 14, w: 130, h: 28 }
        : { x: x - a.size, y: y - a.size, w: 2 * a.size, h: 2 * a.size },
    )
    if (!a.always && (!bright || bright.has(id)))
      wanted.push({ x, y, r: a.size, w: 0, h: 14, text: a.label, rank: graph.degree(id) })
  })
  wanted.sort((a, b) => b.rank - a.rank)
  const measured = wanted.slice(0, 8 * mostNames).map(n => {
    const text = n.text.length > 28 ? `${n.text.slice(0, 27)}…` : n.text
    return { ...n, text, w: pen.measureText(text).width }
  })
  for (const { name, at } of place(measured, taken, { width, height }, mostNames)) {
    pen.strokeText(name.text, at.x, at.y + 11)
    pen.fillText(name.text, at.x, at.y + 11)
  }
}

/** A name as far as there is room for it, so that small groups do not write over each other. */
function fitting(pen: CanvasRenderingContext2D, name: string, room: number): string {
  if (pen.measureText(name).width <= room) return name
  let short = name.slice(0, 40)
  while (short.length > 2 && pen.measureText(`${short}…`).width > room) short = short.slice(0, -1)
  return short.length > 2 ? `${short}…` : ''
}

function make(container: HTMLElement, graph: Graph<Node, Edge>, colours: Colours): Sigma<Node, Edge> {
  return new Sigma<Node, Edge, object, { faded: boolean; picked: boolean }, { faded: boolean; picked: boolean }>(
    graph,
    container,
    {
      customNodeState: { faded: false, picked: false },
      customEdgeState: { faded: false, picked: false },
      styles: {
        nodes: {
          x: { attribute: 'x' },
          y: { attribute: 'y' },
          size: (a, s) => (s.picked ? a.size * 1.8 : s.isHovered ? a.size * 1.4 : a.size),
          color: (a, s) => (s.picked ? colours('--owl') : a.color),
          opacity: (_, s) => (s.faded && !s.isHovered ? 0.13 : 1),
          depth: (_, s) => (s.isHovered || s.picked ? 'topNodes' : 'nodes'),
          label: { attribute: 'label' },
          labelVisibility: (a, s) => (a.always || s.isHovered || s.picked ? 'visible' : 'hidden'),
          labelColor: colours('--ink'),
          labelSize: 12,
          labelFont: colours('--font'),
          labelBackgroundColor: (a, s) => (a.always || s.isHovered || s.picked ? colours('--surface') : 'transparent'),
          cursor: 'pointer',
        },
        edges: {
          size: (a, s) => (s.picked ? a.size + 0.8 : a.size),
          color: { attribute: 'color' },
          opacity: (_, s) => (s.faded ? 0.03 : s.picked ? 0.95 : 0.4),
          depth: (_, s) => (s.picked ? 'topEdges' : 'edges'),
        },
      },
      settings: {
        itemSizesReference: 'screen',
        hideEdgesOnMove: graph.size > manyLines,
        hideLabelsOnMove: true,
        enableEdgeEvents: false,
        stagePadding: 28,
        minEdgeThickness: 0.6,
        minCameraRatio: nearest,
        maxCameraRatio: farthest,
      },
    },
  ) as unknown as Sigma<Node, Edge>
}

/** Fades what is not meant, and lifts out what is chosen. */
function light(sigma: Sigma<Node, Edge>, bright: ReadonlySet<string> | undefined, chosen: string | undefined): void {
  const graph = sigma.getGraph()
  const say = sigma as unknown as {
    setNodesState(keys: string[], s: object): void
    setEdgesState(keys: string[], s: object): void
  }
  const shown = (id: string) => !bright || bright.has(id)
  const split = (keys: string[], test: (k: string) => boolean): [string[], string[]] => [
    keys.filter(test),
    keys.filter(k => !test(k)),
  ]
  const [near, far] = split(graph.nodes(), shown)
  say.setNodesState(near, { faded: false, picked: false })
  say.setNodesState(far, { faded: true, picked: false })
  if (chosen && graph.hasNode(chosen)) say.setNodesState([chosen], { faded: false, picked: true })
  const meant = (e: string) => {
    const [a, b] = graph.extremities(e)
    return chosen ? a === chosen || b === chosen : shown(a) && shown(b)
  }
  const [lit, dim] = split(graph.edges(), meant)
  say.setEdgesState(lit, { faded: false, picked: chosen !== undefined })
  say.setEdgesState(dim, { faded: true, picked: false })
}

/** Where a key moves the camera to; undefined if it does not. */
function moved(c: CameraState, key: string): Partial<CameraState> | undefined {
  const step = 0.12 * c.ratio
  switch (key) {
    case 'ArrowLeft':
      return { x: c.x - step }
    case 'ArrowRight':
      return { x: c.x + step }
    case 'ArrowUp':
      return { y: c.y + step }
    case 'ArrowDown':
      return { y: c.y - step }
    case '+':
    case '=':
      return { ratio: Math.max(nearest, c.ratio / 1.4) }
    case '-':
      return { ratio: Math.min(farthest, c.ratio * 1.4) }
    case '0':
      return { x: 0.5, y: 0.5, ratio: 1, angle: 0 }
    default:
      return undefined
  }
}

/** The picture itself, on the graphics card. */
export default function Stage(props: Props) {
  const { devices, lines, places, colourOf, colours, bright, chosen, choose, label } = props
  const box = useRef<HTMLDivElement>(null)
  const below = useRef<HTMLCanvasElement>(null)
  const names = useRef<HTMLCanvasElement>(null)
  const handle = useRef<Handle>(undefined)
  const latest = useRef(props)
  useEffect(() => {
    latest.current = props
  })

  useEffect(() => {
    const [container, under, over] = [box.current, below.current, names.current]
    if (!container || !under || !over) return
    const pixels = Math.min(container.clientWidth, container.clientHeight)
    const graph = build({ ...latest.current, devices, lines, places, colourOf, colours }, pixels)
    const camera = handle.current?.sigma.getCamera().getState()
    const sigma = make(container, graph, colours)
    sigma.setCustomBBox(frameOf(places, lines))
    sigma.refresh()
    const keep = handle.current?.sigma && latest.current.places === places
    if (camera && keep) sigma.getCamera().setState(camera)
    handle.current = { sigma }
    const draw = () => {
      drawGroups(under, over, sigma, places, colours, latest.current.bright)
      container.dataset.drawn = 'true'
    }
    sigma.on('afterRender', draw)
    draw() // the first picture is made before anybody can listen
    sigma.on('clickNode', ({ node }) => latest.current.choose(node))
    sigma.on('doubleClickNode', e => {
      e.preventSigmaDefault()
      latest.current.open(e.node)
    })
    sigma.on('clickStage', () => latest.current.choose(undefined))
    light(sigma, latest.current.bright, latest.current.chosen)
    return () => sigma.kill()
  }, [devices, lines, places, colourOf, colours])

  useEffect(() => {
    if (handle.current) light(handle.current.sigma, bright, chosen)
  }, [bright, chosen])

  return (
    <div className={css.stage}>
      <canvas ref={below} className={css.below} aria-hidden="true" />
      <div
        ref={box}
        className={css.above}
        role="img"
        aria-label={label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrows move the map; the table has the same content
        tabIndex={0}
        onKeyDown={e => {
          const camera = handle.current?.sigma.getCamera()
          if (!camera || e.ctrlKey || e.metaKey || e.altKey) return
          const to = moved(camera.getState(), e.key)
          if (to) camera.setState(to)
          else if (e.key === 'Escape') choose(undefined)
          else return
          e.preventDefault()
        }}
      />
      <canvas ref={names} className={css.names} aria-hidden="true" />
    </div>
  )
}
