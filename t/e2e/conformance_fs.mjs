// The conformance suite imports fs.globSync for a report that nobody needs
// here. Node 20 does not have this function, so this file gives the suite an fs
// with it.
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
