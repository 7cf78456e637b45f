import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect as connectSocket, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection, nkeyAuthenticator } from "nats";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { STREAMS } from "#libs/contracts/mod.ts";
import { claimPort } from "../../tests/harness/port.ts";
import { type LaunchOptions, launch, type RunningServer } from "./launch.ts";
import { DEFAULT_LIMITS } from "./server-config.ts";

const everything = { publish: [">"], subscribe: [">"], allowResponses: false };
const identities: LaunchOptions["identities"] = [
  { name: "setup", permissions: everything },
  {
    name: "strategy",
    permissions: { publish: ["orders.intent"], subscribe: ["_INBOX_strategy.>", "md.>"], allowResponses: false },
  },
  {
    name: "risk",
    permissions: {
      publish: ["orders.approved.*"],
      subscribe: ["_INBOX_risk.>", "orders.intent"],
      allowResponses: true,
    },
  },
  { name: "mute", permissions: { publish: [], subscribe: [], allowResponses: false } },
];

let dataDir = "";
const servers: RunningServer[] = [];
const connections: NatsConnection[] = [];
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "crucible-launch-"));
});
afterEach(async () => {
  await Promise.all(connections.splice(0).map((connection) => connection.close()));
  await Promise.all(servers.splice(0).map((server) => server.kill()));
  await rm(dataDir, { recursive: true, force: true });
});

async function start(options: Partial<LaunchOptions> = {}): Promise<RunningServer> {
  const server = await launch({
    dataDir,
    mode: "dry-run",
    port: options.port ?? (await claimPort()),
    identities,
    ...options,
  });
  servers.push(server);
  return server;
}

async function connectAs(name: string, { port }: { port: number }): Promise<NatsConnection> {
  const seed = (await readFile(join(dataDir, "identities", `${name}.seed`), "utf8")).trim();
  const connection = await connect({
    servers: `127.0.0.1:${port}`,
    inboxPrefix: `_INBOX_${name}`,
    authenticator: nkeyAuthenticator(new TextEncoder().encode(seed)),
    ignoreAuthErrorAbort: true,
    reconnect: false,
  });
  connections.push(connection);
  return connection;
}

async function provisionLedger(connection: NatsConnection): Promise<void> {
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: "LEDGER", subjects: ["orders.approved.*"] });
}

describe("a launched server", () => {
  it("is provisioned before it is ready, and keeps what it acknowledged over a kill", async () => {
    const first = await start({ provision: provisionLedger });
    const risk = jetstream(await connectAs("risk", first));
    await risk.publish("orders.approved.1", "one");
    expect(await first.kill()).toEqual({ code: null, signal: "SIGKILL" });

    const second = await start({ port: first.port, provision: provisionLedger });
    const manager = await jetstreamManager(await connectAs("setup", second));
    expect(await manager.streams.getMessage("LEDGER", { seq: 1 })).toMatchObject({ subject: "orders.approved.1" });
    expect(second.identities).toEqual(first.identities);
  });

  it("ends with code 0 when it is stopped, and gives the store back", async () => {
    const server = await start();
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    await expect(readFile(join(dataDir, "dry-run", "nats.claim.json"))).rejects.toMatchObject({ code: "ENOENT" });
  });

  it.each([
    ["one seed", async () => rm(join(dataDir, "identities", "risk.seed"))],
    ["the whole folder", async () => rm(join(dataDir, "identities"), { recursive: true })],
    [
      "the list of public keys and a seed",
      async () => {
        await rm(join(dataDir, "identities", "public-keys.json"));
        await rm(join(dataDir, "identities", "risk.seed"));
      },
    ],
  ])("does not make new keys for a store that was signed with the old ones: %s is gone (law 6)", async (_, lose) => {
    const provision = async (setup: NatsConnection) => {
      await (await jetstreamManager(setup)).streams.add({ name: "LEDGER", subjects: ["x"] });
    };
    await (await start({ provision })).stop();
    await lose();
    await expect(start()).rejects.toMatchObject({ code: "NATS_IDENTITY_INVALID", message: /Restore the folder/ });
    await expect(start({ mode: "paper" })).rejects.toMatchObject({ code: "NATS_IDENTITY_INVALID" });
    await rm(join(dataDir, "identities"), { recursive: true, force: true });
    await rm(join(dataDir, "dry-run"), { recursive: true });
    await start();
  });

  it("waits out the socket of a dying server, which takes connections and closes them without a word", async () => {
    const port = await claimPort();
    const dying = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => dying.listen(port, "127.0.0.1", resolve));
    const starting = start({ port });
    await new Promise((resolve) => setTimeout(resolve, 400));
    dying.close();
    expect((await starting).port).toBe(port);
  });

  it("takes a seed that was exchanged for another as a mistake", async () => {
    await (await start()).stop();
    await copyFile(join(dataDir, "identities", "strategy.seed"), join(dataDir, "identities", "risk.seed"));
    await expect(start()).rejects.toMatchObject({ message: /risk\.seed holds another key/ });
  });

  it("makes the key of an identity that is new", async () => {
    await (await start({ identities: identities.slice(0, 2) })).stop();
    const server = await start();
    expect(server.identities.map(({ name }) => name)).toEqual(identities.map(({ name }) => name));
  });

  it("lets an identity do what it may and nothing else", async () => {
    const server = await start();
    const risk = await connectAs("risk", server);
    const strategy = await connectAs("strategy", server);
    risk.subscribe("orders.intent", { callback: (_, message) => void message.respond("approved") });
    await risk.flush();

    const reply = await strategy.request("orders.intent", "buy", { timeout: 10_000 });
    expect(reply.string()).toBe("approved");
    await expect(strategy.request("orders.approved.1", "mine", { timeout: 10_000 })).rejects.toMatchObject({
      message: expect.stringContaining(`Publish to "orders.approved.1"`),
    });
    const listened = new Promise((resolve) => {
      strategy.subscribe("orders.intent", { callback: (error) => resolve(error) });
    });
    expect(await listened).toMatchObject({ message: expect.stringContaining("Subscription") });
    const inbox = new Promise((resolve) => {
      strategy.subscribe("_INBOX_risk.>", { callback: (error) => resolve(error) });
    });
    expect(await inbox).toMatchObject({ message: expect.stringContaining("Subscription") });
  });

  it("waits for who is slow to say who it is, as a service on a machine that stands still", async () => {
    const { port } = await start();
    const socket = connectSocket(port, "127.0.0.1").resume();
    const ended = new Promise<"ended">((resolve) => socket.once("close", () => resolve("ended")));
    // Longer than the server's default of two seconds.
    const waited = new Promise<"waited">((resolve) => setTimeout(() => resolve("waited"), 3500));
    expect(await Promise.race([ended, waited])).toBe("waited");
    socket.destroy();
  });

  it("gives an identity with empty lists nothing", async () => {
    const mute = await connectAs("mute", await start());
    const listened = new Promise((resolve) => {
      mute.subscribe("md.x", { callback: (error) => resolve(error) });
    });
    expect(await listened).toMatchObject({ message: expect.stringContaining("Subscription") });
  });

  it("refuses who has no key", async () => {
    const { port } = await start();
    await expect(connect({ servers: `127.0.0.1:${port}`, reconnect: false })).rejects.toThrow(/authorization/i);
  });

  it.runIf(process.platform === "linux")("is told how much memory it may take, and nothing of ours", async () => {
    const { pid } = await start();
    const variables = (await readFile(`/proc/${pid}/environ`, "utf8")).split("\0").filter(Boolean).sort();
    expect(variables.filter((one) => !/^(TEMP|TMP)=/.test(one))).toEqual(["GOGC=25", "GOMEMLIMIT=160MiB"]);
  });

  it("has room for every stream of the contracts", () => {
    const sum = (storage: string) =>
      STREAMS.filter((stream) => stream.storage === storage).reduce((total, { maxBytes }) => total + maxBytes, 0);
    expect(sum("file")).toBeLessThanOrEqual(DEFAULT_LIMITS.fileStoreBytes);
    expect(sum("memory")).toBeLessThanOrEqual(DEFAULT_LIMITS.memoryStoreBytes);
  });
});

describe("a start that must not happen", () => {
  it("is refused on a store that is served, also on another port, and the first goes on", async () => {
    const first = await start({ provision: provisionLedger });
    await expect(start({ port: first.port })).rejects.toMatchObject({ code: "NATS_STORE_IN_USE" });
    await expect(start()).rejects.toMatchObject({
      code: "NATS_STORE_IN_USE",
      message: expect.stringMatching(new RegExp(`port ${first.port} by the launcher with process id ${process.pid}`)),
    });
    await jetstream(await connectAs("risk", first)).publish("orders.approved.1", "still here");
  });

  it("is refused to the second of two at the same moment", async () => {
    const port = await claimPort();
    const outcomes = await Promise.allSettled([start({ port }), start({ port }), start({ port })]);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ code: "NATS_STORE_IN_USE" });
    }
  });

  it("is refused on the port of another store's server, which is named", async () => {
    const { port } = await start({ mode: "paper" });
    await expect(start({ port })).rejects.toMatchObject({
      code: "NATS_PORT_TAKEN",
      message: expect.stringMatching(/another nats-server, "crucible-paper-[0-9a-f]{8}"/),
    });
  });

  it("is refused on the port of a foreign program, which is quoted", async () => {
    const foreign = createServer((socket) => socket.on("error", () => socket.destroy()).end("220 mail\r\n"));
    await new Promise<void>((resolve) => foreign.listen(0, "127.0.0.1", resolve));
    const address = foreign.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    try {
      await expect(start({ port })).rejects.toMatchObject({
        code: "NATS_PORT_TAKEN",
        message: expect.stringMatching(/answers there with "220 mail".*NATS_PORT/),
      });
    } finally {
      await new Promise((resolve) => foreign.close(resolve));
    }
  });

  it.each(["dry-run", "dry-run/jetstream"])("is refused when a file lies where the folder %s belongs", async (path) => {
    if (path.includes("/")) await mkdir(join(dataDir, "dry-run"));
    await writeFile(join(dataDir, path), "");
    await expect(start()).rejects.toMatchObject({
      code: "NATS_STORE_NOT_WRITABLE",
      message: expect.stringMatching(/dry-run.*(EEXIST|ENOTDIR).*DATA_DIR/),
    });
  });

  it("is refused with a binary that is too old, before anything is made", async () => {
    const serverPath = join(dataDir, "old-nats-server");
    await writeFile(serverPath, "#!/bin/sh\necho 'nats-server: v2.9.10'\n");
    await chmod(serverPath, 0o755);
    await expect(start({ serverPath })).rejects.toMatchObject({ code: "NATS_SERVER_TOO_OLD" });
  });

  it("says what the server complained about when it does not come up", async () => {
    const broken = { publish: ["a..b"], subscribe: [">"], allowResponses: false };
    await expect(start({ identities: [{ name: "setup", permissions: broken }] })).rejects.toMatchObject({
      code: "NATS_SERVER_START_FAILED",
      message: expect.stringMatching(/a\.\.b/),
    });
  });
});

describe("what an earlier life left behind", () => {
  it("does not stop a start when its process ids belong to others by now", async () => {
    await mkdir(join(dataDir, "dry-run"));
    const stranger = { pid: process.ppid, startedAs: "another boot:1" };
    const record = { launcher: stranger, server: stranger, port: 4222, serverName: "x", startedAt: "2026-11-22" };
    await writeFile(join(dataDir, "dry-run", "nats.claim.json"), JSON.stringify(record));
    await writeFile(join(dataDir, "dry-run", "nats-server.pid"), String(process.ppid));
    await start();
  });

  it("does not stop a start when it is damaged", async () => {
    await mkdir(join(dataDir, "dry-run"));
    await writeFile(join(dataDir, "dry-run", "nats.claim.json"), `{"launcher":`);
    await writeFile(join(dataDir, "dry-run", "nats-server.pid"), "");
    await start();
  });
});
