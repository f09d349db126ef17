import type { ServerProcess } from './server-process.ts'

/** The few HTTP calls that a load needs to set itself up, as the first demo tenant. */
export class Api {
  readonly #server: ServerProcess
  readonly #authorization: string

  constructor(server: ServerProcess) {
    this.#server = server
    const { id, secret } = server.demo.tenants[0]!.apiKey
    this.#authorization = `Bearer ${id}.${secret}`
  }

  async post<T>(path: string, body: unknown): Promise<T> {
    const response = await fetch(`${this.#server.http}${path}`, {
      method: 'POST',
      headers: { authorization: this.#authorization, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (!response.ok) throw new Error(`POST ${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as T
  }

  async user(name: string): Promise<{ id: string; token: string }> {
    const { id } = await this.post<{ id: string }>('/v1/users', { name })
    const { token } = await this.post<{ token: string }>(`/v1/users/${id}/tokens`, {})
    return { id, token }
  }

  async conversation(members: readonly string[]): Promise<string> {
    const { id } = await this.post<{ id: string }>('/v1/conversations', { kind: 'direct', members })
    return id
  }
}
