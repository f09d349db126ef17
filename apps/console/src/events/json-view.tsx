import { type ReactNode, useMemo } from 'react'
import { jsonTokens } from './json-tokens.ts'
import styles from './json-view.module.css'

export function JsonView({ value }: { readonly value: unknown }): ReactNode {
  const tokens = useMemo(() => jsonTokens(value), [value])
  return (
    // A scrolled region must be reachable without a pointer.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <pre className={styles.json} tabIndex={0} aria-label="The event as JSON">
      {tokens.map(({ kind, text }, i) => (kind === 'plain' ? text : <span key={i} data-kind={kind} children={text} />))}
    </pre>
  )
}
