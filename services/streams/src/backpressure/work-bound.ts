import type { BackpressureSettings } from './backpressure-settings.ts'
import type { SignalName } from './pressure.ts'

/** What is seen of the node at one tick. */
export interface NodeLook {
  /** The worst signal over its limit; above 1 the node is overloaded. */
  readonly pressure: number
  /** The signal that sets the limit. */
  readonly signal: SignalName | undefined
  /** The share of the time since the last look in which there was work, where it was too much last. */
  readonly busy: number
  /** For how long those are muted that are now: what is decided now shows after that. */
  readonly muteMs: number
  /** Work done since the last look. */
  readonly done: number
  /** Whether anybody was slowed since the last look: only then does the bound say what the node can do. */
  readonly slowed: boolean
  readonly nowMs: number
}

/** A node that was less busy than this says little about what it can do. */
const leastBusy = 0.05

/**
 * How much work a second the node admits. Nobody knows beforehand what it can do, and it changes with the kind of load; but
 * while it is overloaded it does all it can, so the most it did of late is what it can. The bound starts a little below that
 * and goes in rounds, each as long as its effect takes to show: down when queues stood, up when they didn't although somebody
 * had to wait. This is congestion control: the step down is TCP's, the way up CUBIC's, quick while it is far from where it
 * failed last, slow near it, and quicker again the further it gets beyond.
 */
export class WorkBound {
  readonly #settings: BackpressureSettings
  #perSecond = Infinity
  /** What is done per second, over a moment and over a while. */
  #lately = 0
  #steady = 0
  /** The most of it of late. */
  #peak = 0
  /** What was too much last time, as far as known. */
  #tooMuch = Infinity
  /** The signal that told so. */
  #limitedBy: SignalName | undefined
  /** The next step beyond that. */
  #step: number
  #muteMsMax = 0
  #round = { sinceMs: 0, done: 0, busyMs: 0, pressureMax: 0 }
  /** Since the pressure last was low. */
  #falls = 0
  #changedAtMs = 0
  #slowedAtMs = 0
  #lookedAtMs: number

  constructor(settings: BackpressureSettings, nowMs: number) {
    this.#settings = settings
    this.#step = settings.growthMin
    this.#lookedAtMs = nowMs
  }

  /** Infinity while nothing is held back. */
  get perSecond(): number {
    return this.#perSecond
  }

  /**
   * For how long anybody may be muted: short at first, since what has been put off can't be called back when the node turns
   * out to be able to do more, and twice as long whenever that didn't do.
   */
  get muteMsMax(): number {
    return this.#muteMsMax
  }

  get limitedBy(): SignalName | undefined {
    return this.#limitedBy
  }

  /** @returns whether queues stand that the bound is to make up for */
  look(look: NodeLook): boolean {
    const elapsedMs = this.#measure(look)
    if (look.slowed) this.#slowedAtMs = look.nowMs
    if (this.#perSecond === Infinity) return look.pressure > 1 && this.#begin(look)
    const { roundMs, liftMs } = this.#settings
    if (look.nowMs - this.#slowedAtMs >= liftMs) {
      this.#perSecond = Infinity
      return false
    }
    this.#round.done += look.done
    this.#round.busyMs += look.busy * elapsedMs
    this.#round.pressureMax = Math.max(this.#round.pressureMax, look.pressure)
    return look.nowMs - this.#round.sinceMs >= roundMs && this.#turn(look)
  }

  #measure({ pressure, done, nowMs }: NodeLook): number {
    const { rateMs, steadyMs, peakHalfLifeMs } = this.#settings
    const elapsedMs = nowMs - this.#lookedAtMs
    this.#lookedAtMs = nowMs
    if (elapsedMs <= 0) return 0
    const now = (done * 1_000) / elapsedMs
    this.#lately += (1 - Math.exp(-elapsedMs / rateMs)) * (now - this.#lately)
    this.#steady += (1 - Math.exp(-elapsedMs / steadyMs)) * (now - this.#steady)
    // While queues come and go less is finished than could be, and then more at once.
    const lately = pressure > 1 || this.#perSecond !== Infinity ? 0 : this.#lately
    this.#peak = Math.max(lately, this.#steady, this.#peak * 0.5 ** (elapsedMs / peakHalfLifeMs))
    return elapsedMs
  }

  #begin({ signal, nowMs }: NodeLook): boolean {
    this.#limitedBy = signal
    this.#fall(this.#peak)
    // Nothing says yet that it was too much: load may just have come.
    this.#tooMuch = Infinity
    this.#slowedAtMs = this.#changedAtMs = nowMs
    this.#muteMsMax = this.#settings.roundMs
    this.#startRound(nowMs)
    return true
  }

  /** At the end of a round. */
  #turn({ pressure, signal, muteMs, nowMs }: NodeLook): boolean {
    const { sinceMs, done, busyMs, pressureMax } = this.#round
    const { restingPressure, roundMsMax, fallShare, headroomShare } = this.#settings
    const did = (done * 1_000) / (nowMs - sinceMs)
    const isShown = nowMs - this.#changedAtMs >= Math.min(roundMsMax, 1.2 * muteMs)
    const overloaded = pressureMax > 1 && pressure > restingPressure
    if (overloaded && isShown) {
      // It was busy all the time and can't do more than it did; but while queues grow, what was done isn't finished yet.
      const can = Math.max(did, this.#peak * (1 - fallShare) ** (2 * this.#falls))
      // The first round is the first that says what it can do: the bound was a guess, and may be far too low.
      const isGuess = this.#tooMuch === Infinity
      this.#fall(isGuess ? can : Math.min(this.#perSecond, can))
      this.#falls++
      this.#limitedBy = signal
      if (!isGuess) this.#muteMsMax = Math.min(this.#settings.muteMsMax, 2 * this.#muteMsMax)
      this.#changedAtMs = nowMs
    } else if (pressureMax <= restingPressure) {
      this.#falls = 0
      // What it did without queues it can do, and it had time left.
      const can = did / Math.max(leastBusy, busyMs / (nowMs - sinceMs))
      this.#perSecond = Math.max(this.#perSecond, did, can * headroomShare)
      if (isShown) {
        this.#rise({ ease: 1 - pressureMax / restingPressure, isUsed: did > this.#perSecond / 2 })
        this.#changedAtMs = nowMs
      }
    }
    this.#startRound(nowMs)
    return overloaded && isShown
  }

  #fall(tooMuch: number): void {
    const { fallShare, growthMin, boundShareMin, boundMin } = this.#settings
    this.#tooMuch = tooMuch
    this.#step = growthMin
    this.#perSecond = Math.max(tooMuch * (1 - fallShare), this.#peak * boundShareMin, boundMin)
  }

  /** @param o.ease 1: no pressure at all */
  #rise({ ease, isUsed }: { readonly ease: number; readonly isUsed: boolean }): void {
    const { growthMin, growthMax, growthBeyondMax } = this.#settings
    const below = this.#tooMuch / this.#perSecond - 1
    if (below <= 0) this.#step = Math.min(growthBeyondMax, this.#step * 2)
    const step = below > 0 ? Math.max(growthMin, below / 2) : this.#step
    this.#perSecond *= 1 + (isUsed ? Math.min(growthMax, step) : growthMax) * ease
  }

  #startRound(nowMs: number): void {
    this.#round = { sinceMs: nowMs, done: 0, busyMs: 0, pressureMax: 0 }
  }
}
