import { Command, InvalidArgumentError, Option } from "commander";
import { sessionEvents } from "../gateway/frame-log.ts";
import { requestIds, responseIds } from "../protocol/messages.ts";
import { gatewayOptions, parseSettings, type RawSettings, settingFlags } from "../settings.ts";
import { type ListingFilter, listing } from "./listing.ts";
import { readFrameLog } from "./read-log.ts";
import { replay } from "./replay.ts";

/** Settings that matter in a replay; the date, the time and the clock are the log's. */
const replaySettings = new Set([
  "seed",
  "symbols",
  "data",
  "account",
  "equityUsd",
  "dayTradesRemaining",
  "scenario",
  "serverVersionMax",
]);

/** Told of the end of a command: its exit code and, for a failure, what is wrong. */
export interface Ending {
  readonly badSettings: (problems: readonly string[]) => void;
  readonly differs: () => void;
  readonly failed: (error: unknown) => void;
}

interface ListingFlags {
  readonly session?: number[];
  readonly message?: string[];
  readonly direction?: "received" | "sent";
}

/** `listing`: a frame log, one line a frame. */
export function listingCommand(ending: Ending): Command {
  return new Command("listing")
    .description("list a frame log, one line a frame, its fields named")
    .argument("<frames>", "file written by --frame-log")
    .addOption(new Option("--session <numbers...>", "only these sessions").argParser(sessionsOf))
    .addOption(
      new Option("--message <names...>", "only these messages, such as PLACE_ORDER ORDER_STATUS").argParser(messagesOf),
    )
    .addOption(new Option("--direction <which>", "only one direction").choices(["received", "sent"]))
    .action((path: string, { session, message, direction }: ListingFlags) => {
      const filter: ListingFilter = {
        ...(session === undefined ? {} : { sessions: session }),
        ...(message === undefined ? {} : { messages: message }),
        ...(direction === undefined ? {} : { direction }),
      };
      endWithReader();
      try {
        for (const line of listing(readFrameLog(path), filter)) process.stdout.write(`${line}\n`);
      } catch (error) {
        ending.failed(error);
      }
    });
}

const messageNames = new Set([...Object.keys(requestIds), ...Object.keys(responseIds), ...sessionEvents]);

function messagesOf(given: string, before: string[] = []): string[] {
  if (!messageNames.has(given) && !given.startsWith("UNKNOWN_")) {
    throw new InvalidArgumentError("No message has that name; all of them: simulator/protocol/messages.ts.");
  }
  return [...before, given];
}

/** Who reads the first lines alone (`| head`) has what he wants: no error, and nothing more to do. */
function endWithReader(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
}

function sessionsOf(given: string, before: number[] = []): number[] {
  if (!/^[1-9]\d*$/.test(given)) throw new InvalidArgumentError("Give numbers of connections, from 1.");
  return [...before, Number(given)];
}

/** `replay`: a log's clients against a fresh gateway, and how its answers differ. */
export function replayCommand(ending: Ending): Command {
  const command = new Command("replay")
    .description("play what a log's clients sent against a fresh gateway, and show how its answers differ")
    .argument("<frames>", "file written by --frame-log; give the other settings as they were then");
  for (const { key, flag, env, help } of settingFlags) {
    if (replaySettings.has(key)) command.addOption(new Option(flag, help).env(env));
  }
  return command.action(async (path: string, raw: RawSettings) => {
    const parsed = parseSettings(raw);
    if (!parsed.ok) {
      ending.badSettings(parsed.problems);
      return;
    }
    endWithReader();
    try {
      const {
        date: _date,
        startTime: _time,
        speed: _speed,
        hold: _hold,
        port: _port,
        ...options
      } = gatewayOptions(parsed.settings);
      const { played, differences } = await replay(readFrameLog(path), { ...options, framesKept: 1_000_000 });
      for (const line of differences) process.stdout.write(`${line}\n`);
      process.stdout.write(`${played} frames played, ${differences.length} differences\n`);
      if (differences.length > 0) ending.differs();
    } catch (error) {
      ending.failed(error);
    }
  });
}
