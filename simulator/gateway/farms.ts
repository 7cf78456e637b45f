import { errorMessage } from "../protocol/responses.ts";
import type { GatewayContext } from "./context.ts";
import type { Session } from "./session.ts";

/** The services a gateway connects to, each with what it says once it is (tws.md 6.1). */
const farms = {
  data: { code: 2104, text: "Market data farm connection is OK:usfarm" },
  history: { code: 2106, text: "HMDS data farm connection is OK:ushmds" },
  contracts: { code: 2158, text: "Sec-def data farm connection is OK:secdefil" },
} as const;

export type Farm = keyof typeof farms;

/** What a session hears of the farms once it is ready: all of them as TWS does, or that they wait for a need. */
export function reportFarms(context: GatewayContext, session: Session): void {
  if (context.faults().farms === "at-once") {
    for (const { code, text } of Object.values(farms)) session.send(errorMessage(-1, code, text));
    return;
  }
  const waits = "but should be available upon demand";
  session.send(errorMessage(-1, 2107, `HMDS data farm connection is inactive ${waits}.ushmds`));
  session.send(errorMessage(-1, 2108, `Market data farm connection is inactive ${waits}.usfarm`));
}

/** Connects a farm at a session's first need of it, as Gateway does; tells about it once a session. */
export function needFarm(context: GatewayContext, session: Session, farm: Farm): void {
  if (context.faults().farms === "at-once" || session.farms.has(farm)) return;
  session.farms.add(farm);
  if (farm === "data") session.send(errorMessage(-1, 2119, "Market data farm is connecting:usfarm"));
  session.send(errorMessage(-1, farms[farm].code, farms[farm].text));
}
