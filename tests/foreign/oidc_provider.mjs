// An OpenID Connect provider of others (the npm package oidc-provider, certified by the OpenID Foundation) with its own
// sign-in pages. scripts/oidc-provider installs and starts it.
//
//     node oidc_provider.mjs FOLDER REDIRECT_URI
//
// FOLDER holds node_modules. Listens on a free port of this machine, prints its issuer as the first line, and ends when
// its standard input does.
//
// Whoever signs in gets the claims of their login below; the pages of this package take any password.

import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, redirectUri] = process.argv.slice(2);
const { default: Provider } = await import(pathToFileURL(join(folder, 'node_modules/oidc-provider/lib/index.js')));

const API = 'urn:example:contacts';
const people = {
  anna: { email: 'Anna@Example.org', email_verified: true, name: 'Anna Lee', groups: ['contacts', 'sales'] },
  bert: { email: 'bert@example.org', email_verified: true, name: 'Bert Grün', groups: ['sales'] },
  // Got Anna's address after her.
  successor: { email: 'anna@example.org', email_verified: true, name: 'Anna Other', groups: ['contacts'] },
  eve: { email: 'anna@example.org', email_verified: false, name: 'Eve', groups: ['contacts'] },
};

const key = (type, options, use) => ({ ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }), ...use });
const confidential = (more) => ({
  client_secret: 's3cret: with + and %',
  redirect_uris: [redirectUri],
  response_types: ['code'],
  grant_types: ['authorization_code'],
  ...more,
});

const server = createServer();
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [
    confidential({ client_id: 'bothways' }),
    confidential({
      client_id: 'bothways-post',
      token_endpoint_auth_method: 'client_secret_post',
      id_token_signed_response_alg: 'ES256',
    }),
    {
      client_id: 'program',
      token_endpoint_auth_method: 'none',
      redirect_uris: [redirectUri],
      response_types: ['code'],
      grant_types: ['authorization_code'],
    },
  ],
  jwks: {
    keys: [
      key('rsa', { modulusLength: 2048 }, { use: 'sig', alg: 'RS256', kid: 'one' }),
      key('ec', { namedCurve: 'P-256' }, { use: 'sig', alg: 'ES256', kid: 'two' }),
    ],
  },
  cookies: { keys: ['only for tests'] },
  scopes: ['openid', 'offline_access', 'profile', 'email', 'groups'],
  claims: {
    openid: ['sub'],
    email: ['email', 'email_verified'],
    profile: ['name'],
    groups: ['groups'],
  },
  findAccount: (_, login) => people[login] && {
    accountId: login,
    claims: () => ({ sub: login, ...people[login] }),
  },
  features: {
    devInteractions: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: () => ({
        scope: 'contacts.read contacts.readwrite',
        audience: API,
        accessTokenTTL: 300,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }),
      useGrantedResource: () => true,
    },
  },
  formats: {
    customizers: {
      jwt: (_, token, jwt) => {
        const { email, email_verified, name } = people[token.accountId];
        Object.assign(jwt.payload, { email, email_verified, name });
      },
    },
  },
});

server.on('request', provider.callback());
console.log(issuer);
process.stdin.on('end', () => process.exit(0)).resume();
