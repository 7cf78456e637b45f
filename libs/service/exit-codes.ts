/**
 * Exit codes of every process of the platform. PM2 does not restart an app that exits with `configuration`
 * (`stop_exit_codes` in ecosystem.config.js); 0 and 1 are useless as markers, since PM2 records a signal as 0 and
 * Windows a forced kill as 1.
 */
export const EXIT = {
  ok: 0,
  /** A defect: an exception nobody caught. PM2 restarts; the state comes back from the ledger. */
  crash: 70,
  /** The bus connection was closed for good. PM2 restarts. */
  busLost: 69,
  /** A graceful stop took longer than its deadline; what was acknowledged is on the disk all the same. */
  stopTimeout: 75,
  /** Configuration that no restart can heal: fix what the message names, then start again. */
  configuration: 78,
} as const;
