import assert from 'node:assert/strict'
import { test } from 'node:test'
import Type from 'typebox'
import { KoineError } from '../errors.ts'
import { effectiveSettingsJson, effectiveSettingsYaml, settingsTable } from './describe.ts'
import { loadSettings, type SettingsInput } from './load.ts'
import { setting } from './schema.ts'

const schema = {
  dataDir: setting(Type.String({ minLength: 1 }), { fallback: './data', about: 'Where data lives.' }),
  http: {
    port: setting(Type.Integer({ minimum: 0, maximum: 65535 }), { fallback: 8080, about: 'The HTTP port.' }),
    openlyListen: setting(Type.Boolean(), { fallback: false, about: 'Whether to listen openly.' }),
    origins: setting(Type.Array(Type.String()), { fallback: [], about: 'Allowed origins.' }),
  },
  mode: setting(Type.Enum(['development', 'production']), {
    fallback: 'development',
    about: 'The mode.',
  }),
  adminToken: setting(Type.String(), { fallback: '', about: 'The operator credential.', secret: true }),
}

const load = (input: Partial<SettingsInput>) => loadSettings(schema, { environment: {}, flags: [], ...input })

test('a flag beats the environment, which beats the file, which beats the default', () => {
  const file = { name: 'koine.yaml', text: 'http:\n  port: 1\n' }
  const environment = { KOINE_HTTP_PORT: '2' }
  assert.equal(load({}).settings.http.port, 8080)
  assert.equal(load({ file }).settings.http.port, 1)
  assert.equal(load({ file, environment }).settings.http.port, 2)
  assert.equal(load({ file, environment, flags: ['--http-port', '3'] }).settings.http.port, 3)
})

test('values given as text take the type of their setting', () => {
  const { settings } = load({
    environment: { KOINE_HTTP_ORIGINS: 'https://a.example, https://b.example', KOINE_DATA_DIR: '12' },
    flags: ['--http-openly-listen', '--mode=production'],
  })
  assert.deepEqual(settings.http.origins, ['https://a.example', 'https://b.example'])
  assert.equal(settings.http.openlyListen, true)
  assert.equal(settings.mode, 'production')
  assert.equal(settings.dataDir, '12')
})

const refusals: [string, Partial<SettingsInput>, RegExp][] = [
  [
    'a port that is no number',
    { flags: ['--http-port', 'eighty'] },
    /^--http-port: "eighty" is not a whole number from 0 to 65535$/,
  ],
  [
    'a port out of range',
    { environment: { KOINE_HTTP_PORT: '70000' } },
    /^KOINE_HTTP_PORT: 70000 is not a whole number/,
  ],
  ['a value not in the list', { flags: ['--mode', 'prod'] }, /^--mode: "prod" is not one of development, production$/],
  ['an unknown flag', { flags: ['--htp-port', '1'] }, /^There is no flag --htp-port; did you mean --http-port\?$/],
  ['a flag without its value', { flags: ['--http-port', '--mode', 'production'] }, /^--http-port needs a value$/],
  [
    'an unknown setting in the file',
    { file: { name: 'k.yaml', text: 'http: {prot: 1}' } },
    /^k.yaml: there is no setting http.prot; did you mean http.port\?$/,
  ],
  [
    'a wrong type in the file',
    { file: { name: 'k.yaml', text: 'http: {port: "x"}' } },
    /^http.port in k.yaml: "x" is not a whole number/,
  ],
  ['a file that is not YAML', { file: { name: 'k.yaml', text: 'a: [1' } }, /^k.yaml is not valid YAML/],
  ['a file that holds no map', { file: { name: 'k.yaml', text: '42' } }, /^k.yaml: there is no setting/],
]
for (const [what, input, message] of refusals) {
  test(`${what} is refused with one clear line`, () => {
    assert.throws(
      () => load(input),
      (thrown) => thrown instanceof KoineError && message.test(thrown.message) && !thrown.message.includes('\n'),
    )
  })
}

test('an empty file is as good as none, and an unknown variable is only told', () => {
  const { settings, unknownVariables } = load({
    file: { name: 'k.yaml', text: '' },
    environment: { KOINE_HTP: '1', PATH: '' },
  })
  assert.equal(settings.http.port, 8080)
  assert.deepEqual(unknownVariables, ['KOINE_HTP'])
})

test('secrets are masked wherever settings are printed, and in refusals', () => {
  const { effective } = load({ flags: ['--admin-token', 'hush'] })
  assert.ok(!effectiveSettingsYaml(effective).includes('hush'))
  assert.ok(!JSON.stringify(effectiveSettingsJson(effective)).includes('hush'))
  assert.match(effectiveSettingsYaml(effective), /http\.port: 8080 +# default/)
  assert.match(
    settingsTable(schema),
    /\| `http.port` \| `KOINE_HTTP_PORT` \| `--http-port` \| `8080` \| The HTTP port. \|/,
  )
})
