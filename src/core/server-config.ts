/** How to reach a server. The password is kept out of `url`, which may be shown. */
export interface ServerConfig {
  /** Without user and password. */
  readonly url: URL;
  /** The same as text, as it was typed: MongoDB's may name several hosts, of which `url` has the first. */
  readonly text: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** PEM text of a private certificate authority. */
  readonly ca: string | undefined;
  /** A server from which nothing comes for this long, while it is waited for, counts as lost. */
  readonly timeoutMs: number;
}

/** True where a host is this machine itself: what is sent there passes no network. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d+){3}|\[?::1\]?)$/i.test(host);
}
