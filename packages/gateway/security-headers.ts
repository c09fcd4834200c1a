/** The headers that protect a browser, on every answer. Only those that a JSON service needs: each one costs time. */
export const securityHeaders: readonly string[] = [
  ...['Content-Security-Policy', "default-src 'none';frame-ancestors 'none'"], // so X-Frame-Options is not needed
  ...['Cross-Origin-Resource-Policy', 'same-origin'],
  ...['Referrer-Policy', 'no-referrer'],
  ...['X-Content-Type-Options', 'nosniff'],
];
