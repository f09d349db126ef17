import { type Clock, sleep } from './clock.ts'

/**
 * Disposes within a deadline.
 * @returns whether it was done in time; what isn't goes on in the background, its failure given to `onLateFailure`
 */
export async function disposeWithin(
  resource: AsyncDisposable,
  { clock, deadlineMs, onLateFailure }: { clock: Clock; deadlineMs: number; onLateFailure: (cause: unknown) => void },
): Promise<boolean> {
  const over = new AbortController()
  const disposal = Promise.resolve(resource[Symbol.asyncDispose]()).then(() => true)
  const deadline = sleep(clock, deadlineMs, over.signal).then(
    () => false,
    () => true, // Aborted below: the disposal came first.
  )
  try {
    const inTime = await Promise.race([disposal, deadline])
    if (!inTime) disposal.catch(onLateFailure)
    return inTime
  } finally {
    over.abort()
  }
}

/** Resolves with the first of the signals that the process receives; the later ones go to `onRepeat`. */
export function firstSignal(
  signals: readonly NodeJS.Signals[],
  onRepeat: (signal: NodeJS.Signals) => void,
): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let received = false
    for (const signal of signals) {
      process.on(signal, () => {
        if (received) return onRepeat(signal)
        received = true
        resolve(signal)
      })
    }
  })
}
