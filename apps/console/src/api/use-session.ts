import { useSyncExternalStore } from 'react'
import { type Session, SessionStore } from './session.ts'

/** This tab's session. */
export const sessions = new SessionStore(sessionStorage)

export const useSession = (): Session | undefined => useSyncExternalStore(sessions.subscribe, sessions.get)
