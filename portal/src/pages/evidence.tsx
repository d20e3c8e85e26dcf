import { Fragment, useState } from 'react'
import type { Belief, Claim, Evidence } from '../api/types.ts'
import { attributeName, categoryName, exact, fileName, plain, typeName } from '../parts/format.ts'
import { Icon } from '../parts/icon.tsx'
import { Confidence, Copy, When } from '../parts/parts.tsx'
import { Sheet } from '../parts/sheet.tsx'
import css from './pages.module.css'

const sequence = [
  'category',
  'type',
  'vendor',
  'model',
  'model_number',
  'hardware',
  'os',
  'firmware',
  'serial',
  'hostname',
  'domain',
  'mode',
  'key',
  'protection',
  'role',
  'location',
  'description',
  'purdue_level',
  'nic_vendor',
]

/** What is believed, in the order in which one asks. */
export function inOrder(beliefs: Record<string, Belief>): Belief[] {
  const place = (b: Belief) => {
    const at = sequence.indexOf(b.attribute)
    return at < 0 ? sequence.length : at
  }
  return Object.values(beliefs).sort((a, b) => place(a) - place(b) || a.attribute.localeCompare(b.attribute))
}

/** A value as a person reads it. */
export function readable(attribute: string, value: string): string {
  if (attribute === 'type') return typeName(value)
  if (attribute === 'category') return categoryName(value)
  return plain(value)
}

/** Where a claim comes from: enough to find the frame again. */
export function Frame({ from }: { from: Evidence }) {
  if (!from.packet) return <span className="quiet">not of one frame</span>
  return (
    <span className={css.frame}>
      <span>
        frame {exact(from.packet)}
        {from.capture && (
          <span className={css.capture} title={plain(from.capture)}>
            {' '}
            of {fileName(from.capture)}
          </span>
        )}
      </span>
      <Copy text={`frame.number == ${from.packet}`} label="Copy as a Wireshark filter" />
    </span>
  )
}

/** The name of a field, which may be broken after its dots. */
function Field({ name }: { name: string }) {
  return plain(name)
    .split('.')
    .map((part, i) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts have nothing but their place
      <Fragment key={i}>
        {i > 0 && '.'}
        {i > 0 && <wbr />}
        {part}
      </Fragment>
    ))
}

export function ClaimTable({ claims, withAttribute = false }: { claims: Claim[]; withAttribute?: boolean }) {
  return (
    <Sheet
      heads={[...(withAttribute ? ['Attribute'] : []), 'Value', 'Sure', 'Protocol', 'Field', 'Frame', 'Last seen']}
      className={css.claims}
    >
      {claims.map(c => (
        <tr
          key={`${c.attribute} ${c.value} ${c.confidence} ${c.evidence.protocol} ${c.evidence.field} ${c.evidence.capture} ${c.evidence.packet} ${c.evidence.sensor}`}
        >
          {withAttribute && <td className={css.fixed}>{attributeName(c.attribute)}</td>}
          <td title={plain(c.value)}>{readable(c.attribute, c.value)}</td>
          <td>
            <Confidence word={c.confidence} />
          </td>
          <td className={css.fixed}>{plain(c.evidence.protocol)}</td>
          <td className="mono">
            <Field name={c.evidence.field} />
          </td>
          <td className={css.fixed}>
            <Frame from={c.evidence} />
          </td>
          <td className={css.fixed}>
            <When at={c.last} />
          </td>
        </tr>
      ))}
    </Sheet>
  )
}

/** One thing that is believed of a device, and on request why. */
export function BeliefRow({ belief, claims }: { belief: Belief; claims: Claim[] }) {
  const [open, setOpen] = useState(false)
  const others = belief.others ?? []
  const supporting = claims.filter(c => c.value === belief.value)
  const rivals = claims.filter(c => c.value !== belief.value)
  const id = `why-${belief.attribute}`
  return (
    <li className={css.belief}>
      <button
        type="button"
        className={css.beliefHead}
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
      >
        <span>{attributeName(belief.attribute)}</span>
        <span className={css.beliefValue}>
          {readable(belief.attribute, belief.value)}
          {others.length > 0 && <span className="quiet"> · {others.length} other</span>}
        </span>
        <Confidence word={belief.confidence} />
        <span className={css.why}>
          Why
          <Icon name="down" size={14} />
        </span>
      </button>
      {open && (
        <div className={[css.whyBody, css.inset].join(' ')} id={id}>
          <h3>What says so</h3>
          <ClaimTable claims={supporting.length > 0 ? supporting : [belief]} />
          {(rivals.length > 0 || others.length > 0) && (
            <>
              <h3>What says otherwise, and is believed less</h3>
              <ClaimTable claims={rivals.length > 0 ? rivals : others} />
            </>
          )}
        </div>
      )}
    </li>
  )
}
