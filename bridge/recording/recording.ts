// The recording of one session: what its target sent, with times. It never slows the session:
// lines wait in bounded memory, and what does not fit is dropped, counted, and marked in the file.
//
//   state        event                                   next
//   open         the next line exceeds the size limit    full: a last marker, then the file closes
//   open, full   end                                     ended: what waits is written, the file closes
//
// Independent of that, the writer is idle, waits for more lines, or writes. Only one write is under
// way at a time.

import type { ReadInto } from '../relay/toBrowser.ts';
import { CastEncoder, headerLine, markerLine } from './castEncoder.ts';
import { CastFile } from './castFile.ts';
import type { DropReason, Recorder } from './recorder.ts';

/** How long lines are gathered for a write. What is lost if the process is killed. */
const GATHER_MS = 200;

/** Lines of this many bytes are written immediately. */
const FULL_BATCH_BYTES = 64 * 1024;

/** The maximum that may wait in one session. One line more may exceed it. */
const MAX_PENDING_BYTES = 1024 * 1024;

const NOTHING = Buffer.alloc(0);

const SIZE_LIMIT_REACHED = 'the recording reached its maximum size';

/** Reserved at the end of a file for the marker of the limit, and for one of a gap. */
const RESERVED_BYTES = 2 * Buffer.byteLength(markerLine(1e9 + 1e-6, gapLabel(1e15)));

interface Line {
  readonly text: Buffer;
  /** How many bytes of the target it holds. */
  readonly sourceBytes: number;
  /** How many missing bytes its marker reports. */
  readonly gapBytes: number;
}

export class Recording {
  readonly #recorder: Recorder;
  readonly #encoder = new CastEncoder();
  readonly #file: CastFile;
  readonly #startedAtMs = performance.now();
  #state: 'open' | 'full' | 'ended' = 'open';
  /** How many bytes the file may still get. */
  #remainingBytes: number;
  #pending: Line[] = [];
  #pendingBytes = 0;
  /** Bytes of the target that are missing after the last line. */
  #missingBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;

  /** @param path Of a file that does not exist. */
  constructor(recorder: Recorder, path: string, title: string) {
    this.#recorder = recorder;
    const header = Buffer.from(headerLine(title, Math.floor(Date.now() / 1000)));
    this.#file = new CastFile(path, header);
    this.#remainingBytes = recorder.maxBytes - header.length - RESERVED_BYTES;
  }

  /** Records what is read into a buffer, before it is relayed. */
  tap(onread: ReadInto): ReadInto {
    let buffer: Buffer = NOTHING;
    return {
      buffer: () => {
        buffer = onread.buffer();
        return buffer;
      },
      callback: (bytes) => {
        this.output(buffer.subarray(0, bytes));
        return onread.callback(bytes);
      },
    };
  }

  /** @param bytes They are copied. */
  output(bytes: Uint8Array): void {
    if (this.#state !== 'open') this.#count('limit', bytes.length);
    else if (this.#pendingBytes >= MAX_PENDING_BYTES || this.#recorder.isMemoryFull)
      this.#miss('memory', bytes.length);
    else this.#record(bytes);
  }

  #record(bytes: Uint8Array): void {
    const seconds = this.#seconds();
    const gapBytes = this.#missingBytes;
    const gap = gapBytes > 0 ? this.#gapLines(seconds) : '';
    const text = Buffer.from(gap + this.#encoder.output(seconds, bytes));
    if (text.length > this.#remainingBytes) this.#fill(bytes.length);
    else this.#add({ text, sourceBytes: bytes.length, gapBytes });
  }

  /** Resolves when the file is complete. */
  async end(): Promise<void> {
    if (this.#state === 'open') {
      const text = Buffer.from(this.#gapLines(this.#seconds()));
      if (text.length > 0) this.#add({ text, sourceBytes: 0, gapBytes: 0 });
    }
    this.#state = 'ended';
    await this.#flush();
    await this.#file.close();
  }

  /** Completes the last character, and marks a gap after it. */
  #gapLines(seconds: number): string {
    const missing = this.#missingBytes;
    this.#missingBytes = 0;
    const rest = this.#encoder.end(seconds);
    return missing === 0 ? rest : rest + markerLine(seconds, gapLabel(missing));
  }

  /** @param sourceBytes The bytes that no longer fit. */
  #fill(sourceBytes: number): void {
    this.#state = 'full';
    this.#count('limit', sourceBytes);
    const text = Buffer.from(markerLine(this.#seconds(), SIZE_LIMIT_REACHED));
    this.#add({ text, sourceBytes: 0, gapBytes: 0 });
    void this.#flush().then(() => this.#file.close());
  }

  #add(line: Line): void {
    const { length } = line.text;
    this.#pending.push(line);
    this.#pendingBytes += length;
    this.#remainingBytes -= length;
    this.#recorder.pendingBytes += length;
    if (this.#pendingBytes >= FULL_BATCH_BYTES) void this.#flush();
    else this.#timer ??= setTimeout(() => void this.#flush(), GATHER_MS).unref();
  }

  /** Resolves when everything that waits is written, or dropped. */
  #flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#pending.length > 0) this.#writing ??= this.#writeAll();
    return this.#writing ?? Promise.resolve();
  }

  async #writeAll(): Promise<void> {
    while (this.#pending.length > 0) {
      const lines = this.#pending;
      this.#pending = [];
      const texts = lines.map(({ text }) => text);
      const length = sum(texts.map((text) => text.length));
      const isWritten = await this.#recorder.write(() => this.#file.append(texts));
      this.#pendingBytes -= length;
      this.#recorder.pendingBytes -= length;
      if (isWritten) continue;
      this.#remainingBytes += length;
      this.#miss('error', sum(lines.map(({ sourceBytes }) => sourceBytes)));
      this.#missingBytes += sum(lines.map(({ gapBytes }) => gapBytes));
    }
    this.#writing = undefined;
  }

  #miss(reason: DropReason, bytes: number): void {
    this.#missingBytes += bytes;
    this.#count(reason, bytes);
  }

  #count(reason: DropReason, bytes: number): void {
    this.#recorder.counters.dropped[reason] += bytes;
  }

  #seconds(): number {
    return (performance.now() - this.#startedAtMs) / 1000;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function gapLabel(bytes: number): string {
  return `${bytes} bytes were not recorded`;
}
