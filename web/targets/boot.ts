// The script in targets.html, which runs before the body is parsed (vite.config.ts): the appearance
// at the first paint, and after each change in the system or in another tab.

import { applyAppearance } from '../appearance/themes.ts';
import { openStorage } from '../settings/storage.ts';
import { UserSettings } from '../settings/userSettings.ts';

applyAppearance(new UserSettings(openStorage()), () => {});
