/** The settings of a gateway that lets one client open so many subscriptions. */
export const liveSettings = (connections: number): Record<string, string> => ({
  LIVE_CLIENT_MAX: String(connections),
  LIVE_CONNECTIONS_MAX: String(connections),
});
