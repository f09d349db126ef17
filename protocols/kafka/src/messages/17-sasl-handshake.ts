import { api, array, field, int16, string } from '../schema/index.ts'

/** After version 0 the tokens travel as bare frames; after version 1 in SaslAuthenticate. */
export const saslHandshake = api({
  key: 17,
  name: 'SaslHandshake',
  versions: [0, 1],
  request: [field('mechanism', string)],
  response: [field('errorCode', int16), field('mechanisms', array(string))],
})
