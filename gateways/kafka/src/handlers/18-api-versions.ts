import { apiVersions, errorCodes } from '@koine/protocols-kafka'
import { openHandler, type ServedApi } from '../handler.ts'

export default openHandler(apiVersions, { versions: [0, 4] }, async (_, { served }) => apiVersionsAnswer(served))

/** Also what a client gets that asks in a version we don't know: in version 0, so that it can read it and ask again. */
export const apiVersionsAnswer = (served: readonly ServedApi[], errorCode: number = errorCodes.NONE) => ({
  errorCode,
  apiKeys: served.map(({ key, versions }) => ({ apiKey: key, minVersion: versions.min, maxVersion: versions.max })),
})
