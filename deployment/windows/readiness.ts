/** What the tasks and IBC silently rely on. `undefined`: the machine did not tell. */
export type MachineFacts = {
  /** As `tzutil /g` prints it. */
  timeZone: string | undefined;
  /** The regional format of the user, as `HKCU\Control Panel\International` keeps it. */
  regionalFormat: string | undefined;
};

export type Readiness = {
  /** The tasks would run at a wrong time: nothing is installed. */
  refusals: string[];
  warnings: string[];
};

// The id covers daylight saving; "Eastern Standard Time_dstoff" is a different one.
const EASTERN = "Eastern Standard Time";

/** Is this machine one on which 06:00 and 16:30 mean New York time, and on which IBC understands "04:30 PM"? */
export function readinessOf({ timeZone, regionalFormat }: MachineFacts): Readiness {
  const refusals: string[] = [];
  const warnings: string[] = [];
  if (timeZone === undefined) {
    warnings.push(`The time zone could not be read. It must be ${EASTERN}: look with "tzutil /g".`);
  } else if (timeZone !== EASTERN) {
    refusals.push(
      `The time zone is "${timeZone}". The tasks and the gateway's restart use local time, so it must be "${EASTERN}": run  tzutil /s "${EASTERN}"  and try again.`,
    );
  }
  if (regionalFormat !== "en-US") {
    warnings.push(
      `The regional format is ${regionalFormat ?? "unknown"}. IBC reads "04:30 PM" by it and rejects that in several (en-GB, en-CA, en-AU): set Settings > Time & language > Regional format to English (United States), or look for the restart time in IBC's log.`,
    );
  }
  return { refusals, warnings };
}
