// Where a page comes from: null on a server of ours, which answers everything itself; else what a page out of a bucket
// knows: {api_url, issuer, client_id, sign_in_url}.

export const site = JSON.parse(globalThis.document?.querySelector("meta[name=elephant-site]")?.content ?? "null");

/** The address to ask for a path of the API. */
export function apiAddress(path) {
  return `${site?.api_url ?? ""}${path}`;
}
