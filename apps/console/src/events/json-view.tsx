import { type ReactNode, useMemo } from 'react'
import { jsonTokens, tokensOfJson } from './json-tokens.ts'
import styles from './json-view.module.css'

export function JsonView({ value }: { readonly value: unknown }): ReactNode {
  const tokens = useMemo(() => jsonTokens(value), [value])
  return (
    // A scrolled region must be reachable without a pointer.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <pre className={styles.json} tabIndex={0} aria-label="The event as JSON">
      <Tokens tokens={tokens} />
    </pre>
  )
}

/** JSON that is printed already, coloured. */
export function JsonText({ text }: { readonly text: string }): ReactNode {
  const tokens = useMemo(() => tokensOfJson(text), [text])
  return (
    <code className={styles.text}>
      <Tokens tokens={tokens} />
    </code>
  )
}

function Tokens({ tokens }: { readonly tokens: ReturnType<typeof tokensOfJson> }): ReactNode {
  return tokens.map(({ kind, text }, i) =>
    kind === 'plain' ? text : <span key={i} data-kind={kind} children={text} />,
  )
}
