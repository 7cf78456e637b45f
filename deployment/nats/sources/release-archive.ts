import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { EnvHttpProxyAgent, fetch } from "undici";
import { describe, NatsFetchError, NatsServerWrongHashError } from "../errors.ts";
import { installBinary } from "../install.ts";
import { lastLines, runCommand } from "../run-command.ts";
import { binaryName, type Search, type Source } from "../source.ts";
import { PINNED_VERSION } from "../version.ts";

const NAME = "official release archive";

/** A machine without internet must fail over in seconds. */
const CONNECT_TIMEOUT_MS = 3_000;
const ANSWER_TIMEOUT_MS = 8_000;
const DOWNLOAD_TIMEOUT_MS = 180_000;
const ARCHIVE_BYTES_MAX = 64 * 1024 * 1024;

/** What a release is and where it lies; tests pass their own. */
export type Release = {
  version: string;
  /** The folder that holds the archives, with no slash at its end. */
  baseUrl: string;
  /** SHA-256 of each archive, by `<os>-<arch>`. */
  sha256: Readonly<Record<string, string>>;
};

/**
 * Hashes of the archives, not of the binaries inside. From the manifests of nats-io/nats-docker (Linux, Windows amd64),
 * microsoft/winget-pkgs (Windows) and, for macOS, from several independent projects that pin them.
 */
export const PINNED_RELEASE: Release = {
  version: PINNED_VERSION,
  baseUrl: `https://github.com/nats-io/nats-server/releases/download/v${PINNED_VERSION}`,
  sha256: {
    "windows-amd64": "2d0861dc2ca3567d17f7d19611d7b346cc2ccbd7086a0a77cc957a2c71663200",
    "windows-arm64": "d468fa3f0ac953bed2219e37a2b5977d87cb8d705d5bbdc70b9f960e12fb7c38",
    "linux-amd64": "5d2c51caca950333aba84911df7d377f826f3a59ec36061c6539105084f65c92",
    "linux-arm64": "cdc208f5a3f42963a52b6ab06ef65626bb870315dc936e26ba571780c6351112",
    "darwin-amd64": "5bd8b59ca5bf93fab3da2c5843cf564cd6e2e291e22ae3b861746e7ebe259b95",
    "darwin-arm64": "e1c4e22d70bd44abfa0bcb3c16f7cf0c66f648c2e728c58924e8a1ce88913cc8",
  },
};

export function releaseArchive(release: Release = PINNED_RELEASE): Source {
  return {
    name: NAME,
    async find(search) {
      const asset = assetOf(release, search.platform, search.arch);
      const url = `${release.baseUrl}/${asset.file}`;
      search.onProgress(`fetching nats-server ${release.version} from ${url}`);
      const work = await mkdtemp(join(tmpdir(), "crucible-nats-"));
      try {
        const archive = join(work, asset.file);
        const actual = await download(url, archive);
        if (actual !== asset.sha256) {
          throw new NatsServerWrongHashError(
            `The archive from ${url}`,
            asset.sha256,
            actual,
            "It was not unpacked. Something between this machine and the release changed it: look at the proxy or the network.",
          );
        }
        const binary = await unpack(archive, work, asset.folder, search);
        const installed = await installBinary(binary, search.binariesDir, url);
        return { kind: "found", server: { ...installed, source: NAME } };
      } finally {
        await rm(work, { recursive: true, force: true });
      }
    },
  };
}

type Asset = { file: string; folder: string; sha256: string };

/** @throws NatsFetchError when no archive is pinned for this machine */
export function assetOf(release: Release, platform: NodeJS.Platform, arch: string): Asset {
  const os = platform === "win32" ? "windows" : platform;
  const cpu = arch === "x64" ? "amd64" : arch;
  const sha256 = release.sha256[`${os}-${cpu}`];
  if (sha256 === undefined) {
    throw new NatsFetchError(
      `no archive is pinned for ${platform} ${arch}`,
      "Install nats-server by hand and set NATS_SERVER_PATH.",
    );
  }
  const folder = `nats-server-v${release.version}-${os}-${cpu}`;
  return { file: `${folder}.${os === "windows" ? "zip" : "tar.gz"}`, folder, sha256 };
}

/** Saves a URL to a file and returns its SHA-256. Proxies are taken from HTTP_PROXY, HTTPS_PROXY and NO_PROXY. */
async function download(url: string, destination: string): Promise<string> {
  const dispatcher = new EnvHttpProxyAgent({
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: ANSWER_TIMEOUT_MS,
  });
  try {
    const response = await fetch(url, { dispatcher, signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS) });
    if (!response.ok || response.body === null) throw new Error(`the server answered ${response.status}`);
    const hash = createHash("sha256");
    await pipeline(Readable.fromWeb(response.body), measured(hash), createWriteStream(destination));
    return hash.digest("hex");
  } catch (error) {
    throw new NatsFetchError(
      `${url} could not be fetched: ${describe(error)}`,
      "Check the internet connection or HTTPS_PROXY, or fetch the archive elsewhere, unpack it and set NATS_SERVER_PATH.",
      { cause: error },
    );
  } finally {
    await dispatcher.destroy();
  }
}

/** Hashes what passes and stops a download that is far larger than any release. */
function measured(hash: ReturnType<typeof createHash>): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      hash.update(chunk);
      done(bytes > ARCHIVE_BYTES_MAX ? new Error(`more than ${ARCHIVE_BYTES_MAX} bytes`) : null, chunk);
    },
  });
}

/** `tar` unpacks zip files as well on Windows 10 and later, where it is bsdtar. */
async function unpack(archive: string, work: string, folder: string, search: Search): Promise<string> {
  const target = join(work, "unpacked");
  await mkdir(target);
  const tar = search.platform === "win32" ? windowsTar() : "tar";
  const { exitCode, stderr } = await runCommand(tar, ["-xf", archive, "-C", target], { timeoutMs: 60_000 });
  if (exitCode !== 0) {
    throw new NatsFetchError(
      `${tar} could not unpack ${archive}: ${lastLines(stderr, 3)}`,
      "Make sure that tar works on this machine and the disk is not full.",
    );
  }
  return join(target, folder, binaryName(search.platform));
}

/** By its full path: a GNU tar that comes with Git for Windows may be first on the PATH, and it cannot read zip files. */
function windowsTar(): string {
  return join(process.env.SystemRoot ?? "C:\\Windows", "System32", "tar.exe");
}
