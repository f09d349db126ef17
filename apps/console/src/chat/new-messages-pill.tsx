import type { ReactNode } from 'react'
import { Button } from 'react-aria-components/Button'
import { ArrowDownIcon } from '../ui/icons.tsx'
import styles from './new-messages-pill.module.css'

/** Tells a reader who scrolled up that something came, without moving the list away. */
export function NewMessagesPill({ onPress }: { readonly onPress: () => void }): ReactNode {
  return (
    <Button className={styles.pill} onPress={onPress}>
      <ArrowDownIcon size={14} />
      New messages
    </Button>
  )
}
