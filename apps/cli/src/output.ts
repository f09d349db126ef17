import Table from 'cli-table3'

export interface Output {
  /** Readable tables and sentences, or one JSON document for programs. */
  readonly json: boolean
  write(text: string): void
}

export interface Column<Row> {
  readonly title: string
  readonly cell: (row: Row) => string
}

/** Rows as an aligned table, or as a JSON array of the rows themselves. */
export function printRows<Row>(
  output: Output,
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  none: string,
): void {
  if (output.json) return printJson(output, rows)
  if (rows.length === 0) return output.write(`${none}\n`)
  const table = new Table({
    chars: plain,
    head: columns.map(({ title }) => title),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
  })
  for (const row of rows) table.push(columns.map(({ cell }) => cell(row)))
  const lines = table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
  output.write(`${lines.join('\n')}\n`)
}

/** One thing, as `name: value` lines or as JSON. */
export function printFields(output: Output, fields: Record<string, string | readonly string[] | undefined>): void {
  if (output.json) return printJson(output, fields)
  const present = Object.entries(fields).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, typeof value === 'string' ? value : value.join(' ')]],
  )
  const width = Math.max(...present.map(([name]) => name.length))
  output.write(present.map(([name, value]) => `${`${name}:`.padEnd(width + 2)}${value}\n`).join(''))
}

export const printJson = (output: Output, value: unknown): void => output.write(`${JSON.stringify(value, null, 2)}\n`)

const edges = [
  'top',
  'top-mid',
  'top-left',
  'top-right',
  'bottom',
  'bottom-mid',
  'bottom-left',
  'bottom-right',
  'left',
  'left-mid',
  'mid',
  'mid-mid',
  'right',
  'right-mid',
  'middle',
] as const
const plain = Object.fromEntries(edges.map((edge) => [edge, '']))
