import { setFlagsFromString } from 'node:v8'

/** Of V8: the first that is known to have both flags. */
const majorVersionMin = 14

/**
 * What passes through buffers counts towards the next full collection in proportion to what there is, as objects do. By
 * itself V8 begins one with every 64 MiB that passes, several a second under load, and they take a third of the
 * processor's time (decision 12).
 */
export function collectByProportion(): void {
  if (Number.parseInt(process.versions.v8, 10) < majorVersionMin) return
  setFlagsFromString('--external-memory-accounted-in-global-limit')
  setFlagsFromString('--external-memory-max-growing-factor=1.2')
}
