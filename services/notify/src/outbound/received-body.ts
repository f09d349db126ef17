/** The beginning of a body, up to a bound. */
export class ReceivedBody {
  readonly #bytesMax: number
  readonly #chunks: Uint8Array[] = []
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** False when the bound is reached: what comes after is of no use. */
  take(chunk: Uint8Array): boolean {
    const room = this.#bytesMax - this.#bytes
    this.#chunks.push(chunk.length > room ? chunk.subarray(0, room) : chunk)
    this.#bytes += Math.min(room, chunk.length)
    return chunk.length <= room
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#chunks)
  }
}

/** Headers as a transport tells them; HTTP/2's own (`:status`) are left out. */
export function plainHeaders(
  headers: Readonly<Record<string, string | string[] | number | undefined>>,
): Record<string, string> {
  const plain: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name.startsWith(':')) continue
    plain[name] = Array.isArray(value) ? value.join(', ') : String(value)
  }
  return plain
}
