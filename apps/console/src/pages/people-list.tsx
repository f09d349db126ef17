import type { ReactNode } from 'react'
import { ToggleButton } from 'react-aria-components/ToggleButton'
import type { User } from '../api/ports.ts'
import { shortId } from '../events/event-summary.ts'
import { Avatar } from '../ui/avatar.tsx'
import { CheckIcon, PeopleIcon } from '../ui/icons.tsx'
import { Notice } from '../ui/notice.tsx'
import styles from './people-list.module.css'

interface PeopleListProps {
  readonly users: readonly User[]
  readonly chosen: readonly string[]
  readonly onChoose: (id: string) => void
}

export function PeopleList({ users, chosen, onChoose }: PeopleListProps): ReactNode {
  if (users.length === 0) {
    return (
      <Notice icon={<PeopleIcon size={22} />} title="Nobody here yet">
        Add two people below, and they can talk.
      </Notice>
    )
  }
  return (
    <ul className={styles.list} aria-label="People">
      {users.map(({ id, name }) => (
        <li key={id}>
          <ToggleButton
            className={styles.person}
            data-tone={toneOf(chosen.indexOf(id))}
            isSelected={chosen.includes(id)}
            onChange={() => onChoose(id)}
          >
            <Avatar name={name} tone={toneOf(chosen.indexOf(id))} />
            <span className={styles.words}>
              <span className={styles.name}>{name}</span>
              <span className={styles.id}>{shortId(id)}</span>
            </span>
            <span className={styles.check}>
              <CheckIcon size={16} />
            </span>
          </ToggleButton>
        </li>
      ))}
    </ul>
  )
}

const toneOf = (place: number): 'sea' | 'clay' | 'neutral' => (place === 0 ? 'sea' : place === 1 ? 'clay' : 'neutral')
