import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import type { Fake } from './fake.ts'

/** The policy that the Go handler sends; read from its source, so that the two are one. */
export function policy(): string {
  const source = readFileSync(join(import.meta.dirname, '..', 'portal.go'), 'utf8')
  const [, text = ''] = /const ContentSecurityPolicy = ((?:"[^"]*"(?:\s*\+\s*)?)+)/.exec(source) ?? []
  const whole = [...text.matchAll(/"([^"]*)"/g)].map(m => m[1]).join('')
  if (!whole.startsWith("default-src 'none'")) throw new Error('serve: no ContentSecurityPolicy in portal.go')
  return whole
}

/** Answers a request of node's with the double. */
export async function serve(fake: Fake, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const c of req) chunks.push(c as Buffer)
  const method = req.method ?? 'GET'
  const request = new Request(`http://fake${req.url}`, {
    method,
    ...(chunks.length ? { body: Buffer.concat(chunks) } : {}),
  })
  const answer = await fake.answer(request)
  res.writeHead(answer.status, Object.fromEntries(answer.headers))
  if (!answer.body) {
    res.end()
    return
  }
  const reader = answer.body.getReader()
  res.on('close', () => void reader.cancel().catch(() => {}))
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    res.write(value)
  }
  res.end()
}

const kinds: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
}

/** Serves the build beside the double, as the Go handler does; port 0 takes a free one. */
export function listen(fake: Fake, port = 0): Promise<{ url: string; close: () => void }> {
  const dist = join(import.meta.dirname, '..', 'dist')
  const csp = policy()
  const server = createServer((req, res) => {
    const path = new URL(req.url ?? '/', 'http://x').pathname
    if (path.startsWith('/api/')) {
      void serve(fake, req, res)
      return
    }
    const name = path.includes('.') ? normalize(path) : '/index.html'
    try {
      const body = readFileSync(join(dist, name))
      res.writeHead(200, {
        'Content-Type': kinds[extname(name)] ?? 'application/octet-stream',
        'Content-Security-Policy': csp,
      })
      res.end(body)
    } catch {
      res.writeHead(404)
      res.end()
    }
  })
  return new Promise(resolve =>
    server.listen(port, '127.0.0.1', () =>
      resolve({
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        close: () => {
          server.closeAllConnections()
          server.close()
        },
      }),
    ),
  )
}
