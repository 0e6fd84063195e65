// The packages that the demo and the end-to-end tests share.  They are
// installed here (package.json), so a module elsewhere takes them from this
// one.

export { default as Provider } from 'oidc-provider';
export * as jose from 'jose';
