// How a bridge passes the name of a user on to a server: in a header of the PROXY protocol, version
// 2 (PROTOCOL.md, "The PROXY header").

/**
 * The type of the TLV that holds the name, in UTF-8: the first type that the specification leaves to
 * applications (PP2_TYPE_MIN_CUSTOM; proxy-protocol.txt, section 2.2.8).
 */
export const USER_NAME_TLV = 0xe0;

/** The longest name, in bytes. */
export const MAX_USER_NAME_BYTES = 256;
