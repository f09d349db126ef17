import { api, array, bool, field, int16, int32, int64, string, struct } from '../schema/index.ts'

/** The header of its response is always version 0: a client must be able to read it before it knows what we speak. */
export const apiVersions = api({
  key: 18,
  name: 'ApiVersions',
  versions: [0, 4],
  flexibleSince: 3,
  request: [field('clientSoftwareName', string, { since: 3 }), field('clientSoftwareVersion', string, { since: 3 })],
  response: [
    field('errorCode', int16),
    field('apiKeys', array(struct(field('apiKey', int16), field('minVersion', int16), field('maxVersion', int16)))),
    field('throttleTimeMs', int32, { since: 1 }),
    field(
      'supportedFeatures',
      array(struct(field('name', string), field('minVersion', int16), field('maxVersion', int16))),
      { since: 3, tag: 0 },
    ),
    field('finalizedFeaturesEpoch', int64, { since: 3, tag: 1, default: -1 }),
    field(
      'finalizedFeatures',
      array(struct(field('name', string), field('maxVersionLevel', int16), field('minVersionLevel', int16))),
      { since: 3, tag: 2 },
    ),
    field('zkMigrationReady', bool, { since: 3, tag: 3 }),
  ],
})
