import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query'
import { useMemo } from 'react'
import { backend } from '../api/connect.ts'
import type { Group, GroupDetail, StreamsClient, Topic, TopicDetail, Usage } from '../api/streams-port.ts'
import { useSession } from '../api/use-session.ts'

/** How often what is on the screen is asked for again. */
const topicsEveryMs = 10_000
const groupsEveryMs = 3_000
const usageEveryMs = 2_000

/** The cluster of the tenant that is signed in. */
export function useStreams(): StreamsClient {
  const apiKey = useSession()?.apiKey ?? ''
  return useMemo(() => backend.streams(apiKey), [apiKey])
}

export const topicsKey = ['streams', 'topics']
export const topicKey = (name: string): readonly string[] => ['streams', 'topic', name]
export const groupsKey = ['streams', 'groups']
const usageKey = ['streams', 'usage']
const groupKey = (id: string): readonly string[] => ['streams', 'group', id]

export function useTopics(): UseQueryResult<readonly Topic[]> {
  const streams = useStreams()
  return useQuery({ queryKey: topicsKey, queryFn: () => streams.topics(), refetchInterval: topicsEveryMs })
}

export function useTopic(name: string): UseQueryResult<TopicDetail> {
  const streams = useStreams()
  return useQuery({ queryKey: topicKey(name), queryFn: () => streams.topic(name), refetchInterval: topicsEveryMs })
}

export function useGroups(): UseQueryResult<readonly Group[]> {
  const streams = useStreams()
  return useQuery({
    queryKey: groupsKey,
    queryFn: () => streams.groups(),
    refetchInterval: groupsEveryMs,
    placeholderData: keepPreviousData,
  })
}

export function useGroup(id: string): UseQueryResult<GroupDetail> {
  const streams = useStreams()
  return useQuery({ queryKey: groupKey(id), queryFn: () => streams.group(id), refetchInterval: groupsEveryMs })
}

export function useUsage(): UseQueryResult<Usage> {
  const streams = useStreams()
  return useQuery({ queryKey: usageKey, queryFn: () => streams.usage(), refetchInterval: usageEveryMs })
}
