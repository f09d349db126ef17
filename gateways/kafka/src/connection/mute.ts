import type { Clock, Timer } from '@koine/base'

interface MuteOptions {
  readonly clock: Clock
  readonly onChange: (isOn: boolean) => void
}

/** For how long a connection's requests aren't taken up (KIP-219). */
export class Mute {
  readonly #options: MuteOptions
  #timer: Timer | undefined
  #untilMs = 0
  #isEnded = false
  #wake: () => void = () => {}

  constructor(options: MuteOptions) {
    this.#options = options
  }

  get isOn(): boolean {
    return this.#timer !== undefined
  }

  /** From now on; of several the one that ends last counts. */
  begin(ms: number): void {
    const { clock, onChange } = this.#options
    const untilMs = clock.monotonic() + ms
    if (ms <= 0 || this.#isEnded || (this.isOn && untilMs <= this.#untilMs)) return
    this.#untilMs = untilMs
    const wasOn = this.isOn
    this.#timer?.cancel()
    this.#timer = clock.after(ms, () => this.lift())
    if (!wasOn) onChange(true)
  }

  lift(): void {
    if (!this.#timer) return
    this.#timer.cancel()
    this.#timer = undefined
    this.#options.onChange(false)
    this.#wake()
  }

  /** Lifts it for good: there is nobody, or nothing more, to hold back. */
  end(): void {
    this.#isEnded = true
    this.lift()
  }

  async over(): Promise<void> {
    while (this.#timer) await new Promise<void>((resolve) => (this.#wake = resolve))
  }
}
