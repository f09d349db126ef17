import { demoPath, type DemoFile } from './demo.ts'
import type { Addresses } from './parts.ts'

/** What a start prints on standard output: where everything is, and three lines to try it. */
export function banner({ addresses, dataDir, demo, readyInMs, kafkaSecurity }: BannerFacts): string {
  const { http, kafka } = addresses
  const lines = [
    '',
    `  Koine is ready in ${(readyInMs / 1000).toFixed(1)} s`,
    '',
    `  Console    ${http}/`,
    `  HTTP API   ${http}/v1        described at ${http}/docs`,
    `  WebSocket  ${http.replace('http', 'ws')}/v1/realtime`,
    `  Kafka      ${kafka}`,
    `  Metrics    ${http}/metrics`,
    `  Data       ${dataDir}`,
  ]
  if (demo) lines.push(...tryIt(addresses, { dataDir, demo, kafkaSecurity }))
  return `${lines.join('\n')}\n\n`
}

interface BannerFacts {
  readonly addresses: Addresses
  readonly dataDir: string
  readonly demo: DemoFile | undefined
  readonly readyInMs: number
  /** As Kafka clients call it. */
  readonly kafkaSecurity: 'SASL_SSL' | 'SASL_PLAINTEXT'
}

type TryItFacts = Pick<BannerFacts, 'dataDir' | 'kafkaSecurity'> & { readonly demo: DemoFile }

/** The secrets stay in the file: a terminal's history and logs are no place for them. */
function tryIt({ http, kafka }: Addresses, { dataDir, demo, kafkaSecurity }: TryItFacts): string[] {
  const acme = demo.tenants[0]!
  const keys = demoPath(dataDir)
  return [
    '',
    `  Two demo tenants are there; their keys are in ${keys}. Try it:`,
    '',
    `KEY=$(node -p "k=require('${keys}').tenants[0].apiKey; k.id+'.'+k.secret")`,
    `curl -sw '\\n' ${http}/v1/conversations/${acme.conversationId}/messages -H "Authorization: Bearer $KEY" -H "Koine-User: ${acme.users[0]!.id}" -H 'Content-Type: application/json' -d '{"clientMessageId":"try-1","text":"Hello, Ben"}'`,
    `kcat -b ${kafka} -X security.protocol=${kafkaSecurity} -X sasl.mechanism=PLAIN -X sasl.username="\${KEY%%.*}" -X sasl.password="\${KEY#*.}" -C -t koine.messages -o beginning -e`,
  ]
}
