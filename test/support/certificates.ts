import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { isIP } from 'node:net';

export interface Authority {
  /** PEM of its certificate: what a `_CA` file holds. */
  readonly cert: string;
  /**
   * A certificate for a server, with its key, both PEM. With no hosts it names none, as those that MySQL makes for
   * itself; `days` may be less than 0 for one that has expired.
   */
  issue(hosts: readonly string[], days?: number): { cert: string; key: string };
}

/** ASN.1 in DER: a tag, the length, the content (X.690). */
function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const bytes = [24, 16, 8, 0].map((shift) => (length >>> shift) & 255);
  while (bytes.length > 1 && bytes[0] === 0) bytes.shift();
  const head = length < 128 ? [tag, length] : [tag, 0x80 | bytes.length, ...bytes];
  return Buffer.concat([Buffer.from(head), content]);
}

const sequence = (...contents: readonly Uint8Array[]): Buffer => der(0x30, ...contents);
const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const oid = (encoded: string): Buffer => der(0x06, hex(encoded));
const octets = (content: Uint8Array): Buffer => der(0x04, content);

/** The object identifiers of RFC 5280 and RFC 5758 that a certificate needs, encoded. */
const oids = {
  ecdsaWithSha256: oid('2a8648ce3d040302'),
  commonName: oid('550403'),
  basicConstraints: oid('551d13'),
  keyUsage: oid('551d0f'),
  subjectAltName: oid('551d11'),
};
const algorithm = sequence(oids.ecdsaWithSha256);
const yes = der(0x01, hex('ff'));

const nameOf = (commonName: string): Buffer =>
  sequence(der(0x31, sequence(oids.commonName, der(0x0c, Buffer.from(commonName)))));

/** GeneralizedTime, without its fraction of a second. */
const timeOf = (days: number): Buffer => {
  const iso = new Date(Date.now() + days * 86_400_000).toISOString();
  return der(0x18, Buffer.from(`${iso.replace(/[-:T]/g, '').slice(0, 14)}Z`));
};

/** The extension that names hosts: IP addresses by their bytes, all others as DNS names. */
function altNames(hosts: readonly string[]): Buffer {
  const names = hosts.map((host) =>
    isIP(host) === 4 ? der(0x87, Buffer.from(host.split('.').map(Number))) : der(0x82, Buffer.from(host)),
  );
  return sequence(oids.subjectAltName, octets(sequence(...names)));
}

interface Certified {
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  readonly days: number;
  readonly extensions: readonly Buffer[];
}

let serial = 1;

function certify({ subject, issuer, publicKey, days, extensions }: Certified, signer: KeyObject): string {
  const version = der(0xa0, der(0x02, hex('02')));
  const toSign = sequence(
    version,
    der(0x02, Buffer.from([serial++])),
    algorithm,
    nameOf(issuer),
    sequence(timeOf(Math.min(-1, days - 1)), timeOf(days)),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    ...(extensions.length > 0 ? [der(0xa3, sequence(...extensions))] : []),
  );
  const signature = der(0x03, hex('00'), sign('sha256', toSign, signer));
  const base64 = sequence(toSign, algorithm, signature).toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
}

/** A private certificate authority for a test (RFC 5280), made by Node alone. */
export function makeAuthority(name: string): Authority {
  const authority = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const isAuthority = [
    sequence(oids.basicConstraints, yes, octets(sequence(yes))),
    // keyCertSign and cRLSign.
    sequence(oids.keyUsage, yes, octets(der(0x03, hex('0106')))),
  ];
  const { publicKey, privateKey } = authority;
  const cert = certify({ subject: name, issuer: name, publicKey, days: 2, extensions: isAuthority }, privateKey);
  return {
    cert,
    issue: (hosts, days = 1) => {
      const server = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
      const extensions = hosts.length > 0 ? [altNames(hosts)] : [];
      const [subject, issuer] = [hosts[0] ?? 'Test_Server_Generated_Certificate', name];
      return {
        cert: certify({ subject, issuer, publicKey: server.publicKey, days, extensions }, privateKey),
        key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
      };
    },
  };
}
