/** What one identity may do on the bus. The same shape as `Permissions` of the contracts, which generate it. */
export type Permissions = {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
  /** Whether it may answer requests it received. */
  readonly allowResponses: boolean;
};

export type ServerLimits = {
  /** Room for file streams, bytes. Streams reserve their size here, so it must be at least the sum of them. */
  fileStoreBytes: number;
  /** Room for memory streams, bytes. */
  memoryStoreBytes: number;
  /** Largest message, bytes. */
  payloadBytes: number;
  connections: number;
  streams: number;
  consumers: number;
};

export const DEFAULT_LIMITS: ServerLimits = {
  fileStoreBytes: 8 * 1024 ** 3,
  memoryStoreBytes: 128 * 1024 ** 2,
  // A snapshot is one message.
  payloadBytes: 1024 ** 2,
  connections: 64,
  streams: 16,
  consumers: 64,
};

export type ServerSettings = {
  serverName: string;
  /** 1 to 65535, on 127.0.0.1 only. */
  port: number;
  /** The server keeps its files in a folder `jetstream` inside this one. */
  storeParent: string;
  /** Where the server writes its own process id, so that an orphan can be found. */
  pidFile: string;
  identities: readonly { name: string; publicKey: string; permissions: Permissions }[];
  limits: ServerLimits;
};

/** A responder may answer each request once, within this time. */
const RESPONSE_EXPIRES = "10s";

export const AUTHENTICATION_TIMEOUT_S = 30;

/**
 * The text of nats.conf. It holds public keys only, so it is no secret.
 *
 * - `sync_interval: always`: what is acknowledged is on the disk. The default flushes every two minutes.
 * - No monitoring port: it has no authentication, and any web page in a browser on this machine could read it.
 * - No user without permissions and no default user: who has no key is refused.
 * - Half a minute to say who one is. With the default of two seconds, a machine that stands still for a moment has the
 *   server turn away its own services, as if their keys were wrong.
 */
export function serverConfig({ serverName, port, storeParent, pidFile, identities, limits }: ServerSettings): string {
  return `# Generated at every start; changes here are lost.
server_name: ${quoted(serverName)}
listen: ${quoted(`127.0.0.1:${port}`)}
pid_file: ${quoted(slashes(pidFile))}
max_payload: ${limits.payloadBytes}
max_connections: ${limits.connections}
max_control_line: 4096
write_deadline: "2s"
ping_interval: "10s"
ping_max: 2

authorization {
  timeout: ${AUTHENTICATION_TIMEOUT_S}
}

jetstream {
  store_dir: ${quoted(slashes(storeParent))}
  max_memory_store: ${limits.memoryStoreBytes}
  max_file_store: ${limits.fileStoreBytes}
  sync_interval: always
}

system_account: SYS
accounts {
  SYS {}
  CRUCIBLE {
    jetstream {
      max_memory: ${limits.memoryStoreBytes}
      max_file: ${limits.fileStoreBytes}
      max_streams: ${limits.streams}
      max_consumers: ${limits.consumers}
    }
    users: [
${identities.map(user).join("\n")}
    ]
  }
}
`;
}

function user({ name, publicKey, permissions }: ServerSettings["identities"][number]): string {
  const responses = permissions.allowResponses
    ? `\n          allow_responses: { max: 1, expires: ${quoted(RESPONSE_EXPIRES)} }`
    : "";
  return `      # ${name}
      {
        nkey: ${publicKey}
        permissions {
          publish: ${rule(permissions.publish)}
          subscribe: ${rule(permissions.subscribe)}${responses}
        }
      }`;
}

/** To the server an empty allow list means everything; here it means nothing. */
function rule(subjects: readonly string[]): string {
  if (subjects.length === 0) return `{ deny: [">"] }`;
  return `{ allow: [${subjects.map(quoted).join(", ")}] }`;
}

/** In double quotes the server resolves no variables and reads JSON's escapes. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

/** Windows takes forward slashes too, and then nothing needs escaping. */
function slashes(path: string): string {
  return /^([A-Za-z]:\\|\\\\)/.test(path) ? path.replaceAll("\\", "/") : path;
}
