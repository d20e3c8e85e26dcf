import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

/** Writes a .br and a .gz beside each text file of the build; the Go handler serves them. */
function precompress(): Plugin {
  return {
    name: 'tyto-precompress',
    apply: 'build',
    closeBundle() {
      const dist = join(import.meta.dirname, 'dist')
      for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !/\.(js|css|html|svg|txt)$/.test(entry.name)) continue
        const file = join(entry.parentPath, entry.name)
        const body = readFileSync(file)
        writeFileSync(`${file}.gz`, gzipSync(body, { level: 9 }))
        writeFileSync(`${file}.br`, brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }))
      }
      writeFileSync(join(dist, '.keep'), '') // committed, so that the Go package compiles on a fresh clone
    },
  }
}

/** Writes the licences of all that is in the build to licences.txt. */
function licences(): Plugin {
  return {
    name: 'tyto-licences',
    apply: 'build',
    generateBundle(_, bundle) {
      const folders = new Set([join(import.meta.dirname, 'node_modules/@fontsource-variable/ibm-plex-sans')])
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk') continue
        for (const id of chunk.moduleIds) {
          const found = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id.replace(/^\0/, ''))
          if (found) folders.add(found[0])
        }
      }
      const texts = [...folders].sort().map(folder => {
        const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
        const file = readdirSync(folder).find(f => /^licen[cs]e/i.test(f))
        return `${name} ${version} (${license})\n\n${file ? readFileSync(join(folder, file), 'utf8').trim() : ''}\n`
      })
      this.emitFile({ type: 'asset', fileName: 'licences.txt', source: texts.join(`\n${'-'.repeat(78)}\n\n`) })
    },
  }
}

/** In development, answers /api from the double in test/, unless TYTO_URL names a real hub. */
function double(): Plugin {
  return {
    name: 'tyto-double',
    apply: 'serve',
    async configureServer(server) {
      if (process.env.TYTO_URL || process.env.VITEST) return
      const { createFake } = await import('./test/fake.ts')
      const { serve } = await import('./test/serve.ts')
      const fake = createFake({ devices: Number(process.env.TYTO_DEVICES ?? 400), signedIn: true })
      server.middlewares.use((req, res, next) => {
        if (req.url?.startsWith('/api/')) void serve(fake, req, res)
        else next()
      })
    },
  }
}

export default defineConfig({
  plugins: [react(), licences(), precompress(), double()],
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false }, reportCompressedSize: false },
  server: process.env.TYTO_URL ? { proxy: { '/api': { target: process.env.TYTO_URL, changeOrigin: true } } } : {},
})
