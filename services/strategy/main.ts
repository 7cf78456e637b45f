import { runService } from "#libs/service/mod.ts";
import { startStrategies } from "./start.ts";

await runService("strategy", startStrategies);
