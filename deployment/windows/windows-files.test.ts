import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { DOMParser, type Element } from "@xmldom/xmldom";
import { describe, expect, it } from "vitest";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));
const NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task";
const FILES = await readdir(FOLDER);
const read = (file: string) => readFile(join(FOLDER, file), "latin1");

describe("files that Windows programs read", () => {
  const foreign = FILES.filter((file) => /\.(cmd|ini|xml)$/.test(file));

  it.each(foreign)("%s is plain ASCII without a byte order mark", async (file) => {
    expect(await read(file)).toMatch(/^[\t\r\n\x20-\x7e]+$/);
  });

  it.each(foreign.filter((file) => file.endsWith(".cmd")))("%s has CRLF line ends throughout", async (file) => {
    const lines = (await read(file)).split("\r\n");
    expect(lines.at(-1)).toBe("");
    expect(lines.join("")).not.toMatch(/[\r\n]/);
  });
});

describe("ibc_config.ini", async () => {
  const lines = (await read("ibc_config.ini")).split("\n");
  const properties = lines.filter((line) => line !== "" && !line.startsWith("#"));
  const config = new Map(
    properties.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );

  it("consists of comments, empty lines and key=value lines only", () => {
    for (const line of properties) expect(line).toMatch(/^[A-Za-z]+=/);
    expect(config.size).toBe(properties.length);
  });

  it("has no blank around a value, no quotes, no comment behind a value and no single backslash", () => {
    for (const line of properties) expect(line).not.toMatch(/\s$|=\s|["'#;]|(?<!\\)\\(?!\\)/);
  });

  it("uses only keys that IBC 3.24.1 knows: it would ignore a misspelt one without a word", () => {
    expect([...config.keys()].filter((key) => !IBC_KEYS.has(key))).toEqual([]);
  });

  it("holds no credentials", () => {
    expect(config.get("IbLoginId")).toBe("");
    expect(config.get("IbPassword")).toBe("");
    expect(config.has("FIXPassword")).toBe(false);
  });

  it.each([
    ["TradingMode", "paper"],
    ["AcceptNonBrokerageAccountWarning", "yes"],
    ["ExistingSessionDetectedAction", "primary"],
    ["AcceptIncomingConnectionAction", "reject"],
    ["ReadOnlyApi", "no"],
    ["OverrideTwsApiPort", "4002"],
    ["AutoRestartTime", "04:30 PM"],
    ["ColdRestartTime", "13:00"],
    ["ClosedownAt", ""],
    ["AutoLogoffTime", ""],
    ["CommandServerPort", "7462"],
    ["BindAddress", "127.0.0.1"],
  ])("sets %s=%s", (key, value) => {
    expect(config.get(key)).toBe(value);
  });
});

describe.each(["task_scheduler.xml", "task_scheduler_gateway.xml"])("%s", async (file) => {
  const task = await taskIn(file);

  it("names no encoding: the installed copy is UTF-16", async () => {
    expect(await read(file)).toMatch(/^<\?xml version="1\.0"\?>\n/);
  });

  it("is a task of version 1.4 in Microsoft's namespace", () => {
    expect([task.localName, task.namespaceURI, task.getAttribute("version")]).toEqual(["Task", NAMESPACE, "1.4"]);
    expect(namesIn(task)).toEqual(["RegistrationInfo", "Triggers", "Principals", "Settings", "Actions"]);
  });

  it("runs in the desktop session of its user, not elevated", () => {
    expect(valuesIn(at(task, "Principals/Principal"))).toEqual({
      UserId: "@USER@",
      LogonType: "InteractiveToken",
      RunLevel: "LeastPrivilege",
    });
    expect(at(task, "Actions").getAttribute("Context")).toBe(at(task, "Principals/Principal").getAttribute("id"));
  });

  it("is never stopped by a time limit, a battery or idleness, and runs at normal priority", () => {
    expect(valuesIn(at(task, "Settings"))).toEqual({
      MultipleInstancesPolicy: "IgnoreNew",
      DisallowStartIfOnBatteries: "false",
      StopIfGoingOnBatteries: "false",
      AllowHardTerminate: "true",
      StartWhenAvailable: "true",
      RunOnlyIfNetworkAvailable: "false",
      AllowStartOnDemand: "true",
      Enabled: "true",
      Hidden: "false",
      RunOnlyIfIdle: "false",
      WakeToRun: "true",
      ExecutionTimeLimit: "PT0S",
      Priority: "5",
      RestartOnFailure: { Interval: "PT5M", Count: "3" },
    });
  });

  it("also runs when its user logs on, with the elements in the order of the schema", () => {
    expect(namesIn(at(task, "Triggers"))).toEqual(["CalendarTrigger", "LogonTrigger"]);
    expect(namesIn(at(task, "Triggers/LogonTrigger"))).toEqual(["Enabled", "UserId", "Delay"]);
    expect(valuesIn(at(task, "Triggers/LogonTrigger"))).toMatchObject({ Enabled: "true", UserId: "@USER@" });
  });

  it("starts at local wall time, which follows daylight saving", () => {
    const boundary = String(valuesIn(at(task, "Triggers/CalendarTrigger")).StartBoundary);
    expect(boundary).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
    expect(Temporal.PlainDateTime.from(boundary).dayOfWeek).toBe(1);
  });
});

describe("what the tasks do", () => {
  it("starts the platform at 06:00 from Monday to Friday, and only then: npm stop is not undone", async () => {
    const task = await taskIn("task_scheduler.xml");
    expect(valuesIn(at(task, "Triggers/CalendarTrigger"))).toEqual({
      StartBoundary: "2026-01-05T06:00:00",
      Enabled: "true",
      ScheduleByWeek: {
        DaysOfWeek: { Monday: "", Tuesday: "", Wednesday: "", Thursday: "", Friday: "" },
        WeeksInterval: "1",
      },
    });
    expect(valuesIn(at(task, "Actions/Exec"))).toEqual({
      Command: "C:\\Windows\\System32\\cmd.exe",
      Arguments: '/d /s /c ""@PROJECT@\\deployment\\windows\\start_crucible.cmd""',
      WorkingDirectory: "@PROJECT@",
    });
    expect(FILES).toContain("start_crucible.cmd");
  });

  it("keeps IBC running round the clock, inside the task and with nobody at the keyboard", async () => {
    const task = await taskIn("task_scheduler_gateway.xml");
    const trigger = at(task, "Triggers/CalendarTrigger");
    expect(namesIn(trigger)).toEqual(["Repetition", "StartBoundary", "Enabled", "ScheduleByDay"]);
    expect(valuesIn(trigger)).toMatchObject({
      Repetition: { Interval: "PT10M", Duration: "PT23H55M", StopAtDurationEnd: "false" },
      ScheduleByDay: { DaysInterval: "1" },
    });
    expect(valuesIn(at(task, "Actions/Exec"))).toEqual({
      Command: "C:\\Windows\\System32\\cmd.exe",
      Arguments: '/d /s /c ""@IBC@\\StartGateway.bat" /INLINE <nul"',
      WorkingDirectory: "@IBC@",
    });
  });
});

describe("install_tasks.cmd", () => {
  const installer = (...args: string[]) =>
    promisify(execFile)(process.execPath, [join(FOLDER, "main.ts"), ...args], {
      env: { ...process.env, USERDOMAIN: "DESKTOP", USERNAME: "trader" },
    });

  it("writes both tasks with every place filled in", async () => {
    const folder = await mkdtemp(join(tmpdir(), "crucible-windows-"));
    try {
      await installer("--write", folder, "--project", "D:\\my crucible", "--ibc", "C:/IBC/");
      for (const file of ["task_scheduler.xml", "task_scheduler_gateway.xml"]) {
        const text = (await readFile(join(folder, file))).toString("utf16le");
        expect(text).toMatch(/^\ufeff<\?xml version="1\.0" encoding="UTF-16"\?>/);
        const task = parse(text.slice(1));
        expect(valuesIn(at(task, "Principals/Principal")).UserId).toBe("DESKTOP\\trader");
        expect(JSON.stringify(valuesIn(task))).not.toMatch(/@[A-Z]+@/);
      }
      const gateway = parse((await readFile(join(folder, "task_scheduler_gateway.xml"))).toString("utf16le").slice(1));
      expect(valuesIn(at(gateway, "Actions/Exec")).WorkingDirectory).toBe("C:\\IBC");
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it.each([
    ["an option it does not have", ["--nonsense"], /Unknown option '--nonsense'/],
    ["a folder that cmd.exe would garble", ["--write", ".", "--project", "C:\\50%"], /cannot be used in a task/],
  ])("refuses %s with exit code 78", async (_what, args, reason) => {
    await expect(installer(...args)).rejects.toMatchObject({ code: 78, stderr: expect.stringMatching(reason) });
  });
});

async function taskIn(file: string): Promise<Element> {
  return parse(await read(file));
}

function parse(xml: string): Element {
  const root = new DOMParser({ onError: (_level, message) => expect.fail(message) }).parseFromString(
    xml,
    "text/xml",
  ).documentElement;
  return root ?? expect.fail("no root element");
}

function childrenOf(element: Element): Element[] {
  return Array.from(element.childNodes).filter((node): node is Element => node.nodeType === node.ELEMENT_NODE);
}

const namesIn = (element: Element) => childrenOf(element).map((child) => child.localName);

function at(element: Element, path: string): Element {
  return path.split("/").reduce((from, name) => {
    const found = childrenOf(from).filter((child) => child.localName === name);
    return found.length === 1 && found[0] ? found[0] : expect.fail(`${found.length} elements ${name} of ${path}`);
  }, element);
}

type Values = { [name: string]: string | Values };

/** The content of an element as it would look in JSON, for elements whose children have different names. */
function valuesIn(element: Element): Values {
  return Object.fromEntries(
    childrenOf(element).map((child) => [
      child.localName ?? "",
      childrenOf(child).length > 0 ? valuesIn(child) : (child.textContent ?? ""),
    ]),
  );
}

/** Every key in the source of IBC 3.24.1. */
const IBC_KEYS = new Set(
  `AcceptBidAskLastSizeDisplayUpdateNotification AcceptIncomingConnectionAction AcceptNonBrokerageAccountWarning
  AllowBlindTrading AutoLogoffTime AutoRestartTime BindAddress BypassBondWarning BypassCalledBondWarning
  BypassNegativeYieldToWorstConfirmation BypassNoOverfillProtectionPrecaution BypassOrderPrecautions
  BypassPriceBasedVolatilityRiskWarning BypassRedirectOrderWarning BypassSameActionPairTradeWarning
  BypassUSStocksMarketDataInSharesWarning ClosedownAt ColdRestartTime CommandPrompt CommandServerPort
  ConfirmCryptoCurrencyOrders ConfirmOrderIdReset ControlFrom DismissNSEComplianceNotice
  DismissPasswordExpiryWarning ExistingSessionDetectedAction ExitAfterSecondFactorAuthenticationTimeout FIX
  FIXLoginId FIXPassword IbDir IbLoginId IbPassword IncludeStackTraceForExceptions LogComponents LogStructureScope
  LogStructureWhen LoginDialogDisplayTimeout MinimizeMainWindow OverrideTwsApiPort OverrideTwsMasterClientID
  ReadOnlyApi ReadOnlyLogin ReloginAfterSecondFactorAuthenticationTimeout ResetOrderIdsAtStart SaveTwsSettingsAt
  SecondFactorAuthenticationExitInterval SecondFactorAuthenticationTimeout SecondFactorDevice
  SendMarketDataInLotsForUSstocks StoreSettingsOnServer SuppressInfoMessages TradingMode TrustedTwsApiClientIPs`.split(
    /\s+/,
  ),
);
