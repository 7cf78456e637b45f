/** Configuration that no restart can heal, found after the settings themselves were read. */
export class ConfigurationError extends Error {
  readonly code = "CONFIGURATION";
  override readonly name = "ConfigurationError";
}
