/** Thrown for a frame log that cannot be read or written. Names file and line. */
export class FrameLogError extends Error {
  readonly code = "SIM_FRAME_LOG";

  constructor(where: string, what: string, options?: ErrorOptions) {
    super(`${where}: ${what}`, options);
    this.name = "FrameLogError";
  }
}
