import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPublicAddress, isWebPort, literalAddress } from './addresses.ts'

const publicOnes = [
  ...[
    '8.8.8.8',
    '1.1.1.1',
    '172.15.255.255',
    '172.32.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '169.253.0.1',
    '192.0.1.1',
  ],
  ...['2606:4700:4700::1111', '2a00:1450:4001:81b::200e', '::ffff:8.8.8.8', '64:ff9b::808:808'],
]

const insideOnes = [
  ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '100.64.0.1', '127.0.0.1', '127.255.255.254', '169.254.169.254', '172.16.0.1'],
  ...['172.31.255.255', '192.168.1.1', '192.0.0.8', '192.0.2.1', '198.18.0.1', '198.51.100.1', '203.0.113.9'],
  ...['224.0.0.1', '255.255.255.255', '168.63.129.16', '100.100.100.200'],
  ...['::', '::1', 'fe80::1', 'fe80::1%eth0', 'fc00::1', 'fd00:ec2::254', 'ff02::1', '2001:db8::1', '2002:7f00:1::'],
  ...[
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:0:10.0.0.1',
    '64:ff9b::a9fe:a9fe',
    '::127.0.0.1',
    '2001::1',
    '3fff::1',
  ],
  ...['', 'localhost', '1.2.3', '300.1.1.1', 'example.com'],
]

test('addresses of the world at large are public', () => {
  for (const address of publicOnes) assert.equal(isPublicAddress(address), true, address)
})

test('addresses of somebody’s inside are not, however they are written', () => {
  for (const address of insideOnes) assert.equal(isPublicAddress(address), false, address)
})

test('a URL’s host in decimal, octal, hexadecimal or short form is the address that it stands for', () => {
  const hosts = [
    '2130706433',
    '0177.0.0.1',
    '0x7f.1',
    '0x7f000001',
    '127.1',
    '017700000001',
    '127.0.0.1.',
    '%31%32%37.0.0.1',
  ]
  for (const host of hosts) assert.equal(literalAddress(new URL(`http://${host}/`)), '127.0.0.1', host)
  assert.equal(literalAddress(new URL('http://[::ffff:127.0.0.1]/')), '::ffff:7f00:1')
  assert.equal(literalAddress(new URL('http://example.com/')), undefined)
})

test('ports of other protocols are not the web’s', () => {
  for (const [port, expected] of [
    ['', true],
    [':80', true],
    [':8443', true],
    [':22', false],
    [':25', false],
    [':6379', false],
    [':0', false],
  ] as const) {
    assert.equal(isWebPort(new URL(`https://example.com${port}/`)), expected, port)
  }
})
