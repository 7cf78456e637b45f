import { InvalidArgumentError, NoRespondersError, PermissionViolationError, RequestError, TimeoutError } from "nats";

/** The client wraps the reason of a failed request as its cause; look through the chain. */
function chain(error: unknown): unknown[] {
  const links: unknown[] = [];
  for (let link = error; link !== undefined && link !== null && links.length < 5; ) {
    links.push(link);
    link = link instanceof Error ? link.cause : undefined;
  }
  return links;
}

export const isNoResponder = (error: unknown): boolean =>
  chain(error).some(
    (link) => link instanceof NoRespondersError || (link instanceof RequestError && link.isNoResponders()),
  );

export const isTimeout = (error: unknown): boolean => chain(error).some((link) => link instanceof TimeoutError);

export const isPermissionDenied = (error: unknown): boolean =>
  chain(error).some((link) => link instanceof PermissionViolationError);

/** The client itself refuses to send it, and would again: its headers or its size. */
export const isUnsendable = (error: unknown): boolean =>
  chain(error).some((link) => link instanceof InvalidArgumentError);
