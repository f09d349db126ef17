import type { Handler } from '../handler.ts'
import type { KafkaGatewayLimits } from '../limits.ts'

/** The requests of one connection that are in work: of an API that allows it several, within bounds, else one. */
export class InWork {
  readonly #limits: Pick<KafkaGatewayLimits, 'overlappingRequestsMax' | 'overlappingBytesMax'>
  #requests = 0
  #bytes = 0
  #handler: Handler | undefined

  constructor(limits: Pick<KafkaGatewayLimits, 'overlappingRequestsMax' | 'overlappingBytesMax'>) {
    this.#limits = limits
  }

  mayBegin(handler: Handler): boolean {
    if (this.#requests === 0) return true
    const { overlappingRequestsMax, overlappingBytesMax } = this.#limits
    const hasRoom = this.#requests < overlappingRequestsMax && this.#bytes < overlappingBytesMax
    return handler.mayOverlap && handler === this.#handler && hasRoom
  }

  begin(handler: Handler, bytes: number): void {
    this.#handler = handler
    this.#requests++
    this.#bytes += bytes
  }

  end(bytes: number): void {
    this.#requests--
    this.#bytes -= bytes
  }
}
