import { existsSync, globSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative, sep } from 'node:path'
import { type Import, importsOf } from './imports.ts'
import { type Rule, rules as houseRules } from './rules.ts'

interface Workspace {
  readonly folder: string
  readonly name: string
  readonly exports: readonly string[]
  readonly declared: ReadonlySet<string>
  readonly declaredForDevelopment: ReadonlySet<string>
}

interface Manifest {
  readonly name: string
  readonly workspaces?: readonly string[]
  readonly exports?: string | Record<string, unknown>
  readonly dependencies?: Record<string, string>
  readonly devDependencies?: Record<string, string>
}

/**
 * Reads every module of the workspaces under `root` and holds its imports against the rules.
 * @returns one line for each breach: undeclared, upward, deep, or circular; empty when the house stands
 */
export function fenceBreaches(root: string, rules: readonly Rule[] = houseRules): string[] {
  const manifest = readManifest(root)
  const workspaces = (manifest.workspaces ?? []).map((folder) => readWorkspace(root, folder))
  const tooling = new Set(Object.keys(manifest.devDependencies ?? {}))
  const graph = new Map<string, string[]>()
  const breaches: string[] = []
  for (const workspace of workspaces) {
    for (const file of modulesOf(root, workspace.folder)) {
      const loaded: string[] = []
      for (const found of importsOf(file, readFileSync(join(root, file), 'utf8'))) {
        const problem = judge({ file, found, workspace, workspaces, tooling, rules, root })
        if (problem) breaches.push(`${file}:${found.line}: ${problem}`)
        if (found.specifier.startsWith('.') && !found.typeOnly) loaded.push(join(dirname(file), found.specifier))
      }
      graph.set(file, loaded)
    }
  }
  return [...breaches, ...circles(graph), ...workspaceCircles(workspaces)]
}

const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest

function readWorkspace(root: string, folder: string): Workspace {
  const { name, exports = {}, dependencies = {}, devDependencies = {} } = readManifest(join(root, folder))
  return {
    folder,
    name,
    exports: typeof exports === 'string' ? ['.'] : Object.keys(exports),
    declared: new Set(Object.keys(dependencies)),
    declaredForDevelopment: new Set(Object.keys(devDependencies)),
  }
}

const modulesOf = (root: string, folder: string): string[] =>
  globSync(`${folder}/**/*.{ts,tsx}`, { cwd: root, exclude: (path) => /(^|[\\/])(node_modules|dist)$/.test(path) })
    .map((path) => path.split(sep).join('/'))
    .filter((path) => !path.endsWith('.d.ts'))
    .sort()

const isTest = (file: string): boolean =>
  /(\.test|-fixture|-suite)\.tsx?$|\/(testing|conformance|fixtures|browser)\//.test(file)

interface Judged {
  readonly file: string
  readonly found: Import
  readonly workspace: Workspace
  readonly workspaces: readonly Workspace[]
  readonly tooling: ReadonlySet<string>
  readonly rules: readonly Rule[]
  readonly root: string
}

function judge(context: Judged): string | undefined {
  const { file, found, workspace, root } = context
  if (found.specifier.startsWith('.')) {
    const target = join(dirname(file), found.specifier)
    if (relative(workspace.folder, target).startsWith('..'))
      return `${found.specifier} leaves the workspace; import it by name`
    return existsSync(join(root, target)) ? undefined : `${found.specifier} is not there`
  }
  if (found.specifier.startsWith('node:') || builtinModules.includes(found.specifier)) return undefined
  return judgePackage(context)
}

function judgePackage({ file, found, workspace, workspaces, tooling, rules }: Judged): string | undefined {
  const [packageName, subpath] = splitSpecifier(found.specifier)
  const development = isTest(file) || workspace.exports.length === 0
  const declared =
    workspace.declared.has(packageName) ||
    (development && (workspace.declaredForDevelopment.has(packageName) || tooling.has(packageName)))
  const target = workspaces.find(({ name }) => name === packageName)
  if (target?.name === workspace.name) return `${packageName} imports itself by name; use a relative path`
  if (!declared) return `${packageName} is not declared in ${workspace.folder}/package.json`
  if (!target) return undefined
  if (!target.exports.includes(subpath)) return `${found.specifier} reaches past the face of ${target.folder}`
  if (isTest(file) || allowed(workspace.folder, target.folder + subpath.slice(1), found.typeOnly, rules))
    return undefined
  return `${workspace.folder} may not import ${target.folder}${found.typeOnly ? '' : ' (see tools/fence/rules.ts)'}`
}

/** `@koine/base/errors` as `@koine/base` and `./errors`. */
function splitSpecifier(specifier: string): [string, string] {
  const parts = specifier.split('/')
  const length = specifier.startsWith('@') ? 2 : 1
  const rest = parts.slice(length).join('/')
  return [parts.slice(0, length).join('/'), rest ? `./${rest}` : '.']
}

function allowed(from: string, to: string, typeOnly: boolean, rules: readonly Rule[]): boolean {
  const rule = rules.find(({ folder }) => matches(folder, from))
  if (!rule) return false
  return [...rule.may, ...(typeOnly ? (rule.typesOnly ?? []) : [])].some((pattern) => matches(pattern, to))
}

const matches = (pattern: string, folder: string): boolean =>
  pattern === '*' ||
  pattern === folder ||
  folder.startsWith(`${pattern}/`) ||
  (pattern.endsWith('/*') && folder.startsWith(pattern.slice(0, -1)))

/** Modules that load each other in a loop, each loop told once. */
function circles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>()
  const path: string[] = []
  const found: string[] = []
  const visit = (file: string): void => {
    const at = path.indexOf(file)
    if (at >= 0) return void found.push(`circular import: ${[...path.slice(at), file].join(' -> ')}`)
    if (done.has(file)) return
    path.push(file)
    for (const next of graph.get(file) ?? []) visit(next)
    path.pop()
    done.add(file)
  }
  for (const file of graph.keys()) visit(file)
  return found
}

function workspaceCircles(workspaces: readonly Workspace[]): string[] {
  const byName = new Map(workspaces.map((workspace) => [workspace.name, workspace]))
  return circles(
    new Map(
      workspaces.map(({ name, declared }) => [name, [...declared].filter((dependency) => byName.has(dependency))]),
    ),
  )
}
