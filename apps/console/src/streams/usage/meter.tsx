import type { ReactNode } from 'react'
import styles from './meter.module.css'
import { formatShare, formatThrottled, type Metered, shareOf, standingOf } from './usage-words.ts'

/** How much of a quota is used. The figures stand beside it. */
export function Meter({ metered }: { readonly metered: Metered }): ReactNode {
  const { name, used, quota, throttledMs, format } = metered
  const share = shareOf(used, quota)
  if (share === undefined) return <span className={styles.open} aria-hidden="true" />
  const percent = Math.min(100, share * 100)
  return (
    <span
      className={styles.meter}
      role="meter"
      aria-label={name}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(percent * 10) / 10}
      aria-valuetext={`${format(used)} of ${format(quota!)}, ${formatShare(share)}`}
    >
      {used > 0 ? (
        <span
          className={styles.fill}
          data-standing={standingOf(used, quota, throttledMs)}
          style={{ width: `${percent}%` }}
        />
      ) : undefined}
    </span>
  )
}

/** What lies between the use and its quota, in words. */
export function QuotaWords({ metered: { used, quota, format } }: { readonly metered: Metered }): ReactNode {
  const share = shareOf(used, quota)
  if (share === undefined) return <>no quota</>
  if (quota === 0) return <>a quota of 0: nothing passes</>
  return (
    <>
      of {format(quota!)} · {formatShare(share)}
    </>
  )
}

/** Nothing while nobody waits. */
export function ThrottledWords({ ms }: { readonly ms: number }): ReactNode {
  if (ms === 0) return undefined
  return (
    <span className={styles.throttled} title="Of all connections together">
      Throttled: {formatThrottled(ms)} of waiting in the last minute
    </span>
  )
}
