import { useCallback, useSyncExternalStore } from 'react'
import { oncePerFrame } from './once-per-frame.ts'

/** Something outside React that tells of its changes. */
interface Store<T> {
  readonly subscribe: (listener: () => void) => () => void
  readonly view: () => T
}

/** The store's view, drawn again once a frame while it changes. */
export function useStore<T>(store: Store<T>): T {
  const subscribe = useCallback((listener: () => void) => store.subscribe(oncePerFrame(listener)), [store])
  return useSyncExternalStore(subscribe, store.view)
}
