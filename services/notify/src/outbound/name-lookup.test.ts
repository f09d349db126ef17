import assert from 'node:assert/strict'
import type { LookupAddress, LookupOptions } from 'node:dns'
import { test } from 'node:test'
import { guardedLookup, type ResolvedAddress, systemResolve } from './name-lookup.ts'

const outside: ResolvedAddress[] = [
  { address: '93.184.215.14', family: 4 },
  { address: '2606:2800:21f:cb07:6820:80da:af6b:8b2c', family: 6 },
]

function ask(addresses: ResolvedAddress[], options: LookupOptions, allowPrivate = false): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const lookup = guardedLookup(async () => addresses, allowPrivate)
    lookup('hooks.example.com', options, (error, address: string | LookupAddress[], family?: number) => {
      if (error) reject(error)
      else resolve(family === undefined ? address : { address, family })
    })
  })
}

test('a lookup gives every address, or one, or those of a family', async () => {
  assert.deepEqual(await ask(outside, { all: true }), outside)
  assert.deepEqual(await ask(outside, {}), outside[0])
  assert.deepEqual(await ask(outside, { family: 6 }), outside[1])
  await assert.rejects(ask([outside[0]!], { family: 6 }), { reason: 'name-not-found' })
})

test('one address of the inside condemns the name, unless the operator allows them', async () => {
  const mixed = [...outside, { address: '10.0.0.1', family: 4 }]
  await assert.rejects(ask(mixed, { all: true }), { reason: 'address-refused' })
  assert.deepEqual(await ask(mixed, { all: true }, true), mixed)
})

test('the machine itself has the names that are kept for it', async () => {
  const resolve = systemResolve()
  for (const name of ['localhost', 'hooks.localhost']) {
    assert.deepEqual(
      (await resolve(name)).map(({ address }) => address),
      ['127.0.0.1', '::1'],
    )
  }
})
