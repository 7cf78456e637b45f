import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from "@nats-io/jetstream";
import type { NatsConnection } from "nats";
import { CATALOGUE, CONSUMERS, STREAMS, type StreamDefinition } from "#libs/contracts/mod.ts";

const DAY_NS = 24 * 60 * 60 * 1_000_000_000;
/** How long the server remembers message ids. Longer than any retry; the ledger's own guards outlive it. */
const DUPLICATE_WINDOW_NS = 10 * 60 * 1_000_000_000;
/** A message handed out and not acknowledged is handed out again after this long. */
const ACK_WAIT_NS = 30 * 1_000_000_000;
/** JetStream's code for a name that exists with another configuration. */
const CONSUMER_EXISTS = 10148;

/**
 * Creates or updates every stream and durable consumer. Idempotent; run by the setup identity at every start of the
 * server, so that a store that lost a consumer's file is whole again before any service reads it.
 */
export async function provision(connection: NatsConnection): Promise<void> {
  const manager = await jetstreamManager(connection, { timeout: 10_000 });
  for (const stream of STREAMS) await ensureStream(manager, stream);
  for (const { stream, durable, filterSubjects, maxAckPending } of CONSUMERS) {
    await ensureConsumer(manager, stream, {
      durable_name: durable,
      ack_policy: AckPolicy.Explicit,
      ack_wait: ACK_WAIT_NS,
      deliver_policy: DeliverPolicy.All,
      filter_subjects: [...filterSubjects],
      max_ack_pending: maxAckPending,
    });
  }
}

async function ensureStream(manager: JetStreamManager, definition: StreamDefinition): Promise<void> {
  const lastOnly = definition.retention === "last-per-subject";
  const config = {
    name: definition.name,
    description: definition.description,
    subjects: CATALOGUE.filter((message) => message.stream === definition.name).map((message) => message.wildcard),
    storage: definition.storage === "file" ? StorageType.File : StorageType.Memory,
    retention: RetentionPolicy.Limits,
    // Old facts are never dropped for new ones, except where only the newest counts.
    discard: definition.storage === "file" ? DiscardPolicy.New : DiscardPolicy.Old,
    max_bytes: definition.maxBytes,
    max_age: definition.maxAgeDays * DAY_NS,
    max_msgs_per_subject: lastOnly ? 1 : -1,
    duplicate_window: DUPLICATE_WINDOW_NS,
    allow_direct: true,
    deny_delete: true,
    deny_purge: true,
  };
  try {
    await manager.streams.info(definition.name);
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.status !== 404) throw error;
    await manager.streams.add(config);
    return;
  }
  const { storage: _, retention: __, deny_delete: ___, deny_purge: ____, name: _____, ...changeable } = config;
  await manager.streams.update(definition.name, changeable);
}

async function ensureConsumer(
  manager: JetStreamManager,
  stream: string,
  config: Partial<ConsumerConfig> & { readonly durable_name: string },
): Promise<void> {
  try {
    await manager.consumers.add(stream, config);
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== CONSUMER_EXISTS) throw error;
    await manager.consumers.update(stream, config.durable_name, config);
  }
}
