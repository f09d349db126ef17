import { Link, Outlet } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { GaugeIcon, GroupIcon, TopicIcon } from '../ui/icons.tsx'
import styles from './streams-page.module.css'

/** The tenant's own Kafka cluster: its topics, its consumer groups, and what it uses. */
export function StreamsPage(): ReactNode {
  return (
    <div className={styles.page}>
      <nav className={styles.nav} aria-label="Streams">
        <Link to="/streams/topics" className={styles.link}>
          <TopicIcon size={16} />
          Topics
        </Link>
        <Link to="/streams/groups" className={styles.link}>
          <GroupIcon size={16} />
          Consumer groups
        </Link>
        <Link to="/streams/usage" className={styles.link}>
          <GaugeIcon size={16} />
          Usage
        </Link>
      </nav>
      <Outlet />
    </div>
  )
}
