import type { TenantId } from '@koine/base'
import type { CloseReason } from '@koine/protocols-realtime'
import type { Connection } from './connection.ts'

/** All connections of a gateway, from their handshake until their socket is closed. */
export class Registry {
  readonly #connections = new Set<Connection>()
  #onEmpty: (() => void) | undefined

  get size(): number {
    return this.#connections.size
  }

  add(connection: Connection): void {
    this.#connections.add(connection)
  }

  remove(connection: Connection): void {
    this.#connections.delete(connection)
    if (this.#connections.size === 0) this.#onEmpty?.()
  }

  closeTenant(tenantId: TenantId, reason: CloseReason): void {
    for (const connection of this.#connections) if (connection.tenantId === tenantId) connection.close(reason)
  }

  /** @param nowMs monotonic */
  sweep(nowMs: number, wallMs: number): void {
    for (const connection of this.#connections) connection.sweep(nowMs, wallMs)
  }

  async drain(): Promise<void> {
    await Promise.all(Array.from(this.#connections, (connection) => connection.drain()))
  }

  /** Resolves when no connection is left. Has one caller. */
  emptied(): Promise<void> {
    if (this.#connections.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#onEmpty = resolve
    })
  }

  close(reason: CloseReason): void {
    for (const connection of this.#connections) connection.close(reason)
  }

  terminate(): void {
    for (const connection of this.#connections) connection.terminate()
  }
}
