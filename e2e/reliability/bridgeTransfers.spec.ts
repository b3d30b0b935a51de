// Random transfers through the bridge, in both directions simultaneously. For all sizes, frames,
// pauses and endings, every byte arrives as it was sent, or the stream ends early with an error.

import { megabytes } from '../../testing/byteUnits.ts';
import { closePayload } from '../../testing/frames.ts';
import { loopbackAddresses, proxyV2 } from '../../testing/proxyV2.ts';
import { pick, randomFrom, seed } from '../../testing/random.ts';
import { RawWebSocket, type WebSocketEnding } from '../../testing/rawWebSocket.ts';
import { record } from '../../testing/record.ts';
import { scaled } from '../../testing/scale.ts';
import { tlsFile } from '../../testing/tlsFile.ts';
import { expect, type ListeningProgram, QUICK } from '../fixtures.ts';
import { startBridgeProgram, test } from './bridgeProgram.ts';
import { branch, Comparison, characterAt, contentOf, randomSize } from './content.ts';
import { telnetData, telnetStream } from './referenceTelnet.ts';
import { ScriptedTarget, type Serve, type TargetConnection } from './scriptedTarget.ts';
import { framesOf, PausingReader, type Piece, resegment, Sender, splitRandomly } from './sender.ts';

const CONCURRENCY = 20;
const MAX_BYTES = 4 * 1024 * 1024;
const MAX_TEXT_BYTES = 512 * 1024;
const MAX_FRAME_BYTES = 256 * 1024;
/** The maximum number of frames: a large transfer in tiny frames would take too long. */
const MAX_FRAMES = 200;
/** How long a transfer may take, even on a busy machine, before the test fails. */
const TIMEOUT_MS = scaled(50_000, 300_000);

const ENDS = [
  'the target ends',
  'the target ends when it has received everything',
  'the browser closes',
  'the browser closes when it has received everything',
  'the browser ends the stream without a close frame',
  'the target resets',
  'the browser vanishes',
] as const;

/** The code that stands for a close frame without one (RFC 6455, section 7.1.5). */
const NO_CODE = 1005;
const CLOSE_CODES = [NO_CODE, 1000, 1001, 3000, 4999];

interface Transfer {
  end: (typeof ENDS)[number];
  toTarget: Buffer;
  toBrowser: Buffer;
  isText: boolean;
  closeCode: number;
}

/** The content that each end received, and how the session ended for it. */
interface TransferResult {
  target: Comparison;
  browser: Comparison;
  targetEnded: string;
  browserEnded: WebSocketEnding;
}

const SUBPROTOCOL = 'v1.transfers';
const PLAIN_MARKS = ['', '+proxy', '+proxy-v2', '+telnet', `+subprotocol=${SUBPROTOCOL}`] as const;
const TLS_MARKS = ['+tls', '+tls+proxy'] as const;
type Mark = (typeof PLAIN_MARKS | typeof TLS_MARKS)[number];

/** A named target, which one transfer at a time uses. */
interface TargetSlot {
  name: string;
  mark: Mark;
  target: ScriptedTarget;
  accept: () => Promise<TargetConnection>;
}

test.describe.configure({ timeout: scaled(60_000, 1_800_000) });

test('relays random transfers byte for byte, and ends them correctly', QUICK, () =>
  relayRandomTransfers('transfers', PLAIN_MARKS, scaled(150, 10_000 * PLAIN_MARKS.length)),
);

test('relays random transfers byte for byte over TLS, and ends them correctly', QUICK, () =>
  relayRandomTransfers('transfers over TLS', TLS_MARKS, scaled(60, 10_000)),
);

async function relayRandomTransfers(
  title: string,
  marks: readonly Mark[],
  count: number,
): Promise<void> {
  const slots = await Promise.all(
    Array.from({ length: CONCURRENCY }, (_, index) => openSlot(index, marks)),
  );
  const bridge = await startBridgeProgram(Object.fromEntries(slots.map(namedAddress)), [
    '--target-ca',
    tlsFile('cert'),
  ]);

  const totals = { toTarget: 0, toBrowser: 0, ends: new Map<string, number>() };
  const wrong: string[] = [];
  let next = 0;
  const work = slots.map(async (slot) => {
    for (let index = next++; index < count; index = next++) {
      const random = randomFrom(Math.imul(seed + index, 0x9e37_79b1));
      const transfer = randomTransfer(random);
      const what = `transfer ${index} of seed ${seed}: ${transfer.end}`;
      const found = await withTimeout(run(bridge, slot, transfer, random), what);
      for (const fault of faultsOf(transfer, found, slot)) wrong.push(`${what}: ${fault}`);
      totals.toTarget += found.target.receivedBytes;
      totals.toBrowser += found.browser.receivedBytes;
      totals.ends.set(transfer.end, (totals.ends.get(transfer.end) ?? 0) + 1);
    }
  });
  await Promise.all(work);

  expect(wrong).toEqual([]);
  expect(bridge.program.stderr).toBe('');
  expect(bridge.program.process.exitCode).toBeNull();
  await expect
    .poll(() => slots.map(({ target }) => target.connections.size))
    .toEqual(slots.map(() => 0));
  record(
    `bridge: ${title}`,
    `${count} random transfers, ${CONCURRENCY} at a time, ${megabytes(totals.toTarget)} to the targets and ` +
      `${megabytes(totals.toBrowser)} to the browsers: 0 bytes lost, wrong or out of order; ` +
      [...totals.ends].map(([end, times]) => `${end}: ${times}`).join(', '),
  );
}

async function openSlot(index: number, marks: readonly Mark[]): Promise<TargetSlot> {
  const mark = marks[index % marks.length] ?? '';
  const waiting: Array<(connection: TargetConnection) => void> = [];
  const serve: Serve = (connection) => waiting.shift()?.(connection);
  const target = await (mark.startsWith('+tls')
    ? ScriptedTarget.listenTls(serve, { expectsHeader: mark === '+tls+proxy' })
    : ScriptedTarget.listen(serve));
  const accept = () => new Promise<TargetConnection>((resolve) => waiting.push(resolve));
  return { name: `t${index}`, mark, target, accept };
}

function namedAddress({ name, target, mark }: TargetSlot): [string, string] {
  return [name, `${target.address}${mark}`];
}

function proxyHeaderFor(mark: Mark, from: number, to: number): Buffer {
  switch (mark) {
    case '':
    case '+subprotocol=v1.transfers':
    case '+tls':
    case '+telnet':
      return Buffer.alloc(0);
    case '+proxy':
    case '+tls+proxy':
      return Buffer.from(`PROXY TCP4 127.0.0.1 127.0.0.1 ${from} ${to}\r\n`);
    case '+proxy-v2':
      return proxyV2({ addresses: loopbackAddresses(from, to) });
    default:
      return mark satisfies never;
  }
}

function randomTransfer(random: () => number): Transfer {
  const isText = random() < 0.4;
  return {
    end: pick(ENDS, random),
    isText,
    toTarget: contentOf(randomLength(isText ? MAX_TEXT_BYTES : MAX_BYTES, random), isText, random),
    toBrowser: contentOf(randomLength(MAX_BYTES, random), false, random),
    closeCode: pick(CLOSE_CODES, random),
  };
}

function randomLength(max: number, random: () => number): number {
  return random() < 0.05 ? 0 : randomSize(1, max, random);
}

/** Both ends send and read simultaneously, until both have received the end. */
async function run(
  { port }: ListeningProgram,
  slot: TargetSlot,
  transfer: Transfer,
  random: () => number,
): Promise<TransferResult> {
  const { toTarget, toBrowser } = transfer;
  const accepted = slot.accept();
  const pieces = piecesOf(transfer, branch(random));
  const browser = new Comparison(toBrowser);
  let onBrowserProgress = (_readBytes: number): void => {};
  const webSocket = await RawWebSocket.connect(port, {
    path: `/ws/${slot.name}`,
    subprotocol: slot.mark.startsWith('+subprotocol') ? SUBPROTOCOL : undefined,
    early: random() < 0.3 ? takeFrame(pieces) : Buffer.alloc(0),
    onData: (chunk) => {
      browser.receive(chunk);
      onBrowserProgress(browser.receivedBytes);
    },
  });
  const connection = await accepted;
  const { socket } = connection;
  const proxyHeader = proxyHeaderFor(slot.mark, webSocket.socket.localPort ?? 0, port);
  const isTelnet = slot.mark === '+telnet';
  const expected = Buffer.concat([proxyHeader, isTelnet ? telnetData(toTarget) : toTarget]);
  const target = new Comparison(expected);
  target.receive(connection.header);
  const browserSender = new Sender(webSocket.socket);
  const targetSender = new Sender(socket);
  const reader = new PausingReader(
    webSocket.socket,
    targetSender,
    pausePositions(toBrowser, random),
    branch(random),
  );
  onBrowserProgress = (readBytes) => reader.onProgress(readBytes);
  const targetReader = new PausingReader(
    socket,
    browserSender,
    pausePositions(expected, random),
    branch(random),
  );
  socket.on('data', (chunk: Buffer) => {
    target.receive(chunk);
    targetReader.onProgress(target.receivedBytes);
  });
  socket.resume();

  const encode = (data: Buffer) => (isTelnet ? telnetStream(data, branch(random)) : data);
  const endpoints = { webSocket, connection, browser, target, browserSender, targetSender, encode };
  await Promise.all([
    browserSide(endpoints, transfer, pieces, branch(random)),
    targetSide(endpoints, transfer, branch(random)),
  ]);
  const browserEnded = await webSocket.ended();
  return { target, browser, browserEnded, targetEnded: await connection.ended };
}

interface TransferEndpoints {
  webSocket: RawWebSocket;
  connection: TargetConnection;
  browser: Comparison;
  target: Comparison;
  browserSender: Sender;
  targetSender: Sender;
  /** How the target sends its data. */
  encode: (data: Buffer) => Buffer;
}

async function browserSide(
  { webSocket, browser, browserSender }: TransferEndpoints,
  { end, closeCode }: Transfer,
  pieces: Iterable<Piece>,
  random: () => number,
): Promise<void> {
  const { socket } = webSocket;
  const sentPieces = end === 'the browser vanishes' ? randomPrefix(pieces, random) : pieces;
  await browserSender.send(
    sentPieces,
    random,
    ({ bytes, endsFrame }) => webSocket.send(bytes, endsFrame),
    () => webSocket.hasReceivedClose,
  );
  if (end === 'the browser vanishes') socket.resetAndDestroy();
  if (end === 'the browser ends the stream without a close frame') socket.end();
  if (end === 'the browser closes when it has received everything')
    await until(socket, () => browser.isWhole);
  if (end.startsWith('the browser closes')) {
    webSocket.close(closeCode === NO_CODE ? Buffer.alloc(0) : closePayload(closeCode, 'bye'));
  }
}

async function targetSide(
  { connection, target, targetSender, encode }: TransferEndpoints,
  { end, toBrowser }: Transfer,
  random: () => number,
): Promise<void> {
  const { socket, ended } = connection;
  const isReset = end === 'the target resets';
  const data = isReset ? toBrowser.subarray(0, Math.floor(random() * toBrowser.length)) : toBrowser;
  const sent = encode(data);
  const longest = Math.max(1, Math.min(MAX_FRAME_BYTES, sent.length));
  const chunks = splitRandomly(sent, Math.max(longest, Math.ceil(sent.length / 100)), random);
  await targetSender.send(asPieces(chunks), random, ({ bytes }) => socket.write(bytes));
  if (isReset) connection.reset();
  if (end === 'the target ends when it has received everything')
    await until(socket, () => target.isWhole);
  if (!end.startsWith('the target')) await ended;
  socket.end();
}

/** Resolves when a condition holds, which only a chunk can change, or the connection is over. */
function until(socket: NodeJS.ReadableStream, isFulfilled: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!isFulfilled()) return;
      for (const event of ['data', 'end', 'close']) socket.off(event, look);
      resolve();
    };
    socket.on('data', look);
    for (const event of ['end', 'close']) socket.on(event, () => resolve());
    look();
  });
}

/** The frames that the browser sends, in pieces. */
function piecesOf({ toTarget, isText }: Transfer, random: () => number): Generator<Piece> {
  const longest = randomSize(1, MAX_FRAME_BYTES, random);
  const frameBytes = Math.max(longest, Math.ceil(toTarget.length / MAX_FRAMES));
  return resegment(messages(toTarget, isText, frameBytes, random), random);
}

function* messages(bytes: Buffer, isText: boolean, longest: number, random: () => number) {
  let at = 0;
  while (at < bytes.length) {
    const end = Math.min(bytes.length, at + 1 + Math.floor(random() * longest));
    const to = isText ? characterAt(bytes, end) : end;
    yield* framesOf(bytes.subarray(at, to), isText && random() < 0.8, random);
    at = to;
    if (random() < 0.01) yield* framesOf(Buffer.alloc(0), isText, random);
  }
}

/** Takes the pieces up to the end of a frame. */
function takeFrame(pieces: Generator<Piece>): Buffer {
  const taken: Buffer[] = [];
  for (;;) {
    const { value, done = false } = pieces.next();
    if (done) break;
    taken.push(value.bytes);
    if (value.endsFrame) break;
  }
  return Buffer.concat(taken);
}

/** The first pieces, up to a random one, which may end in the middle of a frame. */
function* randomPrefix(pieces: Iterable<Piece>, random: () => number): Generator<Piece> {
  const probability = random();
  for (const piece of pieces) {
    if (random() > probability) return;
    yield piece;
  }
}

function* asPieces(chunks: Iterable<Buffer>): Generator<Piece> {
  for (const bytes of chunks) yield { bytes, endsFrame: true };
}

/** The positions at which a reader pauses: in most transfers none. */
function pausePositions(stream: Buffer, random: () => number): number[] {
  const count = random() < 0.6 ? 0 : randomSize(1, 5, random);
  return Array.from({ length: count }, () => Math.floor(random() * stream.length));
}

/**
 * @returns The faults; none if the transfer is correct. It calls no `expect`, because the runner
 *   keeps a record of each call and becomes slow after tens of thousands.
 */
function faultsOf(transfer: Transfer, found: TransferResult, { name }: TargetSlot): string[] {
  const expected = expectedEnding(transfer, name);
  const { code = NO_CODE, reason, isClean } = found.browserEnded;
  const seen = { code, reason, isClean, targetEnded: found.targetEnded };
  const wrong = Object.entries(expected).flatMap(([what, allowed]) => {
    const value = Object.entries(seen).find(([name]) => name === what)?.[1];
    return allowed.includes(value) ? [] : [`${what} is ${value}, not ${allowed}`];
  });
  if (reason?.endsWith('closed the connection') === true && code !== 1000) wrong.push(`${code}`);
  if (reason?.endsWith('reset the connection') === true && code !== 1014) wrong.push(`${code}`);
  for (const end of ['target', 'browser'] as const) {
    const isCorrect =
      found[end].wrongAt === undefined && (!receivesAll(transfer, end) || found[end].isWhole);
    if (!isCorrect) wrong.push(`the ${end} received ${found[end].description}`);
  }
  return wrong;
}

/** Whether a receiver gets every byte; otherwise it gets a prefix. */
function receivesAll({ end }: Transfer, receiver: 'target' | 'browser'): boolean {
  if (end === 'the target resets' || end === 'the browser vanishes') return false;
  return end.endsWith('received everything') || !end.startsWith(`the ${receiver}`);
}

type ExpectedValue = string | number | boolean | undefined;
type ExpectedEnding = Partial<
  Record<'code' | 'reason' | 'isClean' | 'targetEnded', readonly ExpectedValue[]>
>;

/** The endings that each side may observe. */
function expectedEnding({ end, closeCode }: Transfer, name: string): ExpectedEnding {
  const closed = `${name} closed the connection`;
  switch (end) {
    case 'the target ends':
    case 'the target ends when it has received everything':
      return { code: [1000], reason: [closed], isClean: [true], targetEnded: ['end'] };
    case 'the browser closes':
    case 'the browser closes when it has received everything':
      return { code: [closeCode], isClean: [true], targetEnded: ['end'] };
    case 'the browser ends the stream without a close frame':
      return { code: [NO_CODE], targetEnded: ['end'] };
    case 'the target resets':
      // libuv may report a reset right after the last byte as an end; bridgeTargets.spec.ts covers
      // that.
      return {
        code: [1014, 1000],
        reason: [`${name} reset the connection`, closed],
        isClean: [true],
      };
    case 'the browser vanishes':
      return { targetEnded: ['end'] };
    default:
      return end satisfies never;
  }
}

async function withTimeout<T>(work: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: did not finish`)), TIMEOUT_MS);
  });
  return Promise.race([work, tooLong]).finally(() => clearTimeout(timer));
}
