import type { ReactNode } from 'react'
import styles from './avatar.module.css'

/** Which of the two people of a conversation something belongs to; each has a colour. */
export type Tone = 'sea' | 'clay' | 'neutral'

interface AvatarProps {
  readonly name: string
  readonly tone: Tone
  readonly size?: 'small' | 'normal'
}

/** The initials of a name; the name itself always stands beside it in words. */
export function Avatar({ name, tone, size = 'normal' }: AvatarProps): ReactNode {
  return (
    <span className={styles.avatar} data-tone={tone} data-size={size} aria-hidden="true">
      {initials(name)}
    </span>
  )
}

const initials = (name: string): string =>
  name
    .split(/\s+/u)
    .filter(Boolean)
    .slice(0, 2)
    .map((word) => /./u.exec(word)?.[0].toLocaleUpperCase())
    .join('')
