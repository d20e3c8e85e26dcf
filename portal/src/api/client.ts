import createClient from 'openapi-fetch'
import type { paths } from './schema.ts'

/** A refused or failed request, as the API explains it (RFC 9457). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    message: string,
    /** What is wrong with single fields, by the last part of their location: "password". */
    readonly fields: Record<string, string> = {},
  ) {
    super(message)
    this.name = 'Problem'
  }
}

const client = createClient<paths>({
  baseUrl: window.location.origin,
  credentials: 'same-origin',
  headers: { Accept: 'application/json' },
  querySerializer: { array: { style: 'form', explode: true } },
})

export const { GET, POST, PUT, PATCH, DELETE } = client

interface Answer<T> {
  data?: T
  error?: unknown
  response: Response
}

/** The data of an answer, or the Problem it tells of. */
export async function take<T>(asked: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>
  try {
    answer = await asked
  } catch (err) {
    if (err instanceof DOMException && err.name === 'AbortError') throw err
    throw new Problem(0, 'The hub cannot be reached. Is it running, and is the network up?')
  }
  if (answer.response.ok) return answer.data as T
  throw problemOf(answer.response.status, answer.error)
}

/** Reads a problem document; anything else becomes a Problem too. */
export function problemOf(status: number, body: unknown): Problem {
  const doc = (typeof body === 'object' && body !== null ? body : {}) as {
    title?: unknown
    detail?: unknown
    errors?: { location?: unknown; message?: unknown }[] | null
  }
  const fields: Record<string, string> = {}
  for (const e of doc.errors ?? []) {
    const name = String(e.location ?? '')
      .split('.')
      .pop()
    if (name) fields[name] = String(e.message ?? '')
  }
  const said = [doc.detail, doc.title].find(x => typeof x === 'string' && x !== '')
  return new Problem(status, typeof said === 'string' ? said : `The hub answered with status ${status}.`, fields)
}
