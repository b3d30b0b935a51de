// The values that a user can choose in the settings, and their stored form. Stored text may come
// from another version, or from another program: each value that is invalid falls back to its
// default.

export interface SettingValues {
  theme: 'system' | 'light' | 'dark';
  contrast: 'system' | 'more';
  /** In px, an integer from MIN_FONT_SIZE to MAX_FONT_SIZE; `null` if none is chosen. */
  fontSize: number | null;
  input: 'auto' | 'terminal' | 'field';
  maskPassword: boolean;
  notify: boolean;
  lineEnd: 'lf' | 'crlf';
}

export const MIN_FONT_SIZE = 10;
export const MAX_FONT_SIZE = 32;

export const DEFAULTS: Readonly<SettingValues> = {
  theme: 'system',
  contrast: 'system',
  fontSize: null,
  input: 'auto',
  maskPassword: false,
  notify: false,
  lineEnd: 'lf',
};

/** Replaces each invalid value by its default, and brings the font size into its range. */
export function validSettings(values: Readonly<Record<string, unknown>>): SettingValues {
  return {
    theme: oneOf(values['theme'], ['system', 'light', 'dark'], DEFAULTS.theme),
    contrast: oneOf(values['contrast'], ['system', 'more'], DEFAULTS.contrast),
    fontSize: fontSize(values['fontSize']),
    input: oneOf(values['input'], ['auto', 'terminal', 'field'], DEFAULTS.input),
    maskPassword: oneOf(values['maskPassword'], [true, false], DEFAULTS.maskPassword),
    notify: oneOf(values['notify'], [true, false], DEFAULTS.notify),
    lineEnd: oneOf(values['lineEnd'], ['lf', 'crlf'], DEFAULTS.lineEnd),
  };
}

/**
 * Parses the output of `serializeSettings`.
 *
 * @param text Any text, or `null` if nothing is stored.
 */
export function parseSettings(text: string | null): SettingValues {
  return validSettings(parseObject(text));
}

export function serializeSettings(values: Readonly<SettingValues>): string {
  return JSON.stringify(values);
}

function parseObject(text: string | null): Record<string, unknown> {
  if (text === null) return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? { ...value } : {};
  } catch {
    return {};
  }
}

function oneOf<T>(value: unknown, allowed: readonly T[], otherwise: T): T {
  return allowed.find((one) => one === value) ?? otherwise;
}

function fontSize(value: unknown): number | null {
  if (typeof value !== 'number' || Number.isNaN(value)) return DEFAULTS.fontSize;
  return Math.min(MAX_FONT_SIZE, Math.max(MIN_FONT_SIZE, Math.round(value)));
}
