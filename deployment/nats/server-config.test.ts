import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS, type Permissions, serverConfig } from "./server-config.ts";

const settings = {
  serverName: "crucible-paper-1",
  port: 4222,
  storeParent: "/srv/crucible data/paper",
  pidFile: "/srv/crucible data/paper/nats-server.pid",
  limits: DEFAULT_LIMITS,
};

const withPermissions = (permissions: Permissions) =>
  serverConfig({ ...settings, identities: [{ name: "risk", publicKey: "UAB", permissions }] });

describe("the generated server config", () => {
  const text = withPermissions({ publish: ["orders.approved.*", "$KV.a.>"], subscribe: ["x"], allowResponses: true });

  it("listens on loopback only and opens no monitoring port", () => {
    expect(text).toContain(`listen: "127.0.0.1:4222"`);
    expect(text).not.toMatch(/http|https|websocket|cluster|leafnodes|gateway/);
  });

  it("acknowledges only what is on the disk", () => {
    expect(text).toContain("sync_interval: always");
  });

  it("limits everything a client can use up", () => {
    expect(text).toContain("max_payload: 1048576");
    expect(text).toContain("max_connections: 64");
    expect(text).toContain("max_file_store: 8589934592");
    expect(text).toContain("max_memory_store: 134217728");
    expect(text).toContain(`write_deadline: "2s"`);
    expect(text).toContain(`ping_interval: "10s"`);
  });

  it("gives an identity what it may and nothing else", () => {
    expect(text).toContain("nkey: UAB");
    expect(text).toContain(`publish: { allow: ["orders.approved.*", "$KV.a.>"] }`);
    expect(text).toContain(`subscribe: { allow: ["x"] }`);
    expect(text).toContain(`allow_responses: { max: 1, expires: "10s" }`);
    expect(text).not.toContain("no_auth_user");
  });

  it("turns an empty list into a refusal, since to the server it would mean everything", () => {
    const closed = withPermissions({ publish: [], subscribe: [], allowResponses: false });
    expect(closed).toContain(`publish: { deny: [">"] }`);
    expect(closed).toContain(`subscribe: { deny: [">"] }`);
    expect(closed).not.toContain("allow_responses");
  });

  it("writes a Windows path with slashes the server reads as they are", () => {
    const windows = serverConfig({ ...settings, storeParent: "D:\\crucible\\new\\paper", identities: [] });
    expect(windows).toContain(`store_dir: "D:/crucible/new/paper"`);
  });
});
