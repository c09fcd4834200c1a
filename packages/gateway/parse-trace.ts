const form = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * Returns the header `traceparent` if it is valid (W3C Trace Context, 3.2), otherwise an empty text: the standard has
 * an invalid one ignored. Pure.
 */
export const parseTrace = (header: string): string => (form.test(header) ? header : '');
