/** The states of a group, of either protocol, for the reader. */
export interface GroupState {
  readonly text: string
  readonly tone: 'good' | 'warn' | 'neutral' | 'bad'
  readonly about: string
}

const states: Readonly<Record<string, GroupState>> = {
  stable: { text: 'Stable', tone: 'good', about: 'Every member has its partitions.' },
  empty: { text: 'Empty', tone: 'neutral', about: 'No members are connected; its offsets are kept.' },
  dead: { text: 'Dead', tone: 'bad', about: 'Nothing is left of it.' },
  assigning: { text: 'Assigning', tone: 'warn', about: 'Partitions are being given out.' },
  reconciling: { text: 'Reconciling', tone: 'warn', about: 'Members are taking over their partitions.' },
  preparingrebalance: { text: 'Rebalancing', tone: 'warn', about: 'Waiting for the members to join again.' },
  completingrebalance: { text: 'Rebalancing', tone: 'warn', about: 'Waiting for the leader’s assignment.' },
}

export const stateOf = (state: string): GroupState =>
  states[state.toLowerCase().replace(/[^a-z]/g, '')] ?? { text: state, tone: 'neutral', about: '' }

/** Whether it can be deleted: nobody is in it. */
export const isEmptyGroup = (state: string): boolean => ['Empty', 'Dead'].includes(stateOf(state).text)
