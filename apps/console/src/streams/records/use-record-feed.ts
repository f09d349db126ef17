import { useEffect, useState } from 'react'
import { useStreams } from '../streams-queries.ts'
import { type FeedStart, RecordFeed } from './record-feed.ts'

interface Wanted {
  readonly topic: string
  readonly partition: number | undefined
  readonly start: FeedStart
  readonly isLive: boolean
}

/** The records wanted, opened at once and closed with the page. Another wish is another feed. */
export function useRecordFeed({ topic, partition, start, isLive }: Wanted): RecordFeed {
  const client = useStreams()
  // Kept as text: an equal start is the same start.
  const startText = JSON.stringify(start)
  const make = (): RecordFeed => new RecordFeed({ client, topic, partition, start, isLive })
  const [feed, setFeed] = useState(make)
  useEffect(() => {
    const opened = new RecordFeed({ client, topic, partition, start: JSON.parse(startText) as FeedStart, isLive })
    setFeed(opened)
    void opened.open()
    return () => opened.close()
  }, [client, topic, partition, startText, isLive])
  return feed
}
