// A certified authorization server, a server that wants to be authorized for, and a user who says what the test wants.
// Usage: node identity_provider.mjs PACKAGES UPSTREAM SCHEME; writes a line of JSON for each thing that happens.

import http from "node:http";

import { load } from "./typescript_node.mjs";

const { default: Provider } = load("oidc-provider");
const [upstream, scheme] = process.argv.slice(3);
const tell = (what) => console.log(JSON.stringify(what));

const [issuer, resource] = await Promise.all([0, 1].map(async () => {
  const server = http.createServer();
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return { server, url: `http://127.0.0.1:${server.address().port}` };
}));

const machine = {
  client_id: "machine", client_secret: "a-secret-of-a-machine", grant_types: ["client_credentials"],
  redirect_uris: [], response_types: [],
};
const provider = new Provider(issuer.url, {
  clients: [machine],
  scopes: ["openid", "offline_access", "basic"],
  pkce: { required: () => true },
  rotateRefreshToken: true,
  features: {
    devInteractions: { enabled: false }, registration: { enabled: true }, clientCredentials: { enabled: true },
    dPoP: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => `${resource.url}/mcp`,
      useGrantedResource: () => true,
      getResourceServerInfo: (_, audience) => ({ scope: "basic", audience, accessTokenFormat: "opaque" }),
    },
  },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  // So short that each request needs a new one.
  ttl: { AccessToken: 5, ClientCredentials: 60, Grant: 600, Interaction: 600, RefreshToken: 600, Session: 600 },
});
for (const event of ["server_error", "authorization.error", "grant.error", "registration_create.error"]) {
  provider.on(event, (_, error) => tell({ at: "error", event, why: `${error.message}: ${error.error_description}` }));
}

let answer = "yes";
process.stdin.on("data", (line) => {
  answer = String(line).trim();
  tell({ at: "heard" });
});

// The page where the user signs in and says yes or no.
async function interact(request, response) {
  const { prompt, params, grantId } = await provider.interactionDetails(request, response);
  if (answer !== "yes") {
    const refused = { error: "access_denied", error_description: "the user said no" };
    return provider.interactionFinished(request, response, refused);
  }
  if (prompt.name === "login") {
    return provider.interactionFinished(request, response, { login: { accountId: "ada" } });
  }
  const found = grantId && await provider.Grant.find(grantId);
  const grant = found || new provider.Grant({ accountId: "ada", clientId: params.client_id });
  grant.addOIDCScope((prompt.details.missingOIDCScope ?? []).join(" "));
  for (const [name, scopes] of Object.entries(prompt.details.missingResourceScopes ?? {})) {
    grant.addResourceScope(name, scopes.join(" "));
  }
  const consent = { consent: { grantId: await grant.save() } };
  return provider.interactionFinished(request, response, consent, { mergeWithLastSubmission: true });
}

const authorize = provider.callback();
issuer.server.on("request", (request, response) => {
  const path = request.url.split("?")[0];
  tell({ at: "issuer", path });
  return path.startsWith("/interaction/") ? interact(request, response) : authorize(request, response);
});

const place = "/.well-known/oauth-protected-resource/mcp";
resource.server.on("request", async (request, response) => {
  if (request.url === place) {
    const said = { resource: `${resource.url}/mcp`, authorization_servers: [issuer.url], scopes_supported: ["basic"] };
    response.setHeader("content-type", "application/json");
    return response.end(JSON.stringify(said));
  }
  const [shown, token] = (request.headers.authorization ?? "").split(" ");
  const found = token && (await provider.AccessToken.find(token) ?? await provider.ClientCredentials.find(token));
  const isGood = Boolean(found) && found.aud === `${resource.url}/mcp` && !found.isExpired && shown === scheme;
  tell({ at: "resource", shown, isGood, isBound: Boolean(found?.jkt), hasProof: Boolean(request.headers.dpop) });
  if (!isGood) {
    response.writeHead(401, { "www-authenticate": `${scheme} resource_metadata="${resource.url}${place}"` });
    return response.end();
  }
  const { authorization, dpop, ...headers } = request.headers;
  const options = { method: request.method, headers: { ...headers, host: new URL(upstream).host } };
  const onward = http.request(upstream, options, (answered) => {
    response.writeHead(answered.statusCode, answered.headers);
    answered.pipe(response);
  });
  return request.pipe(onward);
});

tell({ at: "start", url: `${resource.url}/mcp` });
