// Certificates of clients and servers, made with the command openssl, and a
// fetch that uses them.

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import * as undici from 'undici';


// Returns { cert, key }, in PEM, which are also in NAME.pem and NAME.key.

export async function certificate(folder, name) {
    const path = (kind) => join(folder, `${name}.${kind}`);

    await promisify(execFile)('openssl', ['req', '-x509', '-newkey', 'ec',
        '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
        '-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1',
        '-keyout', path('key'), '-out', path('pem')]);

    return { cert: await readFile(path('pem'), 'utf8'),
             key: await readFile(path('key'), 'utf8') };
}


// A fetch with this certificate, or with none, to a server that signs itself.

export function fetchBy(client) {
    const dispatcher = new undici.Agent({ connect: {
        ...client, rejectUnauthorized: false } });

    return (url, init) => undici.fetch(url, { ...init, dispatcher });
}
