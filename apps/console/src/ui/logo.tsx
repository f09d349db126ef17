import type { ReactNode } from 'react'

/** The mark: a kappa on a rounded tile. */
export function Logo({ size = 28 }: { readonly size?: number }): ReactNode {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="9" fill="var(--sea)" />
      <path
        d="M10 7.5v17M21.5 9.5 11 18.2M14.6 15.4l7.4 9.1"
        fill="none"
        stroke="var(--on-tone)"
        strokeWidth="3.4"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  )
}
