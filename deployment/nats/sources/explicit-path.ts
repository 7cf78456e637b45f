import { askVersion } from "../ask-version.ts";
import { NatsServerTooOldError, NatsServerUnusableError } from "../errors.ts";
import type { Source } from "../source.ts";
import { MINIMUM_VERSION } from "../version.ts";

/**
 * NATS_SERVER_PATH. The operator said which binary, so a bad one stops the start: falling over to another would hide
 * the mistake.
 */
export const explicitPath: Source = {
  name: "NATS_SERVER_PATH",
  async find({ serverPath }) {
    if (serverPath === undefined) {
      return { kind: "missed", attempts: [] };
    }
    const fix = `Point NATS_SERVER_PATH at a nats-server ${MINIMUM_VERSION} or later, or remove the line to let setup find one.`;
    try {
      const version = await askVersion(serverPath);
      return { kind: "found", server: { path: serverPath, version, source: "NATS_SERVER_PATH" } };
    } catch (error) {
      if (error instanceof NatsServerTooOldError) {
        throw new NatsServerTooOldError(`NATS_SERVER_PATH=${error.message} ${fix}`);
      }
      if (error instanceof NatsServerUnusableError) {
        throw new NatsServerUnusableError(`NATS_SERVER_PATH=${error.message} ${fix}`, { cause: error });
      }
      throw error;
    }
  },
};
