/** How to reach a server. The password is kept out of `url`, which may be shown. */
export interface ServerConfig {
  /** Without user and password. */
  readonly url: URL;
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** PEM text of a private certificate authority. */
  readonly ca: string | undefined;
}
