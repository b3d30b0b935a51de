// A model of a disk that loses its power. It replays the recorded calls up to some moment, and makes
// a state in which the disk may be after a power loss at that moment.
//
// What was synced is there. Of what was written since, each sector may be there or not, in any
// combination, and the file may have any length in between, filled with zeros. A new name is there,
// or is not, until its folder was synced. A sync that failed has written some of the sectors, and
// the others are never written again (https://wiki.postgresql.org/wiki/Fsync_Errors).

import { basename } from 'node:path';

const SECTOR_BYTES = 512;

export type DiskCall =
  | { call: 'open'; descriptor: number; path: string; isNew: boolean }
  | { call: 'write'; descriptor: number; bytes: Buffer; at: number }
  | { call: 'truncate'; descriptor: number; length: number }
  | { call: 'sync'; descriptor: number; isDone: boolean }
  | { call: 'rename'; from: string; to: string };

type Change = { at: number; bytes: Buffer } | { length: number };

class ModelFile {
  #durable: Buffer = Buffer.alloc(0);
  readonly changes: Change[] = [];

  /** Some of the changes since the last sync. */
  afterLoss(random: () => number): Buffer {
    // Sometimes nearly nothing is there, sometimes nearly everything.
    const share = random();
    return this.#after(() => random() < share);
  }

  sync(isDone: boolean, random: () => number): void {
    this.#durable = isDone ? this.#after(() => true) : this.afterLoss(random);
    this.changes.length = 0;
  }

  /** @param isThere Called for every sector, and for every change of the length. */
  #after(isThere: () => boolean): Buffer {
    let { length } = this.#durable;
    const ends = this.changes.map((change) =>
      'bytes' in change ? change.at + change.bytes.length : 0,
    );
    const content = Buffer.alloc(Math.max(length, ...ends));
    this.#durable.copy(content);
    for (const change of this.changes) {
      if ('length' in change) {
        if (change.length < length && isThere()) {
          content.fill(0, change.length);
          length = change.length;
        }
        continue;
      }
      const { at, bytes } = change;
      const end = at + bytes.length;
      if (isThere()) length = Math.max(length, end);
      for (let start = at; start < end; ) {
        const next = Math.min(end, (Math.floor(start / SECTOR_BYTES) + 1) * SECTOR_BYTES);
        if (isThere()) {
          bytes.copy(content, start, start - at, next - at);
          length = Math.max(length, next);
        }
        start = next;
      }
    }
    return content.subarray(0, length);
  }
}

/** @returns What is in the file of a name after a power loss; `undefined` if there is none. */
export function afterPowerLoss(
  calls: readonly DiskCall[],
  name: string,
  random: () => number,
): Buffer | undefined {
  const opened = new Map<number, { file: ModelFile; path: string }>();
  let names = new Map<string, ModelFile>();
  let durableNames = names;
  for (const call of calls) {
    switch (call.call) {
      case 'open': {
        const file = (!call.isNew && names.get(basename(call.path))) || new ModelFile();
        opened.set(call.descriptor, { file, path: call.path });
        names = new Map(names).set(basename(call.path), file);
        break;
      }
      case 'write':
      case 'truncate':
        opened.get(call.descriptor)?.file.changes.push(call);
        break;
      case 'sync': {
        const { file, path = '' } = opened.get(call.descriptor) ?? {};
        file?.sync(call.isDone, random);
        if (call.isDone && !path.includes('messages.log')) durableNames = names;
        break;
      }
      case 'rename': {
        const file = names.get(basename(call.from));
        names = new Map(names);
        names.delete(basename(call.from));
        if (file !== undefined) names.set(basename(call.to), file);
        break;
      }
      default:
        call satisfies never;
    }
  }
  return (random() < 0.5 ? names : durableNames).get(name)?.afterLoss(random);
}
