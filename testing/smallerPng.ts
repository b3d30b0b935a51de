// Makes a PNG smaller without changing a pixel of it.

import { readFile } from 'node:fs/promises';
import optimise, { init } from '@jsquash/oxipng/optimise.js';

const WASM = '@jsquash/oxipng/codec/pkg/squoosh_oxipng_bg.wasm';

/** The library's most thorough level. An icon takes a second. */
const LEVEL = 6;

export async function smallerPng(png: Buffer): Promise<Buffer> {
  // The library tests whether it got the pixels of a canvas, which Node does not have.
  if (!('ImageData' in globalThis)) Object.assign(globalThis, { ImageData: class {} });
  await init(await readFile(new URL(import.meta.resolve(WASM))));
  return Buffer.from(await optimise(new Uint8Array(png).buffer, { level: LEVEL }));
}
