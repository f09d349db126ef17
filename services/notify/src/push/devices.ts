import { type Clock, type DeviceId, deviceIds, KoineError, type Randomness, type UserId } from '@koine/base'
import type { Attributes, Operation, RecordKey, TableRecord, TenantScope } from '@koine/stores-ports'
import { formatVersion, known } from '../records.ts'
import { addressHash, checkedAddress } from './addresses.ts'
import type { Device, DeviceAddress } from './device.ts'

interface DevicesOptions {
  readonly clock: Clock
  readonly randomness: Randomness
  readonly devicesMax: number
  readonly allowPrivateAddresses: boolean
}

/** A user's devices with the version of the record they stand in. */
interface Held {
  readonly user: UserId
  readonly devices: readonly Device[]
  readonly version: number | undefined
}

const attemptsMax = 10

/**
 * The devices of users. A user's are one record; an address belongs to one user at a time, so that a phone that changed
 * hands no longer gets the messages of whoever had it before.
 */
export class Devices {
  readonly #o: DevicesOptions

  constructor(options: DevicesOptions) {
    this.#o = options
  }

  /** Registers an address for a user, again or anew: the same address keeps its id. Errors: `invalid_request`. */
  async register(scope: TenantScope, user: UserId, wish: DeviceAddress): Promise<Device> {
    const address = checkedAddress(wish, this.#o.allowPrivateAddresses)
    return this.#retried(async () => {
      const claim = await scope.tables.get(addressKey(address))
      const before = claim && (known(claim)['u'] as UserId)
      const own = await this.#held(scope, user)
      const device = this.#deviceOf(own, address)
      const kept = [...own.devices.filter(({ id }) => id !== device.id), device]
      const evicted = kept.splice(0, Math.max(0, kept.length - this.#o.devicesMax))
      const operations: Operation[] = [
        this.#put(own, kept),
        { put: addressKey(address), attributes: { v: formatVersion, u: user }, if: versionOf(claim?.version) },
        ...evicted.map((gone): Operation => ({ delete: addressKey(gone.address) })),
      ]
      if (before !== undefined && before !== user) {
        operations.push(this.#without(await this.#held(scope, before), addressHash(address)))
      }
      return (await scope.tables.write({ operations })).ok ? device : undefined
    })
  }

  async of(scope: TenantScope, user: UserId): Promise<readonly Device[]> {
    return (await this.#held(scope, user)).devices
  }

  /** In the order of `users`, at most 100 of them. */
  async ofMany(scope: TenantScope, users: readonly UserId[]): Promise<(readonly Device[])[]> {
    const records = await scope.tables.getMany(users.map(devicesKey))
    return records.map((record) => (record ? decodeDevices(record) : []))
  }

  /**
   * Forgets a device; false when there is no such one.
   * @param registeredUpToMs only if it hasn't been registered again since
   */
  async remove(scope: TenantScope, user: UserId, id: DeviceId, registeredUpToMs = Infinity): Promise<boolean> {
    return this.#retried(async () => {
      const own = await this.#held(scope, user)
      const device = own.devices.find((device) => device.id === id)
      if (!device || device.registeredAtMs > registeredUpToMs) return false
      const operations: Operation[] = [
        this.#without(own, addressHash(device.address)),
        { delete: addressKey(device.address) },
      ]
      return (await scope.tables.write({ operations })).ok ? true : undefined
    })
  }

  #deviceOf(own: Held, address: DeviceAddress): Device {
    const hash = addressHash(address)
    const same = own.devices.find((device) => addressHash(device.address) === hash)
    return { id: same?.id ?? deviceIds.make(this.#o), address, registeredAtMs: this.#o.clock.now() }
  }

  async #held(scope: TenantScope, user: UserId): Promise<Held> {
    const record = await scope.tables.get(devicesKey(user))
    return { user, devices: record ? decodeDevices(record) : [], version: record?.version }
  }

  #put({ user, version }: Held, devices: readonly Device[]): Operation {
    const condition = versionOf(version)
    if (devices.length > 0) return { put: devicesKey(user), attributes: encodeDevices(devices), if: condition }
    return { delete: devicesKey(user), if: condition }
  }

  #without(held: Held, hash: string): Operation {
    return this.#put(
      held,
      held.devices.filter(({ address }) => addressHash(address) !== hash),
    )
  }

  /** Tries again when another change of the same devices came first. */
  async #retried<T>(attempt: () => Promise<T | undefined>): Promise<T> {
    for (let tries = 0; tries < attemptsMax; tries++) {
      const result = await attempt()
      if (result !== undefined) return result
    }
    throw new KoineError('conflict', 'The devices of the user change too fast; try again.')
  }
}

const devicesKey = (user: UserId): RecordKey => ({ table: 'push-devices', pk: user, sk: '' })
const addressKey = (address: DeviceAddress): RecordKey => ({
  table: 'push-addresses',
  pk: addressHash(address),
  sk: '',
})

const versionOf = (version: number | undefined) => (version === undefined ? 'absent' : { version })

const encodeDevices = (devices: readonly Device[]): Attributes => ({
  v: formatVersion,
  d: devices.map(({ id, address, registeredAtMs }) => {
    const { provider, ...rest } = address
    return { i: id, p: provider, a: rest, r: registeredAtMs }
  }),
})

function decodeDevices(record: TableRecord): readonly Device[] {
  const list = known(record)['d'] as readonly { i: DeviceId; p: string; a: Attributes; r: number }[]
  return list.map(({ i, p, a, r }) => ({
    id: i,
    address: { provider: p, ...a } as unknown as DeviceAddress,
    registeredAtMs: r,
  }))
}
