import type { ReactNode } from 'react'
import styles from './sign-in-picture.module.css'

/** A picture of what waits inside; it says nothing that the words beside it don't. */
export function SignInPicture(): ReactNode {
  return (
    <div className={styles.picture} aria-hidden="true">
      <div className={styles.talk}>
        <span className={styles.bubble} data-tone="sea">
          Is the new room ready?
        </span>
        <span className={styles.bubble} data-tone="clay">
          Painted and aired. Come and see.
        </span>
      </div>
      <div className={styles.stream}>
        <span className={styles.event}>
          <b>#41</b> koine.message.sent
        </span>
        <span className={styles.event}>
          <b>#42</b> koine.message.sent
        </span>
      </div>
    </div>
  )
}
