import { type ReactNode, useId } from 'react'
import { ChevronIcon } from './icons.tsx'
import styles from './select.module.css'

interface SelectProps {
  readonly label: string
  /** Whether the label is only for those who don't see what surrounds it. */
  readonly isLabelHidden?: boolean
  readonly choices: readonly { readonly id: string; readonly text: string }[]
  readonly chosen: string
  readonly onChoose: (id: string) => void
}

/** One of many; the system's own list, which every reader and phone knows. */
export function Select({ label, isLabelHidden = false, choices, chosen, onChoose }: SelectProps): ReactNode {
  const id = useId()
  return (
    <span className={styles.field}>
      <label htmlFor={id} className={isLabelHidden ? 'for-screen-readers' : styles.label}>
        {label}
      </label>
      <span className={styles.box}>
        <select id={id} className={styles.select} value={chosen} onChange={(event) => onChoose(event.target.value)}>
          {choices.map(({ id, text }) => (
            <option key={id} value={id}>
              {text}
            </option>
          ))}
        </select>
        <span className={styles.chevron}>
          <ChevronIcon size={14} />
        </span>
      </span>
    </span>
  )
}
