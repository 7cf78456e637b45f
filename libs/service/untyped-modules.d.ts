declare module "tx2" {
  /** Shows a figure in PM2's monitor; the function is called when PM2 asks. */
  function metric(name: string, value: () => string | number): void;
  const tx2: { metric: typeof metric; send: (message: object) => void };
  export default tx2;
}

declare module "pino-roll" {
  import type { DestinationStream } from "pino";
  export default function build(options: {
    file: string;
    extension?: string;
    size?: string;
    limit?: { count: number };
    sync?: boolean;
    mkdir?: boolean;
  }): Promise<DestinationStream>;
}
