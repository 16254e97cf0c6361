// A team of Cloudflare Access: real RSA keys, what it publishes of them, and tokens, good and bad.
// `node access.mjs ISSUER` prints `{"certs": …, "tokens": {name: token}}`.
import { createHmac, generateKeyPairSync, sign } from "node:crypto";

const issuer = process.argv[2];
const now = Math.floor(Date.now() / 1000);
const pair = () => generateKeyPairSync("rsa", { modulusLength: 2048 });
const [own, foreign] = [pair(), pair()];
const jwk = { ...own.publicKey.export({ format: "jwk" }), kid: "k1", alg: "RS256", use: "sig" };
const pem = own.publicKey.export({ type: "spki", format: "pem" });
const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const header = { alg: "RS256", kid: "k1", typ: "JWT" };
const claims = { iss: issuer, aud: ["shop-aud"], exp: now + 600, nbf: now - 5, email: "Jo@Shop.test", type: "app" };

function token({ head = {}, body = {}, key = own.privateKey, signature = undefined } = {}) {
  const signed = `${part({ ...header, ...head })}.${part({ ...claims, ...body })}`;
  const made = signature?.(signed) ?? sign("sha256", Buffer.from(signed), key).toString("base64url");
  return `${signed}.${made}`;
}

const hmac = (secret) => (signed) => createHmac("sha256", secret).update(signed).digest("base64url");
const good = token();
const [goodHead, , goodSignature] = good.split(".");
const tokens = {
  good,
  new: token({ body: { email: "new@shop.test", aud: "shop-aud" } }),
  "alg none": token({ head: { alg: "none" }, signature: () => "" }),
  "alg none, signed": token({ head: { alg: "none" } }),
  "HS256 by the public key": token({ head: { alg: "HS256" }, signature: hmac(pem) }),
  "HS256 by the modulus": token({ head: { alg: "HS256" }, signature: hmac(Buffer.from(jwk.n, "base64url")) }),
  "RS256 by an HMAC": token({ signature: hmac(pem) }),
  "wrong key": token({ key: foreign.privateKey }),
  "unknown key": token({ head: { kid: "k2" }, key: foreign.privateKey }),
  "a key of its own": token({
    head: { kid: "k1", jwk: foreign.publicKey.export({ format: "jwk" }), jku: "http://127.0.0.1:1/" },
    key: foreign.privateKey,
  }),
  "another application": token({ body: { aud: ["other"] } }),
  "another team": token({ body: { iss: "https://evil.cloudflareaccess.com" } }),
  expired: token({ body: { exp: now - 1 } }),
  "no end": token({ body: { exp: undefined } }),
  "not yet": token({ body: { nbf: now + 3600 } }),
  "a service": token({ body: { email: undefined, common_name: "ci" } }),
  "changed claims": `${goodHead}.${part({ ...claims, email: "boss@shop.test" })}.${goodSignature}`,
  "no signature": `${good.slice(0, good.lastIndexOf("."))}.`,
  garbage: "garbage",
};
console.log(JSON.stringify({ certs: { keys: [jwk] }, tokens }));
