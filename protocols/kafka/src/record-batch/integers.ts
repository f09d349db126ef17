// Big-endian integers read and written in place. Faster on a Uint8Array than making a DataView per call.

export const int16At = (bytes: Uint8Array, at: number): number => ((bytes[at]! << 24) >> 16) | bytes[at + 1]!

export const int32At = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!

export const uint32At = (bytes: Uint8Array, at: number): number => int32At(bytes, at) >>> 0

/** Exact within ±2^53; beyond that the nearest double, which `Number.isSafeInteger` tells apart. */
export const int64At = (bytes: Uint8Array, at: number): number =>
  int32At(bytes, at) * 0x1_0000_0000 + uint32At(bytes, at + 4)

export function putInt16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8
  bytes[at + 1] = value
}

/** Also writes an unsigned 32-bit value. */
export function putInt32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 24
  bytes[at + 1] = value >> 16
  bytes[at + 2] = value >> 8
  bytes[at + 3] = value
}

export function putInt64(bytes: Uint8Array, at: number, value: number): void {
  const high = Math.floor(value / 0x1_0000_0000)
  putInt32(bytes, at, high)
  putInt32(bytes, at + 4, value - high * 0x1_0000_0000)
}
