import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { z } from "zod";
import { faultsSchema } from "../gateway/faults.ts";
import { PortError } from "../gateway/listener.ts";
import type { Log } from "../gateway/log.ts";
import type { SimulatedGateway } from "../gateway/simulated-gateway.ts";
import { quoteChangeSchema } from "../market/quote-change.ts";
import { actionSchema } from "../scenario/actions.ts";
import { definedOnly } from "../scenario/perform.ts";
import { stepSchema } from "../scenario/steps.ts";
import { statusOf } from "./status.ts";

export interface ControlServer {
  readonly port: number;
  close(): Promise<void>;
}

const bodyBytesMax = 64 * 1024;

const restartSchema = z
  .object({
    downtimeMs: z.number().int().min(0).max(3_600_000),
    rollbackIds: z.number().int().min(0).max(1_000_000),
  })
  .partial()
  .strict();

const errorSchema = z.object({ code: z.number().int(), text: z.string(), id: z.number().int().default(-1) }).strict();
const quoteSchema = quoteChangeSchema.extend({ symbol: z.string() });
const correctionSchema = z
  .object({ execId: z.string(), price: z.number().positive().optional(), shares: z.number().positive().optional() })
  .strict();

/**
 * Serves the control port: HTTP with JSON on the loopback interface. Whoever reaches it commands the simulation, so
 * it is off unless asked for, and refuses requests a web page could send.
 *
 * @throws PortError when the port is taken.
 */
export async function startControlServer(gateway: SimulatedGateway, port: number, log: Log): Promise<ControlServer> {
  const server = createServer((request, response) => {
    answer(gateway, request).then(
      ({ status, body }) => reply(response, status, body),
      (error: unknown) => reply(response, ...failure(error, log)),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(new PortError(port, error)));
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  return {
    port: address !== null && typeof address === "object" ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

async function answer(gateway: SimulatedGateway, request: IncomingMessage): Promise<Reply> {
  if (request.headers.origin !== undefined) {
    return { status: 403, body: { error: "the control port does not answer web pages" } };
  }
  if (!isLoopbackName(request.headers.host)) {
    // A web page can give its own name the address 127.0.0.1, and then needs no origin to be let through.
    return { status: 403, body: { error: "the control port answers to localhost, 127.0.0.1 and [::1] only" } };
  }
  const route = `${request.method} ${request.url}`;
  switch (route) {
    case "GET /status":
      return { status: 200, body: statusOf(gateway) };
    case "POST /clock/start":
      return { status: 200, body: { released: gateway.releaseClock() } };
    case "POST /restart": {
      const { downtimeMs = 0, rollbackIds = 0 } = restartSchema.parse(await readJson(request));
      // Answered at once: the caller may want to watch the downtime. A failed reopening is in the log.
      void gateway.restart({ downtimeMs, rollbackIds });
      return { status: 202, body: { restarting: true } };
    }
    case "POST /drop":
      gateway.dropConnections();
      return { status: 200, body: { dropped: true } };
    case "POST /fault": {
      const change = faultsSchema.partial().parse(await readJson(request));
      await gateway.setFaults({ ...gateway.faults, ...definedOnly(change) });
      return { status: 200, body: gateway.faults };
    }
    case "POST /action": {
      const action = actionSchema.parse(await readJson(request));
      await gateway.perform(action);
      return { status: 200, body: { performed: action } };
    }
    case "POST /steps": {
      const steps = z
        .array(stepSchema)
        .min(1)
        .parse(await readJson(request));
      gateway.arm(...steps);
      return { status: 200, body: { armed: steps.length } };
    }
    case "POST /error": {
      const { code, text, id } = errorSchema.parse(await readJson(request));
      gateway.injectError(code, text, id);
      return { status: 200, body: { sent: true } };
    }
    case "POST /quote": {
      const { symbol, ...change } = quoteSchema.parse(await readJson(request));
      return { status: 200, body: gateway.setQuote(symbol, definedOnly(change)) };
    }
    case "POST /executions/resend":
      gateway.resendExecutions();
      return { status: 200, body: { sent: gateway.executions.length } };
    case "POST /executions/correct": {
      const { execId, ...change } = correctionSchema.parse(await readJson(request));
      gateway.correctExecution(execId, definedOnly(change));
      return { status: 200, body: { corrected: execId } };
    }
    default:
      return { status: 404, body: { error: `no such route: ${route}; see simulator/README.md` } };
  }
}

function isLoopbackName(host: string | undefined): boolean {
  return /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(host ?? "");
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const piece: Buffer = Buffer.from(chunk);
    bytes += piece.length;
    if (bytes > bodyBytesMax) throw new RangeError(`the body is larger than ${bodyBytesMax} bytes`);
    chunks.push(piece);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  return text.trim() === "" ? {} : JSON.parse(text);
}

function failure(error: unknown, log: Log): [status: number, body: unknown] {
  if (error instanceof z.ZodError) {
    const fields = error.issues.map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}`);
    return [400, { error: "bad request", fields }];
  }
  if (error instanceof SyntaxError || error instanceof RangeError) return [400, { error: error.message }];
  const message = error instanceof Error ? error.message : String(error);
  log("error", "control request failed", { reason: message });
  return [500, { error: message }];
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(`${JSON.stringify(body)}\n`);
}
