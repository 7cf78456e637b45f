/** A Discord of our own on loopback: for tests, and for the demo, which must not send anything to the real one. */
export type { Behaviour } from "./behaviour.ts";
export {
  type AcceptedMessage,
  type FakeDiscord,
  type FakeDiscordOptions,
  type SeenRequest,
  startFakeDiscord,
} from "./discord.ts";
