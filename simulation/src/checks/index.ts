import { acknowledgedIsPresentOnce } from './acknowledged.ts'
import { changesTellTheHistory } from './changes.ts'
import type { Check } from './check.ts'
import { devicesShowTheHistory } from './devices.ts'
import { eventsTellTheHistory } from './events.ts'
import { tenantsAreApart } from './isolation.ts'
import { conversationsAreKept } from './membership.ts'
import { sequencesAgree } from './sequence.ts'
import { unreadFollowsPositions } from './unread.ts'

export const checks: Readonly<Record<string, Check>> = {
  acknowledgedIsPresentOnce,
  sequencesAgree,
  devicesShowTheHistory,
  eventsTellTheHistory,
  changesTellTheHistory,
  unreadFollowsPositions,
  tenantsAreApart,
  conversationsAreKept,
}
