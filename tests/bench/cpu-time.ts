import { readFile } from "node:fs/promises";

/** The kernel's unit in /proc: 100 a second on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** CPU milliseconds a process has used so far, user and system; null where the system does not tell (not Linux). */
export async function cpuMs(pid: number): Promise<number | null> {
  if (process.platform !== "linux") return null;
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  // The name in parentheses may hold spaces; utime and stime are the 14th and 15th field of the line.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND) * 1000;
}
