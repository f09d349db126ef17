import assert from 'node:assert/strict'
import type { ProgramRun, RunningProgram } from '../program.ts'
import type { JavaClient } from './java-client.ts'

/** Kafka's command-line tools, each by the name of its class. */
export class AdminTools {
  readonly #client: JavaClient
  readonly #config: string

  constructor(client: JavaClient) {
    this.#client = client
    this.#config = client.properties()
  }

  topics = (...args: string[]) => this.succeeds('TopicCommand', args)
  groups = (...args: string[]) => this.succeeds('consumer.group.ConsumerGroupCommand', args)
  configs = (...args: string[]) => this.succeeds('kafka.admin.ConfigCommand', args)
  acls = (...args: string[]) => this.succeeds('AclCommand', args)
  transactions = (...args: string[]) => this.succeeds('TransactionsCommand', [], args)

  async produce(topic: string, input: string, ...args: string[]): Promise<void> {
    await this.succeeds('ConsoleProducer', ['--topic', topic, ...args], [], input)
  }

  /** The lines of the first `count` records of a topic; with `--group` among the arguments, from where the group is. */
  async consume(topic: string, count: number, ...args: string[]): Promise<string[]> {
    const most = ['--from-beginning', '--max-messages', String(count), '--timeout-ms', '30000']
    const stdout = await this.succeeds('ConsoleConsumer', ['--topic', topic, ...most, ...args])
    return stdout.split('\n').slice(0, -1)
  }

  /** TopicCommand fails, and says why. */
  async refuses(why: RegExp, ...args: string[]): Promise<void> {
    const { exitCode, stdout, stderr } = await this.run('TopicCommand', args)
    assert.notEqual(exitCode, 0)
    assert.match(stdout + stderr, why)
  }

  async succeeds(tool: string, args: string[], last: string[] = [], input?: string): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(tool, args, last, input)
    assert.equal(exitCode, 0, `${tool} ${[...args, ...last].join(' ')}:\n${stdout}\n${stderr}`)
    return stdout
  }

  /** @param last what stands after the options that all tools have: a subcommand and its options */
  run(tool: string, args: string[], last: string[] = [], input = ''): Promise<ProgramRun> {
    return this.#client.run(...this.#command(tool, [...args, ...last]), { input })
  }

  start(tool: string, args: string[]): RunningProgram {
    return this.#client.start(...this.#command(tool, args))
  }

  #command(tool: string, args: string[]): [string, string[]] {
    const main = tool.startsWith('kafka.') ? tool : `org.apache.kafka.tools.${classOf(tool)}`
    return [main, ['--bootstrap-server', this.#client.bootstrap, '--command-config', this.#config, ...args]]
  }
}

const classOf = (tool: string): string => (tool === 'ConsoleConsumer' ? 'consumer.ConsoleConsumer' : tool)
