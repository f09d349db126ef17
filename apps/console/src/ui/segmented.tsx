import type { ReactNode } from 'react'
import { ToggleButton } from 'react-aria-components/ToggleButton'
import { ToggleButtonGroup } from 'react-aria-components/ToggleButtonGroup'
import styles from './segmented.module.css'

interface SegmentedProps<Id extends string> {
  readonly label: string
  readonly choices: readonly { readonly id: Id; readonly text: string }[]
  readonly chosen: Id | undefined
  readonly onChoose: (id: Id) => void
}

/** One of a few, all of them in sight. */
export function Segmented<Id extends string>({ label, choices, chosen, onChoose }: SegmentedProps<Id>): ReactNode {
  return (
    <ToggleButtonGroup
      className={styles.group}
      aria-label={label}
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={chosen === undefined ? [] : [chosen]}
      onSelectionChange={(keys) => {
        for (const key of keys) onChoose(key as Id)
      }}
    >
      {choices.map(({ id, text }) => (
        <ToggleButton key={id} id={id} className={styles.choice}>
          {text}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  )
}
