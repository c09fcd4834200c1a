/**
 * The headers that protect clients, on every answer. Only those that a JSON service needs: each one costs time. No
 * cache may use an answer again without asking, or keep it for others.
 */
export const securityHeaders: readonly string[] = [
  ...['Cache-Control', 'private, no-cache'],
  ...['Vary', 'Accept'], // an answer may also be a JSON:API document, with the same ETag
  ...['Content-Security-Policy', "default-src 'none';frame-ancestors 'none'"], // so X-Frame-Options is not needed
  ...['Cross-Origin-Resource-Policy', 'same-origin'],
  ...['Referrer-Policy', 'no-referrer'],
  ...['X-Content-Type-Options', 'nosniff'],
];
