// Tells apart the devices that are used in different ways.

/** Also an iPad with a keyboard. */
export const IS_MAC = navigator.userAgent.includes('Mac OS');

/** A media query: whether touch is the only way to point. */
export const TOUCH_DEVICE = '(hover: none) and (pointer: coarse)';
