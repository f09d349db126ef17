// `node tools/complete-lockfile.mjs`: run it after `npm install` has changed package-lock.json. npm leaves a platform's
// optional package out of the lockfile when the registry at hand doesn't carry it, and `npm ci` then refuses the lockfile
// everywhere. This adds those packages, by what their dependents ask for, without address and hash.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const path = fileURLToPath(new URL('../package-lock.json', import.meta.url))
const lock = JSON.parse(readFileSync(path, 'utf8'))
const { packages } = lock

const systems = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32']
const processors = { 'arm-eabi': 'arm', 'arm-gnueabihf': 'arm', 'arm-musleabihf': 'arm' }

/** `binding-linux-arm64-musl` as the fields by which npm knows whether a platform wants it; undefined for others. */
function platformOf(name) {
  const words = name.split('/').pop().split('-')
  const at = words.findIndex((word) => systems.includes(word))
  if (at < 0) return undefined
  const os = words[at]
  const rest = words.slice(at + 1).join('-')
  const cpu = processors[rest] ?? words[at + 1]
  const libc =
    os === 'linux' && /musl/.test(rest) ? ['musl'] : os === 'linux' && /gnu/.test(rest) ? ['glibc'] : undefined
  return { os: [os], cpu: [cpu], ...(libc && { libc }) }
}

/** Where npm would look for a package from inside another: the nearest node_modules upwards. */
function isLocked(from, name) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
    const place = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`
    if (packages[place]) return true
    if (folder === '' || !folder.includes('node_modules/')) return packages[`node_modules/${name}`] !== undefined
  }
}

/** Beside its dependent, as npm places what belongs to one dependent alone. */
function placeOf(from, name) {
  return `${from.slice(0, from.lastIndexOf('node_modules/'))}node_modules/${name}`
}

let added = 0
for (const [from, entry] of Object.entries(packages)) {
  if (!from.includes('node_modules/')) continue
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const platform = platformOf(name)
    if (!platform || isLocked(from, name)) continue
    const license = entry.license && { license: entry.license }
    packages[placeOf(from, name)] = {
      version,
      ...platform,
      ...(entry.dev && { dev: true }),
      ...license,
      optional: true,
    }
    added++
  }
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`)
console.log(added === 0 ? 'The lockfile was complete.' : `Added ${added} platform packages to the lockfile.`)
