/** A hidden page draws no frames, but what it says aloud and counts should keep up. */
const hiddenDelayMs = 250

/** Gathers calls, so that a burst of changes is drawn once a frame and not once each. */
export function oncePerFrame(action: () => void): () => void {
  let due = false
  const run = (): void => {
    due = false
    action()
  }
  return () => {
    if (due) return
    due = true
    if (document.hidden) setTimeout(run, hiddenDelayMs)
    else requestAnimationFrame(run)
  }
}
