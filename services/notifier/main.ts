import { runService } from "#libs/service/mod.ts";
import { startNotifier } from "./notifier.ts";

await runService("notifier", startNotifier);
