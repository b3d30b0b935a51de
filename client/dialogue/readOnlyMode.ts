// A conversation with a service that is only read: displays each line, and never asks for one.

import { type Conversation, type Effect, note } from './conversation.ts';
import { ServiceOutput } from './serviceOutput.ts';

export class ReadOnlyMode implements Conversation {
  readonly #introduction: string | undefined;
  readonly #output: ServiceOutput;
  #isOver = false;

  /** @param introduction Printed first, in brackets; nothing if it is left out. */
  constructor(introduction: string | undefined, showsColor: boolean) {
    this.#introduction = introduction;
    this.#output = new ServiceOutput(showsColor);
  }

  start(): Effect[] {
    return this.#introduction === undefined ? [] : [note(this.#introduction)];
  }

  typed(): Effect[] {
    return [];
  }

  received(text: string): Effect[] {
    return this.#isOver ? [] : this.#output.read(text);
  }

  closed(reason: string): Effect[] {
    if (this.#isOver) return [];
    this.#isOver = true;
    return [...this.#output.end(), note(reason), { do: 'end', ending: 'lost' }];
  }
}
