import { runService } from "#libs/service/mod.ts";
import { startRisk } from "./service.ts";

await runService("risk", startRisk);
