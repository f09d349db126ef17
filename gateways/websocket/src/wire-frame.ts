/**
 * A text as one unmasked WebSocket frame (RFC 6455, section 5.2). The server's frames are the same bytes for every
 * client, so that one that goes to many is built once; and header and payload are one chunk for the socket, not two.
 */
export function wireFrame(text: string): Buffer {
  const payloadBytes = Buffer.byteLength(text)
  const headerBytes = payloadBytes < 126 ? 2 : payloadBytes < 0x1_0000 ? 4 : 10
  const frame = Buffer.allocUnsafe(headerBytes + payloadBytes)
  frame[0] = finalText
  if (headerBytes === 2) frame[1] = payloadBytes
  else if (headerBytes === 4) {
    frame[1] = 126
    frame.writeUInt16BE(payloadBytes, 2)
  } else {
    frame[1] = 127
    frame.writeUInt32BE(0, 2)
    frame.writeUInt32BE(payloadBytes, 6)
  }
  frame.write(text, headerBytes)
  return frame
}

const finalText = 0x81
/** An empty ping. */
export const pingFrame: Buffer = Buffer.from([0x89, 0])
