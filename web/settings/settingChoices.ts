// The words for the settings, in the dialog and in the palette.

export interface Choice {
  readonly key: 'theme' | 'input' | 'lineEnd';
  readonly label: string;
  readonly options: readonly (readonly [value: string, label: string])[];
}

export const THEME: Choice = {
  key: 'theme',
  label: 'Theme',
  options: [
    ['system', 'Auto'],
    ['light', 'Light'],
    ['dark', 'Dark'],
  ],
};

export const INPUT: Choice = {
  key: 'input',
  label: 'Type in',
  options: [
    ['auto', 'Automatic'],
    ['terminal', 'Terminal'],
    ['field', 'Field'],
  ],
};

/** For services that are used line by line. */
export const LINE_END: Choice = {
  key: 'lineEnd',
  label: 'Line ending',
  options: [
    ['lf', 'LF'],
    ['crlf', 'CR LF'],
  ],
};

export const MORE_CONTRAST = 'More contrast';
export const HIDE_PASSWORDS = 'Hide passwords';
export const NOTIFY = 'Notify me of new messages';
