import type { ReactNode } from 'react'
import { CheckIcon, ClockIcon, DoubleCheckIcon, WarningIcon } from '../ui/icons.tsx'
import styles from './delivery-mark.module.css'
import type { Entry } from './grouping.ts'

const marks: Readonly<Record<Entry['state'], { word: string; icon: ReactNode }>> = {
  pending: { word: 'Sending', icon: <ClockIcon size={12} /> },
  failed: { word: 'Not sent', icon: <WarningIcon size={12} /> },
  sent: { word: 'Sent', icon: <CheckIcon size={13} /> },
  read: { word: 'Read', icon: <DoubleCheckIcon size={15} /> },
}

/** How far an own message got, in a sign and a word. */
export function DeliveryMark({ state }: { readonly state: Entry['state'] }): ReactNode {
  return (
    <span className={styles.mark} data-state={state}>
      {marks[state].icon}
      {marks[state].word}
    </span>
  )
}
