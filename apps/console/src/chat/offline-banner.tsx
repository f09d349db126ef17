import type { ReactNode } from 'react'
import { OfflineIcon } from '../ui/icons.tsx'
import { useOnline } from '../ui/use-online.ts'
import type { LiveConversation } from './live-conversation.ts'
import styles from './offline-banner.module.css'
import { useConversation } from './use-conversation.ts'

/**
 * Says that the network is gone and what becomes of what is written meanwhile. A connection that holds all the same, as
 * to a server on this device, is no reason to.
 */
export function OfflineBanner({ conversation }: { readonly conversation: LiveConversation }): ReactNode {
  const { status } = useConversation(conversation)
  const offline = !useOnline() && status !== 'live'
  return (
    <div role="status">
      {offline && (
        <p className={styles.banner}>
          <OfflineIcon size={16} />
          <span>
            <strong>You are offline.</strong> Write on: messages wait here and go out, once, when the network is back.
          </span>
        </p>
      )}
    </div>
  )
}
