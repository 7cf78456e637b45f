/** What Debian and Ubuntu call themselves, as far as apt is concerned. */
export type Distribution = { id: "debian" | "ubuntu"; codename: string };

/** From the text of /etc/os-release; `undefined` for any other distribution, also a derived one: its mirror differs. */
export function distributionOf(osRelease: string): Distribution | undefined {
  const id = fieldOf(osRelease, "ID");
  if (id !== "debian" && id !== "ubuntu") return undefined;
  return { id, codename: fieldOf(osRelease, "VERSION_CODENAME") ?? "" };
}

function fieldOf(osRelease: string, name: string): string | undefined {
  return new RegExp(`^${name}="?([^"\\n]*)"?$`, "m").exec(osRelease)?.[1];
}

/** More than this many mirrors would make a failing search slow. */
const MIRRORS_MAX = 3;

/**
 * The distribution's own mirrors, from lines of `repository\trelease\tcomponent`. Repositories of others use other
 * releases, or the same and another key, and then fail the signature check.
 */
export function mirrorsOf(targets: string, distribution: Distribution): string[] {
  const releases = new Set([distribution.codename, ...suitesOf(distribution), "sid"]);
  const mirrors = targets.split("\n").flatMap((line) => {
    const [repository, release, component] = line.split("\t");
    const isOwn = release !== undefined && releases.has(release) && component === "main";
    return isOwn && repository !== undefined && repository !== "" ? [repository] : [];
  });
  return [...new Set(mirrors)].slice(0, MIRRORS_MAX);
}

/** Where to look, the steadiest first: the suite this machine is set to, then newer ones of the same mirror. */
export function suitesOf({ id, codename }: Distribution): string[] {
  const newer = id === "debian" ? ["stable", "testing", "unstable"] : ["devel"];
  return codename === "" ? newer : [codename, ...newer];
}

/** A deb822 source list with one suite. It says nothing about trust, so an unsigned or wrongly signed suite is refused. */
export function sourcesList(
  distribution: Distribution,
  mirror: string,
  suite: string,
  keyring: string | undefined,
): string {
  const components = distribution.id === "debian" ? "main" : "main universe";
  const fields = ["Types: deb", `URIs: ${mirror}`, `Suites: ${suite}`, `Components: ${components}`];
  if (keyring !== undefined) fields.push(`Signed-By: ${keyring}`);
  return `${fields.join("\n")}\n`;
}

/**
 * apt settings that keep everything under `root`. Read after the machine's own, whose proxy settings stay in force;
 * the hooks that run after an update, which clean and refresh the system's caches, are cleared.
 */
export function aptConfiguration(root: string): string {
  const settings: [string, string][] = [
    ["Dir::Etc::sourcelist", `${root}/crucible.sources`],
    ["Dir::Etc::sourceparts", `${root}/empty`],
    ["Dir::Etc::preferences", `${root}/none`],
    ["Dir::Etc::preferencesparts", `${root}/empty`],
    ["Dir::State", root],
    ["Dir::State::lists", `${root}/lists`],
    ["Dir::State::status", `${root}/status`],
    ["Dir::Cache", `${root}/cache`],
    ["APT::Default-Release", ""],
    ["APT::Get::AllowUnauthenticated", "false"],
    ["Acquire::AllowInsecureRepositories", "false"],
    ["Acquire::AllowWeakRepositories", "false"],
    ["Acquire::AllowDowngradeToInsecureRepositories", "false"],
    ["Acquire::Languages", "none"],
    // Without this, an update that could not reach the mirror still ends with code 0.
    ["APT::Update::Error-Mode", "any"],
    ["Acquire::Retries", "0"],
    ["Acquire::http::Timeout", "5"],
    ["Acquire::https::Timeout", "5"],
  ];
  const cleared = ["APT::Update::Pre-Invoke", "APT::Update::Post-Invoke", "APT::Update::Post-Invoke-Success"];
  return [
    ...cleared.map((name) => `#clear ${name};`),
    ...settings.map(([name, value]) => `${name} ${JSON.stringify(value)};`),
    "",
  ].join("\n");
}

/** Whether apt's complaint is about the way to the mirror, so that its other suites need not be tried. */
export function isUnreachable(complaint: string): boolean {
  return /could not connect|unable to connect|could not resolve|temporary failure resolving|connection timed out/i.test(
    complaint,
  );
}
