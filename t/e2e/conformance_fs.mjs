// The conformance suite imports fs.globSync, which Node 20 does not have, for
// a report that is not wanted here: it gets an fs with that name, and runs.
//
// node --import ./conformance_fs.mjs …/conformance/dist/index.js

import { register } from 'node:module';


const fs = `data:text/javascript,${encodeURIComponent(`
    export * from 'node:fs';
    export const globSync = undefined;
`)}`;

register(`data:text/javascript,${encodeURIComponent(`
    export async function resolve(specifier, context, next) {
        return specifier === 'fs'
               && context.parentURL?.includes('/conformance/')
            ? { url: ${JSON.stringify(fs)}, shortCircuit: true }
            : next(specifier, context);
    }
`)}`);
