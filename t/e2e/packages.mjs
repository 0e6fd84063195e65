// The packages that the demo and the end-to-end tests share.  They are
// installed in this folder (package.json), so modules in other folders import
// them from this file.

export { default as Provider } from 'oidc-provider';
export * as jose from 'jose';
