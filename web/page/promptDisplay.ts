// Shows the prompt and the line being typed, in the terminal and in the field below it. A password
// shows as typed or as bullets, depending on the settings.

import {
  isSecret,
  isSecretAnswer,
  type PromptKind,
  takesCommand,
} from '../../client/dialogue/conversation.ts';
import { maskSecret } from '../../client/dialogue/maskSecret.ts';
import type { LineEditor } from '../editor/lineEditor.ts';
import type { PromptLine } from '../editor/lineLayout.ts';
import type { NativeField } from '../ui/nativeField.ts';
import type { Screen } from './screen.ts';
import type { StartHint } from './startHint.ts';
import { PASSWORD_DISCARDED } from './typedPassword.pure.ts';

export interface PromptDisplayDependencies {
  screen: Pick<Screen, 'showLine' | 'completeLine'>;
  field: Pick<NativeField, 'setPrompt' | 'setText'>;
  editor: Pick<LineEditor, 'line' | 'search'>;
  startHint: Pick<StartHint, 'text'>;
  /** Hides a secret in a line that is not a password. */
  conceal(line: string): string;
  /** Whether passwords show as bullets at the moment. */
  masksPasswords(): boolean;
}

export class PromptDisplay {
  readonly #deps: PromptDisplayDependencies;

  constructor(deps: PromptDisplayDependencies) {
    this.#deps = deps;
  }

  /**
   * Shows a prompt with the line being typed.
   *
   * @param kind `undefined` if there is no conversation.
   * @param label The label of the field.
   */
  show(prompt: string, kind: PromptKind | undefined, label = prompt): void {
    const { screen, field, editor, startHint } = this.#deps;
    this.#showInField(editor.line.text);
    field.setPrompt({ prompt: label, for: kind, isMasked: this.#isMasked(kind) });
    screen.showLine(this.#promptLine(prompt, kind), startHint.text);
  }

  /** Shows that a password is being discarded, and nothing of it. */
  showDiscarding(kind: PromptKind | undefined): void {
    const { screen, field } = this.#deps;
    this.#showInField('');
    field.setPrompt({ prompt: PASSWORD_DISCARDED, for: kind, isMasked: true });
    screen.showLine({ prompt: PASSWORD_DISCARDED, text: '', cursor: 0 });
  }

  /**
   * Shows type-ahead while there is no prompt: in the field only.
   *
   * @param mayBePassword Whether the next prompt may be one for a password.
   */
  showTypeAhead(text: string, mayBePassword: boolean): void {
    const { field } = this.#deps;
    this.#showInField(text);
    field.setPrompt({ for: undefined, isMasked: mayBePassword && this.#deps.masksPasswords() });
  }

  /**
   * Replaces the line being typed by a completed one.
   *
   * @param suffix Shown after the text, and never masked.
   */
  complete(prompt: string, text: string, kind: PromptKind, suffix = ''): void {
    const isPassword = !isSecret(kind) && isSecretAnswer(kind, text);
    const shown = `${this.#mask(text, isPassword ? 'password' : kind)}${suffix}`;
    const startsExchange = takesCommand(kind);
    this.#deps.screen.completeLine({ prompt, text: shown, cursor: 0, startsExchange });
  }

  #showInField(text: string): void {
    const { field, conceal } = this.#deps;
    field.setText(text, { isConcealed: conceal(text) !== text });
  }

  #promptLine(prompt: string, kind: PromptKind | undefined): PromptLine {
    const { line, search } = this.#deps.editor;
    const startsExchange = takesCommand(kind);
    if (search !== undefined) {
      const failed = search.isFound ? '' : 'failed ';
      return { prompt: `(${failed}reverse-i-search)'${search.query}': `, ...line, startsExchange };
    }
    const { text, cursor } = line;
    const before = this.#mask(text.slice(0, cursor), kind);
    return { prompt, text: this.#mask(text, kind), cursor: before.length, startsExchange };
  }

  #mask(text: string, kind: PromptKind | undefined): string {
    if (this.#isMasked(kind)) return maskSecret(text);
    return kind !== undefined && isSecret(kind) ? text : this.#deps.conceal(text);
  }

  #isMasked(kind: PromptKind | undefined): boolean {
    if (kind === undefined || !isSecret(kind)) return false;
    return kind === 'hidden' || this.#deps.masksPasswords();
  }
}
