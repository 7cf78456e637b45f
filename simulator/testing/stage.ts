import { afterEach, expect } from "vitest";
import { type SimulatedGateway, type SimulatedGatewayOptions, startSimulatedGateway } from "../mod.ts";
import { TestClient } from "./client.ts";

/** What a test opens here is closed after it, the last first; no client may have met a message it could not decode. */
export function openStage(defaults: SimulatedGatewayOptions = {}) {
  const open: { close(): unknown }[] = [];
  afterEach(async () => {
    for (const thing of open.splice(0).reverse()) {
      if (thing instanceof TestClient) expect(thing.decodeErrors()).toEqual([]);
      await thing.close();
    }
  });
  const startGateway = async (options: SimulatedGatewayOptions = {}): Promise<SimulatedGateway> => {
    const gateway = await startSimulatedGateway({ startTime: "10:00:00", ...defaults, ...options });
    open.push(gateway);
    return gateway;
  };
  const connectTo = async (gateway: SimulatedGateway, clientId: number) => {
    const client = new TestClient(gateway, clientId);
    open.push(client);
    return { client, orderId: await client.ready() };
  };
  /** A gateway, and client 1 connected to it. */
  const start = async (options: SimulatedGatewayOptions = {}) => {
    const gateway = await startGateway(options);
    return { gateway, ...(await connectTo(gateway, 1)) };
  };
  return { open, start, startGateway, connectTo };
}
