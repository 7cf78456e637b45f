import { sleep } from "#libs/time/mod.ts";

/** Where a Node process opens its inspector when it gets SIGUSR1; one process at a time. Loopback only. */
const INSPECTOR = "http://127.0.0.1:9229/json/list";
const OPENS_WITHIN_MS = 5000;
const CLOSES_WITHIN_MS = 5000;
const ANSWERS_WITHIN_MS = 10_000;

/**
 * Has a Node process collect all its garbage and tells what lives in its heap then, bytes: resident memory also grows
 * by garbage that V8 saw no need to collect yet. Null when it could not be asked; the run goes on without.
 */
export async function liveHeapBytes(pid: number): Promise<number | null> {
  let inspector: Inspector | null = null;
  try {
    process.kill(pid, "SIGUSR1");
    inspector = await open();
    // Another process may have had the port.
    const asked = await inspector.ask("Runtime.evaluate", { expression: "process.pid" });
    if ((asked.result as { value?: unknown } | undefined)?.value !== pid) return null;
    await inspector.ask("HeapProfiler.enable");
    await inspector.ask("HeapProfiler.collectGarbage");
    const { usedSize } = await inspector.ask("Runtime.getHeapUsage");
    // It waits until whoever is connected has gone.
    const close = "setImmediate(() => process.getBuiltinModule('inspector').close())";
    await inspector.ask("Runtime.evaluate", { expression: close });
    inspector.close();
    await isClosed();
    return typeof usedSize === "number" ? usedSize : null;
  } catch {
    return null;
  } finally {
    inspector?.close();
  }
}

interface Inspector {
  ask(method: string, params?: object): Promise<Record<string, unknown>>;
  close(): void;
}

async function open(): Promise<Inspector> {
  const socket = new WebSocket(await address());
  const waiting = new Map<number, (answer: Record<string, unknown>) => void>();
  socket.onmessage = ({ data }) => {
    const { id, result = {} } = JSON.parse(String(data)) as { id?: number; result?: Record<string, unknown> };
    if (id !== undefined) waiting.get(id)?.(result);
  };
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  let count = 0;
  return {
    ask: (method, params = {}) => {
      count += 1;
      const { promise, resolve, reject } = Promise.withResolvers<Record<string, unknown>>();
      const late = setTimeout(() => reject(new Error(`${method} was not answered`)), ANSWERS_WITHIN_MS);
      const id = count;
      waiting.set(id, (answer) => {
        clearTimeout(late);
        resolve(answer);
      });
      socket.send(JSON.stringify({ id, method, params }));
      return promise;
    },
    close: () => socket.close(),
  };
}

async function address(): Promise<string> {
  for (const deadline = performance.now() + OPENS_WITHIN_MS; ; await sleep(100)) {
    try {
      const [target] = (await (await fetch(INSPECTOR)).json()) as { webSocketDebuggerUrl: string }[];
      if (target !== undefined) return target.webSocketDebuggerUrl;
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
  }
}

/** The next process to be asked opens its inspector on the same port. */
async function isClosed(): Promise<void> {
  for (const deadline = performance.now() + CLOSES_WITHIN_MS; performance.now() < deadline; await sleep(50)) {
    const answers = await fetch(INSPECTOR).then(
      () => true,
      () => false,
    );
    if (!answers) return;
  }
}
