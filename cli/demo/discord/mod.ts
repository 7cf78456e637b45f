/** A Discord of our own on loopback: for tests, and for the demo, which must not send anything to the real one. */
export { type AcceptedMessage, type FakeDiscord, startFakeDiscord } from "./discord.ts";
