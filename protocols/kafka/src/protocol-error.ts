/** Bytes that are not what the protocol says they are. The connection they came on can't be trusted any further. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
}
