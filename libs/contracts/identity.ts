/**
 * Who may be on the bus. Every running process has its own nkey, its own permissions and its own inbox prefix;
 * `setup` creates streams and durable consumers and is held by no running service; `operator` is the command line.
 */
export const IDENTITIES = ["setup", "gateway-bridge", "strategy", "risk", "notifier", "operator"] as const;
export type Identity = (typeof IDENTITIES)[number];

/** The four services of the platform, each a PM2 app of the same name. */
export const SERVICES = ["gateway-bridge", "strategy", "risk", "notifier"] as const;
export type ServiceName = (typeof SERVICES)[number];

/** The inbox prefix an identity must connect with: replies of one identity cannot be read by another. */
export const inboxPrefixOf = (identity: Identity): string => `_INBOX_${identity}`;
