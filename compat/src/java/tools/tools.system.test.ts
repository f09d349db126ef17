import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { peer, until } from '@koine/base/testing'
import { scenarios } from '../../scenarios.ts'
import { kafkaVersion } from '../java-libraries.ts'
import type { AdminTools } from '../admin-tools.ts'
import { type JavaSuite, openJavaSuite } from '../java-suite.ts'

const skip = peer('java', 'mvn')

scenarios({ suite: 'java tools', version: kafkaVersion, folder: import.meta.dirname, skip }, (scenario) => {
  let suite: JavaSuite
  let tools: AdminTools
  before(async () => {
    suite = await openJavaSuite(`${import.meta.dirname}/Transact.java`)
    tools = suite.tools
  })
  after(() => suite[Symbol.asyncDispose]())

  scenario('TopicCommand creates, lists, describes, widens and deletes a topic', async () => {
    const settings = ['--config', 'retention.ms=60000', '--config', 'cleanup.policy=compact']
    assert.match(
      await tools.topics('--create', '--topic', 'made', '--partitions', '2', ...settings),
      /Created topic made/,
    )
    assert.match(await tools.topics('--list'), /^made$/m)
    const described = await tools.topics('--describe', '--topic', 'made')
    assert.match(
      described,
      /TopicId: \S{22}\s+PartitionCount: 2\s+ReplicationFactor: 1\s+Configs: \S*retention\.ms=60000/,
    )
    assert.match(described, /cleanup\.policy=compact/)
    assert.match(described, /Partition: 1\s+Leader: (\d+)\s+Replicas: \1\s+Isr: \1/)
    await tools.topics('--alter', '--topic', 'made', '--partitions', '3')
    assert.match(await tools.topics('--describe', '--topic', 'made'), /PartitionCount: 3/)
    await tools.topics('--delete', '--topic', 'made')
    assert.doesNotMatch(await tools.topics('--list'), /^made$/m)
  })

  scenario('TopicCommand is told why a topic can’t be made, widened or found', async () => {
    await tools.topics('--create', '--topic', 'there', '--partitions', '2')
    await tools.refuses(/TopicExistsException/, '--create', '--topic', 'there')
    await tools.refuses(/InvalidPartitionsException/, '--alter', '--topic', 'there', '--partitions', '1')
    await tools.refuses(
      /InvalidReplicationFactorException/,
      '--create',
      '--topic',
      'copied',
      '--replication-factor',
      '3',
    )
    await tools.refuses(/does not exist as expected/, '--describe', '--topic', 'nowhere')
    await tools.topics('--create', '--topic', 'there', '--if-not-exists')
  })

  scenario('ConsoleProducer and ConsoleConsumer pass on keys, headers and nulls', async () => {
    const parsing = ['parse.key=true', 'parse.headers=true', 'null.marker=NULL']
    const reader = parsing.flatMap((property) => ['--reader-property', property])
    await tools.produce('rich', 'colour:blue\tk1\tone\ncolour:red,size:9\tk2\tNULL\n', ...reader)
    const printing = ['print.key=true', 'print.headers=true', 'print.offset=true', 'null.literal=NULL']
    const formatter = printing.flatMap((property) => ['--formatter-property', property])
    assert.deepEqual(await tools.consume('rich', 2, ...formatter), [
      'Offset:0\tcolour:blue\tk1\tone',
      'Offset:1\tcolour:red,size:9\tk2\tNULL',
    ])
  })

  for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
    scenario(`ConsoleConsumer reads what ConsoleProducer compressed with ${codec}`, async () => {
      const lines = Array.from({ length: 50 }, (_, i) => `line ${i} of many that look alike`)
      await tools.produce(`in-${codec}`, `${lines.join('\n')}\n`, '--compression-codec', codec)
      assert.deepEqual(await tools.consume(`in-${codec}`, 50), lines)
    })
  }

  scenario('ConsoleConsumer reads a partition from an offset, and only what is committed', async () => {
    await tools.produce('positioned', '0\n1\n2\n3\n')
    const from = ['--partition', '0', '--offset', '2', '--isolation-level', 'read_committed', '--max-messages', '2']
    assert.equal(await tools.succeeds('ConsoleConsumer', ['--topic', 'positioned', ...from]), '2\n3\n')
  })

  for (const protocol of ['classic', 'consumer']) {
    scenario(`ConsumerGroupCommand lists, describes and resets a group of the ${protocol} protocol`, async () => {
      const [topic, group] = [`read-by-${protocol}`, `group-${protocol}`]
      await tools.produce(topic, 'a\nb\nc\n')
      const member = ['--group', group, '--command-property', `group.protocol=${protocol}`]
      assert.deepEqual(await tools.consume(topic, 2, ...member), ['a', 'b'])
      assert.match(await tools.groups('--list', '--state'), new RegExp(`^${group}\\s+Empty`, 'm'))
      const lag = new RegExp(`${group}\\s+${topic}\\s+0\\s+2\\s+3\\s+1\\s`)
      assert.match(await tools.groups('--describe', '--group', group), lag)
      assert.match(await tools.groups('--describe', '--group', group, '--state'), /Empty\s+0/)
      const reset = ['--reset-offsets', '--group', group, '--topic', topic, '--execute']
      assert.match(await tools.groups(...reset, '--shift-by', '-1'), new RegExp(`${topic}\\s+0\\s+1`))
      assert.deepEqual(await tools.consume(topic, 2, ...member), ['b', 'c'])
      assert.match(await tools.groups(...reset, '--to-datetime', '2000-01-01T00:00:00.000'), /0\s+0/)
      assert.match(await tools.groups('--delete-offsets', '--group', group, '--topic', topic), /Successful/)
      assert.match(await tools.groups('--delete', '--group', group), /was successful/)
      assert.doesNotMatch(await tools.groups('--list'), new RegExp(`^${group}$`, 'm'))
    })

    scenario(`ConsumerGroupCommand describes the members of a group of the ${protocol} protocol`, async () => {
      const [topic, group] = [`held-by-${protocol}`, `holders-${protocol}`]
      await tools.topics('--create', '--topic', topic, '--partitions', '2')
      await using member = tools.start('ConsoleConsumer', [
        ...['--topic', topic, '--group', group],
        ...['--command-property', `group.protocol=${protocol}`],
      ])
      await until(
        'the member has its partitions',
        async () => {
          const described = await tools.groups('--describe', '--group', group, '--members', '--verbose')
          return new RegExp(`${topic}(\\(0,1\\)|:0,1)`).test(described)
        },
        20_000,
      )
      assert.match(await tools.groups('--describe', '--group', group, '--state'), /Stable\s+1/)
      const refused = await tools.run('consumer.group.ConsumerGroupCommand', ['--delete', '--group', group])
      assert.match(refused.stdout + refused.stderr, /GroupNotEmptyException/)
      member.signal('SIGTERM')
      await member.exited
    })
  }

  scenario('ConfigCommand alters, describes and takes back a topic’s settings', async () => {
    await tools.topics('--create', '--topic', 'tuned')
    const topic = ['--entity-type', 'topics', '--entity-name', 'tuned']
    await tools.configs('--alter', ...topic, '--add-config', 'retention.ms=120000,cleanup.policy=[compact,delete]')
    const described = await tools.configs('--describe', ...topic)
    assert.match(described, /retention\.ms=120000 sensitive=false synonyms=\{DYNAMIC_TOPIC_CONFIG:retention\.ms=120000/)
    assert.match(described, /cleanup\.policy=compact,delete /)
    await tools.configs('--alter', ...topic, '--delete-config', 'retention.ms')
    assert.doesNotMatch(await tools.configs('--describe', ...topic), /retention\.ms/)
    assert.match(await tools.configs('--describe', ...topic, '--all'), /retention\.ms=604800000 /)
  })

  scenario('ConfigCommand describes the broker', async () => {
    const broker = ['--entity-type', 'brokers', '--entity-name', '1', '--all']
    assert.match(await tools.configs('--describe', ...broker), /auto\.create\.topics\.enable=true/)
  })

  scenario('ConfigCommand sets, describes and removes client quotas', async () => {
    const user = ['--entity-type', 'users', '--entity-name', 'bob']
    await tools.configs('--alter', ...user, '--add-config', 'producer_byte_rate=1048576')
    assert.match(await tools.configs('--describe', ...user), /'bob' are producer_byte_rate=1048576\.0/)
    await tools.configs('--alter', ...user, '--delete-config', 'producer_byte_rate')
    assert.doesNotMatch(await tools.configs('--describe', ...user), /producer_byte_rate/)
    const anyone = ['--entity-type', 'clients', '--entity-default']
    await tools.configs('--alter', ...anyone, '--add-config', 'consumer_byte_rate=1e9')
    assert.match(await tools.configs('--describe', ...anyone), /consumer_byte_rate=1\.0E9/)
  })

  scenario('ConfigCommand gives a user SCRAM credentials, describes them and takes them back', async () => {
    const user = ['--entity-type', 'users', '--entity-name', 'carol']
    await tools.configs('--alter', ...user, '--add-config', 'SCRAM-SHA-256=[iterations=8192,password=carols-own]')
    assert.match(await tools.configs('--describe', ...user), /'carol' are SCRAM-SHA-256=iterations=8192/)
    await tools.configs('--alter', ...user, '--delete-config', 'SCRAM-SHA-256')
    assert.doesNotMatch(await tools.configs('--describe', ...user), /SCRAM/)
  })

  scenario('AclCommand adds, lists and removes rules, literal and prefixed', async () => {
    const who = ['--allow-principal', 'User:dave']
    const rights = [...who, '--operation', 'Read', '--operation', 'Write', '--topic', 'guarded']
    await tools.acls('--add', ...rights)
    await tools.acls(
      '--add',
      ...who,
      '--consumer',
      '--topic',
      'pre-',
      '--group',
      'g',
      '--resource-pattern-type',
      'prefixed',
    )
    const listed = await tools.acls('--list', '--topic', 'guarded')
    assert.match(listed, /name=guarded, patternType=LITERAL/)
    assert.match(listed, /principal=User:dave, host=\*, operation=WRITE, permissionType=ALLOW/)
    const all = await tools.acls('--list', '--principal', 'User:dave')
    assert.match(all, /resourceType=GROUP, name=g, patternType=PREFIXED/)
    assert.match(await tools.acls('--list', '--topic', 'pre-1', '--resource-pattern-type', 'match'), /name=pre-/)
    await tools.acls('--remove', '--force', ...rights)
    assert.doesNotMatch(await tools.acls('--list', '--topic', 'guarded'), /dave/)
  })

  scenario('a user made by ConfigCommand may do what AclCommand allows, and no more', async () => {
    await tools.topics('--create', '--topic', 'for-dora')
    const user = ['--entity-type', 'users', '--entity-name', 'dora']
    await tools.configs('--alter', ...user, '--add-config', 'SCRAM-SHA-512=[password=doras-own]')
    const doras = await suite.toolsOf('dora', 'doras-own')
    const produce = (topic: string) => doras.run('ConsoleProducer', ['--topic', topic], [], 'hello\n')
    assert.match((await produce('for-dora')).stderr, /TopicAuthorizationException/)
    await tools.acls('--add', '--allow-principal', 'User:dora', '--producer', '--topic', 'for-dora')
    assert.doesNotMatch((await produce('for-dora')).stderr, /Exception/)
    assert.deepEqual(await tools.consume('for-dora', 1), ['hello'])
    const grouped = ['--topic', 'for-dora', '--group', 'doras', '--max-messages', '1', '--from-beginning']
    const unallowed = await doras.run('ConsoleConsumer', grouped)
    assert.match(unallowed.stdout + unallowed.stderr, /(Group|Topic)AuthorizationException/)
    const reading = ['--allow-principal', 'User:dora', '--consumer', '--topic', 'for-dora', '--group', 'doras']
    await tools.acls('--add', ...reading)
    assert.deepEqual(await doras.consume('for-dora', 1, '--group', 'doras'), ['hello'])
    assert.doesNotMatch(await doras.topics('--list'), /koine|shortened/)
  })

  scenario('GetOffsetShell and DeleteRecordsCommand: earliest, latest, by time, and moving the earliest', async () => {
    await tools.produce('shortened', '0\n1\n2\n')
    const offset = (time: string) => tools.succeeds('GetOffsetShell', ['--topic', 'shortened', '--time', time])
    assert.equal(await offset('-2'), 'shortened:0:0\n')
    assert.equal(await offset('latest'), 'shortened:0:3\n')
    assert.match(await offset('max-timestamp'), /shortened:0:[012]\n/)
    assert.equal(await offset('1000'), 'shortened:0:0\n')
    const partitions = [{ topic: 'shortened', partition: 0, offset: 2 }]
    const wanted = suite.client.file('json', [JSON.stringify({ version: 1, partitions })])
    const deleted = await tools.succeeds('DeleteRecordsCommand', ['--offset-json-file', wanted])
    assert.match(deleted, /partition: shortened-0\s+low_watermark: 2/)
    assert.equal(await offset('earliest'), 'shortened:0:2\n')
    assert.deepEqual(await tools.consume('shortened', 1), ['2'])
  })

  scenario('LogDirsCommand tells how much room a topic takes', async () => {
    await tools.produce('weighed', 'something\n')
    const said = await tools.succeeds('LogDirsCommand', ['--describe', '--topic-list', 'weighed'])
    const { brokers } = JSON.parse(said.split('\n').find((line) => line.startsWith('{'))!)
    const [partition] = brokers[0].logDirs[0].partitions
    assert.equal(partition.partition, 'weighed-0')
    assert.ok(partition.size > 0)
  })

  scenario('TransactionsCommand lists and describes transactions, and finds none that hang', async () => {
    const transact = [suite.client.properties(), 'teller-1', 'ledger', 'kept']
    const { exitCode, stderr } = await suite.client.run('Transact', transact)
    assert.equal(exitCode, 0, stderr)
    assert.match(await tools.transactions('list'), /^teller-1\s+1\s+\d+\s+CompleteCommit/m)
    const described = await tools.transactions('describe', '--transactional-id', 'teller-1')
    assert.match(described, /teller-1\s+\d+\s+\d+\s+CompleteCommit/)
    const producers = await tools.transactions('describe-producers', '--topic', 'ledger', '--partition', '0')
    assert.match(producers, /ProducerId\s+ProducerEpoch[^\n]*\n\d+\s+\d+/)
    assert.doesNotMatch(await tools.transactions('find-hanging', '--broker-id', '1'), /^ledger/m)
  })

  for (const protocol of ['classic', 'consumer']) {
    scenario(`VerifiableConsumer of the ${protocol} protocol reads all that VerifiableProducer sent`, async () => {
      const topic = `verified-${protocol}`
      await tools.topics('--create', '--topic', topic, '--partitions', '3')
      const produced = await tools.succeeds('VerifiableProducer', ['--topic', topic, '--max-messages', '500'])
      assert.match(produced, /"name":"tool_data","sent":500,"acked":500/)
      const reading = ['--topic', topic, '--group-id', `verifiers-${protocol}`, '--max-messages', '500']
      const how = ['--reset-policy', 'earliest', '--group-protocol', protocol]
      const consumed = await tools.succeeds('VerifiableConsumer', [...reading, ...how])
      const events = consumed
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as { name: string; count?: number; success?: boolean })
      const counts = events.filter(({ name }) => name === 'records_consumed').map(({ count }) => count ?? 0)
      assert.equal(
        counts.reduce((sum, count) => sum + count, 0),
        500,
      )
      assert.ok(events.filter(({ name }) => name === 'offsets_committed').every(({ success }) => success))
    })
  }

  scenario('BrokerApiVersionsCommand and FeatureCommand understand what the broker tells of itself', async () => {
    const versions = await tools.succeeds('BrokerApiVersionsCommand', [])
    assert.match(versions, /Fetch\(1\): \d+ to \d+ \[usable: \d+\]/)
    assert.doesNotMatch(versions, /ERROR/)
    await tools.succeeds('FeatureCommand', [], ['describe'])
  })

  scenario('GroupsCommand lists groups with their types', async () => {
    await tools.produce('typed', 'x\n')
    await tools.consume('typed', 1, '--group', 'typed-readers')
    assert.match(await tools.succeeds('GroupsCommand', ['--list']), /typed-readers\s+Classic\s+consumer/)
  })
})
