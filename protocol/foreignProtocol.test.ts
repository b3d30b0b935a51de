import { describe, expect, test } from 'vitest';
import { COMMANDS } from './commands.ts';
import { protocolOfFirstBytes, protocolOfFirstLine, protocolOfLine } from './foreignProtocol.ts';

test.each([
  ['TLS 1.3 ClientHello', 'TLS', '\x16\x03\x01\x02\0\x01'],
  ['SSLv3 ClientHello', 'TLS', '\x16\x03\0\0\x61\x01'],
  ['SSLv2-compatible ClientHello', 'TLS', '\x80\x2e\x01\x03\x01'],
  ['STUN allocation, as a TURN client sends it', 'STUN', '\0\x03\0\x08\x21\x12\xa4\x42'],
  [
    'STUN binding after a length, as ICE over TCP sends it',
    'STUN',
    '\0\x54\0\x01\0\x40\x21\x12\xa4\x42',
  ],
  ['SOCKS 5 greeting', 'SOCKS', '\x05\x01\0'],
  ['SOCKS 4 CONNECT', 'SOCKS', '\x04\x01\x66\xc6'],
  ['MQTT 3.1.1 CONNECT', 'MQTT', '\x10\x13\0\x04MQTT\x04'],
  ['MQTT 3.1 CONNECT', 'MQTT', '\x10\x13\0\x06MQIsdp\x03'],
  ['PostgreSQL SSLRequest', 'binary data', '\0\0\0\x08\x04\xd2\x16\x2f'],
  ['SMB negotiation', 'binary data', '\0\0\0\x85\xffSMB'],
  ['DNS query over TCP', 'binary data', '\0\x1d\xab\xcd\x01\0\0\x01'],
  ['FastCGI request', 'binary data', '\x01\x01\0\x01\0\x08\0\0'],
  ['RDP connection request', 'RDP', '\x03\0\0\x13\x0e\xe0\0'],
])('detects %s by its first bytes, without an LF', (_what, protocol, bytes) => {
  expect(protocolOfFirstBytes(bytes)).toBe(protocol);
});

test.each([
  '',
  'M',
  'MSGGET',
  '\xff\xfb\x01\x03',
  '\xef\xbb\xbfMSGGET',
  '\0',
  '\0\0MSGGET',
  '\0\xff\xfb\x01',
  '\x03\n',
  '\x08M',
  '\x1b[A',
  '\r\n\r\n\0',
  'ab\nxyz\x21\x12\xa4\x42',
  'é',
])('detects no binary protocol in the first bytes %j', (bytes) => {
  expect(protocolOfFirstBytes(bytes)).toBeUndefined();
});

describe.each([
  ['first', (line: string) => protocolOfFirstLine(line, line)],
  ['any', protocolOfLine],
])('as the %s line', (_which, protocolOf) => {
  test.each([
    'GET / HTTP/1.1',
    'POST /submit HTTP/1.0',
    'get / http/1.1',
    'OPTIONS * HTTP/1.1',
    'CONNECT 127.0.0.1:26310 HTTP/1.1',
    'GET http://127.0.0.1:26310/ HTTP/1.1',
    'PURGE /x HTTP/1.1',
    "x-!#$%&'*+.^_`|~ /x HTTP/1.1",
    'POST\t/\tHTTP/1.1',
    'PRI * HTTP/2.0',
    'GET /',
    'head /x',
    `POST /${'x'.repeat(59)}`,
    'OPTIONS rtsp://127.0.0.1/ RTSP/1.0',
    'INVITE sip:a@127.0.0.1 SIP/2.0',
    'HTTP/1.1 200 OK',
    'Host: 127.0.0.1:26310',
    'host:127.0.0.1',
    'HOST : x',
    'Origin: null',
    'Referer: http://evil.example/',
    'User-Agent: curl/8',
    'Accept: */*',
    'Accept-Encoding: gzip',
    'Content-Type: text/plain',
    'Content-Length: 44',
    'Cookie: a=b',
    'Connection: keep-alive',
    'Sec-Fetch-Mode: no-cors',
    'Upgrade-Insecure-Requests: 1',
    'Transfer-Encoding: chunked',
    'X-Forwarded-For: 192.0.2.7',
    'Authorization: Basic x',
  ])('detects HTTP in %j', (line) => {
    expect(protocolOf(line)).toBe('HTTP');
  });

  test.each([
    'PROXY TCP4 192.0.2.7 198.51.100.1 56324 26310',
    'PROXY UNKNOWN',
    'PROXY x',
    'PROXY-KEY x',
  ])('detects the PROXY protocol in %j', (line) => {
    expect(protocolOf(line)).toBe('PROXY');
  });

  test.each([
    ...COMMANDS,
    'msgget',
    'MSGGET now',
    'help',
    'GET',
    'get the message',
    'see /tmp/motd for more',
    'Maintenance: tonight at 18:00',
    'note: exam moved to room 4/2',
    'Exam at 9/11, room HTTP',
    'POST the results',
    'caf\xc3\xa9',
    'caf\xe9',
    'MSGGET\0\0',
    '\0MSGGET',
    '\x01MSGGET',
    '\x1b[AMSGGET\x7f',
    'PROXY',
    'proxy settings',
    'hosts: a b',
    '123!abc',
    '{name}',
  ])('accepts %j', (line) => {
    expect(protocolOf(line)).toBeUndefined();
  });
});

test.each([
  ['SSH', 'SSH-2.0-OpenSSH_9.2'],
  ['SMTP', 'EHLO mail.example'],
  ['SMTP', 'helo'],
  ['DICT', 'CLIENT libcurl 8'],
  ['Git', '0032git-upload-pack /x'],
  ['Redis', '*1'],
  ['XML', "<?xml version='1.0'?>"],
  ['XML', '<stream:stream>'],
  ['JSON', '{"jsonrpc":"2.0"}'],
  ['JSON', '[{"a":1}]'],
  ['binary data', 'a\0b'],
  ['binary data', '\x01\x02\xff\xfe'],
  ['binary data', '\x21\x12\xa4\x42'],
])('detects %s by the first line %j, and not by a later line', (protocol, line) => {
  expect(protocolOfFirstLine(line, line)).toBe(protocol);
  expect(protocolOfLine(line)).toBeUndefined();
});

test('detects PROXY protocol version 2 by the bytes before the first line', () => {
  expect(protocolOfFirstLine('\0', '\r\n\r\n\0\r\n')).toBe('PROXY');
  expect(protocolOfFirstLine('QUIT', '\r\n\r\n\0\r\nQUIT\n\x21\x11')).toBe('PROXY');
  expect(protocolOfFirstLine('QUIT', '\r\n\r\nQUIT\n')).toBeUndefined();
});

test.each([
  'a '.repeat(2048),
  `a${' '.repeat(4094)}b`,
  `a${'\0'.repeat(4095)}`,
  `GET ${'x'.repeat(4092)}`,
])('takes linear time', (line) => {
  // A pattern that backtracks would take seconds, longer than the test's timeout.
  for (let times = 0; times < 1000; times++) protocolOfFirstLine(line, line);
});
