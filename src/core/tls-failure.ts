import { messageOf } from './errors.js';

/** Why a server's certificate was not accepted, and what to do about it. */
export interface TlsFailure {
  readonly what: string;
  readonly hint: string;
}

/** OpenSSL's and Node's words for each check of a certificate; drivers pass them on, some without the code. */
const checks: readonly (readonly [RegExp, (prefix: string) => TlsFailure])[] = [
  [
    /does not match certificate's altnames/i,
    (prefix) => ({
      what: "the host's name is not in the server's certificate",
      hint: `write into ${prefix}_URL a host that the certificate names, or give the server a certificate for this one`,
    }),
  ],
  [
    /self[- ]signed certificate|unable to get (?:local )?issuer certificate|unable to verify the first certificate|certificate signature failure/i,
    (prefix) => ({
      what: "the server's certificate is signed by an authority that is not trusted",
      hint: `${prefix}_CA must name the PEM file of the authority that signed the server's certificate`,
    }),
  ],
  [
    /certificate has expired|certificate is not yet valid/i,
    () => ({
      what: "the server's certificate is not valid at this time",
      hint: "give the server a new certificate, or set this machine's clock",
    }),
  ],
  [
    /wrong version number|packet length too long|unknown protocol/i,
    (prefix) => ({
      what: 'what answers there does not speak TLS',
      hint: `see the scheme and the port of ${prefix}_URL`,
    }),
  ],
];

/**
 * Which check of TLS failed (fault 30), undefined where the error is of another kind. `prefix` is that of the server's
 * variables, such as MYSQL. Trying again would not help.
 */
export function tlsFailure(error: unknown, prefix: string): TlsFailure | undefined {
  const text = messageOf(error);
  return checks.find(([words]) => words.test(text))?.[1](prefix);
}
