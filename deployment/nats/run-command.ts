import { execFile } from "node:child_process";

export type CommandResult = { exitCode: number; stdout: string; stderr: string };

export type CommandOptions = {
  /** The command is killed when it takes longer, milliseconds. */
  timeoutMs: number;
  cwd?: string;
  env?: NodeJS.ProcessEnv;
};

const OUTPUT_BYTES_MAX = 4 * 1024 * 1024;

/**
 * Runs a program without a shell and collects what it prints. A program that ends with a non-zero code is a result, not
 * an error; one that cannot be started, or takes too long, throws.
 */
export function runCommand(file: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const { timeoutMs, ...rest } = options;
  return new Promise((resolve, reject) => {
    execFile(
      file,
      args,
      { ...rest, timeout: timeoutMs, killSignal: "SIGKILL", maxBuffer: OUTPUT_BYTES_MAX, windowsHide: true },
      (error, stdout, stderr) => {
        if (error === null) return resolve({ exitCode: 0, stdout, stderr });
        if (typeof error.code === "number") return resolve({ exitCode: error.code, stdout, stderr });
        if (error.killed === true) {
          return reject(new Error(`${file} did not finish within ${timeoutMs} ms`, { cause: error }));
        }
        reject(error);
      },
    );
  });
}

/** The last lines a program printed, for an error message. */
export function lastLines(text: string, count: number): string {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .slice(-count)
    .join(" | ");
}
