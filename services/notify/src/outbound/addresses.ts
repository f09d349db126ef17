import { BlockList, isIP, isIPv4 } from 'node:net'

/*
 * Which addresses the world at large can have. Everything else (RFC 6890 and its registries: this host, private and
 * shared networks, link-local with the clouds' metadata services, documentation, benchmarks, multicast, reserved) is
 * somebody's inside, and a tenant has no business there.
 */
const insideV4 = new BlockList()
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  // The virtual address at which Azure answers every machine's own questions.
  ['168.63.129.16', 32],
] as const) {
  insideV4.addSubnet(network, bits, 'ipv4')
}

const globalV6 = new BlockList()
globalV6.addSubnet('2000::', 3, 'ipv6')
const insideV6 = new BlockList()
for (const [network, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  // 6to4, which wraps an IPv4 address.
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  insideV6.addSubnet(network, bits, 'ipv6')
}

/** Prefixes of 96 bits behind which an IPv6 address is an IPv4 one: mapped, translated (RFC 6052), and by NAT64. */
const wrappers = ['0:0:0:0:0:ffff', '0:0:0:0:ffff:0', '64:ff9b:0:0:0:0']

/** Whether anybody's address may be this one. False for what isn't an IP address. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !insideV4.check(address, 'ipv4')
  const groups = groupsOf(address)
  if (!groups) return false
  const wrapped = wrappers.includes(groups.slice(0, 6).join(':'))
  if (wrapped) return isPublicAddress(embeddedV4(groups))
  return globalV6.check(address, 'ipv6') && !insideV6.check(address, 'ipv6')
}

/** The eight groups of an IPv6 address without leading zeros; undefined for other text, and with a zone. */
function groupsOf(address: string): string[] | undefined {
  if (isIP(address) !== 6 || address.includes('%')) return undefined
  // The URL parser is the one place that knows every way of writing one.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const split = (part: string | undefined): string[] => (part ? part.split(':') : [])
  const [front, back] = [split(head), split(tail)]
  return [...front, ...Array<string>(8 - front.length - back.length).fill('0'), ...back]
}

function embeddedV4(groups: readonly string[]): string {
  const [high, low] = [Number.parseInt(groups[6]!, 16), Number.parseInt(groups[7]!, 16)]
  return `${high >>> 8}.${high & 255}.${low >>> 8}.${low & 255}`
}

/** The host of a URL as an IP address, or undefined when it is a name. URLs write every number as a plain address. */
export function literalAddress(url: URL): string | undefined {
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname
  return isIP(host) === 0 ? undefined : host
}

/** Ports of other protocols that browsers keep from HTTP too (the Fetch standard's list), as far as they matter here. */
const refusedPorts = new Set([
  2049, 3659, 4045, 4190, 5060, 5061, 6000, 6379, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080, 11211,
])

/** 80, 443 and what isn't a well-known port of something else. */
export function isWebPort(url: URL): boolean {
  if (url.port === '') return true
  const port = Number(url.port)
  return port === 80 || port === 443 || (port >= 1024 && !refusedPorts.has(port))
}
