import { type ReactNode, useMemo, useState } from 'react'
import type { RecordBytes } from '../../api/streams-port.ts'
import { JsonText } from '../../events/json-view.tsx'
import { IconButton } from '../../ui/button.tsx'
import { CheckIcon, CopyIcon } from '../../ui/icons.tsx'
import { Tag } from '../../ui/tag.tsx'
import { formatBytes } from '../figures.ts'
import { decode, type Format, isCut } from './decoding.ts'
import styles from './record-inspector.module.css'

interface ValueViewProps {
  readonly label: string
  readonly bytes: RecordBytes
  readonly format: Format
}

const formatNames: Readonly<Record<Format, string>> = { json: 'JSON', text: 'Text', hex: 'Hex' }

/** A key or a value in full, in the format that was asked for or the nearest that fits. */
export function ValueView({ label, bytes, format }: ValueViewProps): ReactNode {
  const decoded = useMemo(() => decode(bytes, format), [bytes, format])
  return (
    <section className={styles.section} aria-label={label}>
      <header className={styles.sectionHead}>
        <h3 className={styles.label}>{label}</h3>
        <Tag>{formatNames[decoded.format]}</Tag>
        <span className={styles.size}>{formatBytes(bytes.bytes)}</span>
        <CopyButton label={`Copy the ${label.toLowerCase()}`} text={decoded.text} />
      </header>
      {bytes.bytes === 0 ? (
        <p className={styles.faint}>Empty: no bytes, but not a tombstone.</p>
      ) : (
        // A scrolled region must be reachable without a pointer.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <pre
          className={styles.bytes}
          tabIndex={0}
          data-format={decoded.format}
          aria-label={`${label} as ${formatNames[decoded.format]}`}
        >
          {decoded.format === 'json' ? <JsonText text={decoded.text} /> : decoded.text}
        </pre>
      )}
      {isCut(bytes) && (
        <p className={styles.faint}>Only the beginning is shown; a consumer gets all {formatBytes(bytes.bytes)}.</p>
      )}
    </section>
  )
}

function CopyButton({ label, text }: { readonly label: string; readonly text: string }): ReactNode {
  const [copied, setCopied] = useState<string>()
  // A page that isn't served over HTTPS, nor locally, has no clipboard.
  if (!('clipboard' in navigator)) return undefined
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => setCopied(text),
      () => setCopied(undefined), // Not allowed: the sign that it worked stays away.
    )
  }
  return (
    <IconButton label={copied === text ? 'Copied' : label} onPress={copy}>
      {copied === text ? <CheckIcon size={15} /> : <CopyIcon size={15} />}
    </IconButton>
  )
}
