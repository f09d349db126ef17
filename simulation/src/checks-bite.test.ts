import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { checks } from './checks/index.ts'
import { sabotages, sharedTables } from './sabotage.ts'
import type { Sabotage } from './server.ts'
import { simulate } from './simulate.ts'

const seedsMax = 60

/** Some seed soon meets the broken piece, and the check that watches over it says so. */
function bites(what: string, check: keyof typeof checks, sabotage: () => Sabotage): void {
  test(`${what} is noticed by the check ${check}`, async () => {
    const noticed: string[] = []
    for (let seed = 0; seed < seedsMax; seed++) {
      const { violations } = await simulate(seed, { sabotage: sabotage() })
      if (violations.some((violation) => violation.startsWith(`${check}: `))) return
      noticed.push(...violations)
    }
    assert.fail(`${seedsMax} seeds passed; otherwise noticed: ${noticed.slice(0, 5).join('; ')}`)
  })
}

bites('a head that moves without its condition', 'acknowledgedIsPresentOnce', () => sabotages.headConditionIgnored)
bites('a name that is not kept', 'acknowledgedIsPresentOnce', () => sabotages.namesForgotten)
bites('a second conversation of a pair', 'conversationsAreKept', () => sabotages.pairConditionIgnored)
bites('a batch without its events', 'eventsTellTheHistory', () => sabotages.eventsNotCommitted)
bites('a write that was never made', 'acknowledgedIsPresentOnce', () => sabotages.writesLost)
bites('a read position that is lost', 'unreadFollowsPositions', () => sabotages.positionsLost)
bites('a page without its last message', 'devicesShowTheHistory', () => sabotages.pagesTooShort)
bites('a mark of what was told that is lost', 'changesTellTheHistory', () => sabotages.toldForgotten)
bites('readers who see different messages', 'sequencesAgree', () => sabotages.readersDiffer)
bites('a relay that removes before it appends', 'eventsTellTheHistory', () => sabotages.removedBeforeAppended)
bites('a relay that changes the order', 'eventsTellTheHistory', () => sabotages.eventsReordered)
bites('a log that drops what it acknowledged', 'eventsTellTheHistory', () => sabotages.appendsLost)
bites('one set of records for two tenants', 'tenantsAreApart', sharedTables)
