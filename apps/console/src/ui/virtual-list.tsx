import { useVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useRef } from 'react'
import styles from './virtual-list.module.css'

interface VirtualListProps<Item> {
  readonly label: string
  readonly items: readonly Item[]
  readonly keyOf: (item: Item) => string
  readonly rowPx: number
  readonly row: (item: Item) => ReactNode
}

/** A list of rows of one height, of which only those in sight are drawn. */
export function VirtualList<Item>({ label, items, keyOf, rowPx, row }: VirtualListProps<Item>): ReactNode {
  const box = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => box.current,
    estimateSize: () => rowPx,
    getItemKey: (index) => keyOf(items[index]!),
    overscan: 6,
  })
  return (
    <div ref={box} className={styles.box}>
      <ul className={styles.list} aria-label={label} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ key, index, start }) => (
          <li
            key={key}
            className={styles.item}
            aria-setsize={items.length}
            aria-posinset={index + 1}
            style={{ height: rowPx, transform: `translateY(${start}px)` }}
          >
            {row(items[index]!)}
          </li>
        ))}
      </ul>
    </div>
  )
}
