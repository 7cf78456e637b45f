/** Who runs the tasks, and from where. Windows paths without a closing backslash. */
export type TaskPlaces = {
  /** `DOMAIN\name`, as the Task Scheduler writes it. */
  user: string;
  projectFolder: string;
  ibcFolder: string;
};

/** A place that cannot be written into a task. */
export class TaskPlaceError extends Error {
  readonly code = "TASK_PLACE";
  override readonly name = "TaskPlaceError";
}

/** From the schema of the Task Scheduler: no command or folder is longer. */
const PATH_LENGTH_MAX = 260;

/**
 * A task of this folder, ready for `schtasks /Create /XML`: its places filled in, in UTF-16LE with a byte order mark.
 * (schtasks refuses UTF-8 with a mark, and a declaration that contradicts the encoding.)
 *
 * @param template the text of one of the `task_scheduler*.xml` files
 * @throws TaskPlaceError
 */
export function taskFile(template: string, places: TaskPlaces): Buffer {
  const filled = template
    .replace('<?xml version="1.0"?>', '<?xml version="1.0" encoding="UTF-16"?>')
    .replaceAll("@USER@", () => escapeXml(places.user))
    .replaceAll("@PROJECT@", () => escapeXml(usableFolder(places.projectFolder)))
    .replaceAll("@IBC@", () => escapeXml(usableFolder(places.ibcFolder)));
  return Buffer.from(`\ufeff${filled}`, "utf16le");
}

/** The Task Scheduler and cmd.exe both expand percent signs; a quote or a closing backslash would end the quoting. */
function usableFolder(folder: string): string {
  if (
    !/^[A-Za-z]:\\./.test(folder) ||
    /[%"]/.test(folder) ||
    folder.endsWith("\\") ||
    folder.length > PATH_LENGTH_MAX
  ) {
    throw new TaskPlaceError(
      `The folder ${folder} cannot be used in a task: give a full path such as C:\\crucible, without % or quotes, not ending in a backslash, of at most ${PATH_LENGTH_MAX} characters.`,
    );
  }
  return folder;
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
