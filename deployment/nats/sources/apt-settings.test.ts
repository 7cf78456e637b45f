import { describe, expect, it } from "vitest";
import { aptConfiguration, distributionOf, isUnreachable, mirrorsOf, sourcesList, suitesOf } from "./apt-settings.ts";

const bookworm = { id: "debian", codename: "bookworm" } as const;

describe("the settings for apt", () => {
  it("know Debian and Ubuntu by their own name, and nobody else", () => {
    expect(distributionOf(`NAME="Debian"\nVERSION_CODENAME=bookworm\nID=debian\n`)).toEqual(bookworm);
    expect(distributionOf(`ID="ubuntu"\nVERSION_CODENAME="noble"\n`)).toEqual({ id: "ubuntu", codename: "noble" });
    expect(distributionOf(`ID=linuxmint\nID_LIKE="ubuntu debian"\n`)).toBeUndefined();
  });

  it("take the mirror this machine is set to and leave out other people's repositories", () => {
    const targets = [
      "https://mirror.example/debian/\tbookworm\tmain",
      "https://mirror.example/debian/\tbookworm\tcontrib",
      "https://mirror.example/debian/\tbookworm-updates\tmain",
      "https://mirror.example/debian-security/\tbookworm-security\tmain",
      "https://other.example/node/\tnodistro\tmain",
      "https://other.example/docker/\tbookworm\tstable",
    ].join("\n");
    expect(mirrorsOf(targets, bookworm)).toEqual(["https://mirror.example/debian/"]);
    expect(mirrorsOf("", bookworm)).toEqual([]);
  });

  it("go from the suite of this machine to newer ones", () => {
    expect(suitesOf(bookworm)).toEqual(["bookworm", "stable", "testing", "unstable"]);
    expect(suitesOf({ id: "ubuntu", codename: "noble" })).toEqual(["noble", "devel"]);
    expect(suitesOf({ id: "debian", codename: "" })).toEqual(["stable", "testing", "unstable"]);
  });

  it("never weaken the signature check", () => {
    const text = sourcesList(bookworm, "https://m/", "testing", "/k.gpg") + aptConfiguration("/work");
    expect(text).toContain("Signed-By: /k.gpg");
    expect(text).toContain(`Acquire::AllowInsecureRepositories "false";`);
    expect(text).toContain(`APT::Get::AllowUnauthenticated "false";`);
    expect(text).not.toMatch(/trusted|allow-insecure|allow-weak|Check-Valid-Until/i);
  });

  it("tell a mirror out of reach from one that refuses", () => {
    expect(isUnreachable("W: Failed to fetch x  Could not connect to mirror.example:443")).toBe(true);
    expect(isUnreachable("E: The repository 'x testing InRelease' is not signed.")).toBe(false);
  });

  it("keep every folder apt writes to under its own root, and clear the hooks that touch the system", () => {
    const text = aptConfiguration("/work");
    for (const name of [
      "Dir::State",
      "Dir::State::lists",
      "Dir::State::status",
      "Dir::Cache",
      "Dir::Etc::sourceparts",
    ]) {
      expect(text).toMatch(new RegExp(`^${name} "/work`, "m"));
    }
    expect(text).toContain("#clear APT::Update::Post-Invoke;");
  });
});
