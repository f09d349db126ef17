import { api, bytes, errorMessage, field, int16, int64 } from '../schema/index.ts'

export const saslAuthenticate = api({
  key: 36,
  name: 'SaslAuthenticate',
  versions: [0, 2],
  flexibleSince: 2,
  request: [field('authBytes', bytes)],
  response: [
    field('errorCode', int16),
    field('errorMessage', errorMessage),
    field('authBytes', bytes),
    /** 0: the session has no end that the client would have to know. */
    field('sessionLifetimeMs', int64, { since: 1 }),
  ],
})
