// `node apps/server/src/testing/kill-nine/main.ts [--kills 100] [--conversations 10]`
import { parseArgs } from 'node:util'
import { killNine } from './kill-nine.ts'

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '100' }, conversations: { type: 'string', default: '10' } },
})
const report = await killNine({
  kills: Number(values.kills),
  conversations: Number(values.conversations),
  progress: (line) => console.error(line),
})
console.log(report)
process.exitCode = report.problems.length === 0 ? 0 : 1
