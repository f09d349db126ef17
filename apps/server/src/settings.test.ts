import { join } from 'node:path'
import { test } from 'node:test'
import { settingsTable } from '@koine/base'
import { checkGeneratedSection } from '@koine/base/testing'
import { settingsSchema } from './settings.ts'

test('the documentation lists every setting as it is', () => {
  checkGeneratedSection(
    join(import.meta.dirname, '../../../docs/configuration.md'),
    'apps/server/src/settings.ts',
    settingsTable(settingsSchema),
  )
})
