import { apiVersions, errorCodes } from '@koine/protocols-kafka'
import { openHandler, type ServedApi } from '../handler.ts'

/**
 * What clients look for before they use groups of the newer protocol (KIP-848). Transactions stay at their first version:
 * `transaction.version` isn't named.
 */
const groupVersion = { name: 'group.version', minVersion: 0, maxVersion: 1 }
const featuresEpoch = 0
/** Clients of before can't read a feature that begins at 0 (KAFKA-17011). */
const versionWithZeroMinimum = 4

export default openHandler(apiVersions, { versions: [0, 4] }, async (_, { served, version }) => ({
  ...apiVersionsAnswer(served),
  supportedFeatures: version < versionWithZeroMinimum ? [] : [groupVersion],
  finalizedFeaturesEpoch: featuresEpoch,
  finalizedFeatures: [{ name: groupVersion.name, minVersionLevel: 1, maxVersionLevel: 1 }],
}))

/** Also what a client gets that asks in a version we don't know: in version 0, so that it can read it and ask again. */
export const apiVersionsAnswer = (served: readonly ServedApi[], errorCode: number = errorCodes.NONE) => ({
  errorCode,
  apiKeys: served.map(({ key, versions }) => ({ apiKey: key, minVersion: versions.min, maxVersion: versions.max })),
})
