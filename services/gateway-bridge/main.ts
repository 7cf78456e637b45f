import { runService } from "#libs/service/mod.ts";
import { startBridge } from "./bridge.ts";

await runService("gateway-bridge", startBridge);
