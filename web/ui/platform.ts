// Tells the kinds of keyboards apart.

/** Also an iPad with a keyboard. */
export const IS_MAC = navigator.userAgent.includes('Mac OS');
